import type { Log } from "#lib/base/log.ts";
import type { Direction } from "#lib/metrics/types.ts";
import type { CheckpointStore, Progress, SavedCheckpoint } from "#lib/model/checkpoint.ts";

/** What one iteration measured on this rank. Loss and gradient norm are those of all ranks. */
export interface IterationResult {
  readonly loss: number;
  readonly gradNorm?: number;
  readonly learningRate: number;
  readonly imageCount: number;
  /** The whole iteration, the wait for its batch included. */
  readonly totalMs: number;
  readonly dataMs: number;
  /** Time that only the all-reduce took: after the last gradient was ready. */
  readonly allReduceMs: number;
  readonly skippedIds: readonly string[];
}

export interface Validation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly sampleCount: number;
  readonly durationMs: number;
}

/** A line of `scalars.json`, as mmengine's LocalVisBackend writes them. */
export type ScalarRecord = Readonly<Record<string, number>>;

/** What stays the same from the first step of a run to its last. */
export interface RunConstants {
  readonly seed: number;
  readonly maxEpochs: number;
  /** In which direction each metric of the evaluator is better. */
  readonly directions: Readonly<Record<string, Direction>>;
}

/** What depends on the group that trains, and stays the same within it. */
export interface Share {
  readonly rank: number;
  readonly worldSize: number;
  /** Iterations per epoch. */
  readonly epochLength: number;
}

/** A run as it stands: a snapshot, of which nothing changes. */
export interface RunState extends RunConstants, Share {
  /** Epochs completed. */
  readonly epoch: number;
  /** Iterations completed of the epoch in progress. */
  readonly iteration: number;
  /** Optimizer steps completed. */
  readonly step: number;
  /** Those that were completed when this process began. */
  readonly startStep: number;
  /** What shuffles the data of the coming epoch. */
  readonly samplerEpoch: number;
  readonly best: Progress["best"];
  /** The newest checkpoint, if this process has written one; of these very weights where its step is `step`. */
  readonly saved: (SavedCheckpoint & { readonly step: number }) | undefined;
  /** Seconds to the end; 0 until they can be estimated. */
  readonly etaSeconds: number;
  /** Who wants training to end here; the other ranks may not know yet. */
  readonly stoppedBy: string | undefined;
}

/** All that a hook may do. */
export interface RunControl {
  readonly log: Log;
  readonly checkpoints: Pick<CheckpointStore, "list" | "remove">;
  /**
   * Ends training with the steps that are done, on all ranks: one that is computed meanwhile is dropped.
   * @param by for the message: "TrainerService.Stop ended training after step 5 of 8".
   */
  stop(by: string): void;
  /** Saves the run as it stands, and makes that the checkpoint to resume. */
  save(name: string): Promise<SavedCheckpoint>;
  /** Saves the weights as the best so far; they are not for resuming. */
  saveBest(best: NonNullable<Progress["best"]>, metrics: Validation["metrics"]): Promise<SavedCheckpoint>;
  /** Adds what was measured to the checkpoint of these very weights, where one was saved. */
  addMetrics(metrics: Validation["metrics"]): Promise<void>;
  /** Appends to `scalars.json`. */
  record(scalars: ScalarRecord): void;
  advanceSchedule(unit: "iteration" | "epoch"): void;
  /** Chooses the order of the coming epoch. */
  shuffle(samplerEpoch: number): void;
  estimate(etaSeconds: number): void;
}

/** The stages, in the order in which they come, and what each hands to a hook besides the run. */
export interface Stages {
  readonly beforeRun: object;
  readonly beforeEpoch: object;
  readonly afterIteration: { readonly result: IterationResult };
  readonly afterEpoch: object;
  readonly afterValidation: { readonly validation: Validation };
  readonly afterRun: object;
}

export type Handlers = {
  readonly [S in keyof Stages]?: (
    at: Stages[S] & { readonly run: RunState },
    control: RunControl,
  ) => void | Promise<void>;
};

/** Something that happens beside the training step. `priority` decides the order: lower first, as in mmengine. */
export interface Hook extends Handlers {
  readonly name: string;
  readonly priority: number;
}

/** What hooks are built with, where it is known: what the run will measure. */
export type HookContext = Pick<RunConstants, "directions"> | undefined;

/** mmengine's names for priorities. */
export const PRIORITIES = {
  HIGHEST: 0,
  VERY_HIGH: 10,
  HIGH: 30,
  ABOVE_NORMAL: 40,
  NORMAL: 50,
  BELOW_NORMAL: 60,
  LOW: 70,
  VERY_LOW: 90,
  LOWEST: 100,
} as const;
