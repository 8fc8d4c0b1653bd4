import type { Clock } from "../base/clock.ts";
import { PetageError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Direction } from "../metrics/types.ts";
import type { Schedule } from "../optim/types.ts";
import type { Checkpoint, CheckpointMeta, CheckpointStore, Progress, SavedCheckpoint } from "./checkpoint.ts";

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

/** What hooks may do to the world. The trainer service gives these; tests give fakes. */
export interface RunPorts {
  readonly log: Log;
  readonly checkpoints: CheckpointStore;
  /** All tensors of the run as they stand; without the optimizer's for a checkpoint that is not resumed. */
  exportTensors(options: { readonly withOptimizer: boolean }): Promise<Pick<Checkpoint, "weights" | "optimizer">>;
  /** Appends to `scalars.json`. */
  record(scalars: ScalarRecord): void;
  /** A checkpoint is complete. */
  onCheckpoint(saved: SavedCheckpoint, progress: Progress): void;
  readonly clock: Clock;
}

/** A training run as its hooks see it: where it stands, and what it just did. */
export interface TrainingRun {
  readonly configName: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly seed: number;
  readonly maxEpochs: number;
  /** Iterations per epoch. */
  readonly epochLength: number;
  readonly schedule: Schedule;
  /** In which direction each metric of the evaluator is better. */
  readonly directions: Readonly<Record<string, Direction>>;
  /** Everything of a checkpoint's description but its progress and metrics. */
  readonly description: Pick<CheckpointMeta, "configName" | "config" | "classes" | "petageVersion">;
  readonly ports: RunPorts;

  /** Epochs completed. */
  epoch: number;
  /** Iterations completed of the epoch in progress. */
  iteration: number;
  /** Optimizer steps completed. */
  step: number;
  /** What shuffles the data of the coming epoch; DistSamplerSeedHook moves it. */
  samplerEpoch: number;
  best: Progress["best"];
  last: IterationResult | undefined;
  validation: Validation | undefined;
  /** The newest checkpoint of these very weights, if one was written. */
  saved: (SavedCheckpoint & { readonly step: number }) | undefined;
  /** Seconds to the end, as the timer hook estimates it; 0 until it can. */
  etaSeconds: number;
  /** This rank was told to end; the ranks agree on the step. */
  stopWanted: boolean;
  /** The ranks have agreed to end after the step in progress. */
  stopping: boolean;
}

/** The stages at which hooks are called, in the order in which they come. */
export type Stage = "beforeRun" | "beforeEpoch" | "afterIteration" | "afterEpoch" | "afterValidation" | "afterRun";

/** Something that happens beside the training step. `priority` decides the order: lower first, as in mmengine. */
export interface Hook extends Partial<Readonly<Record<Stage, (run: TrainingRun) => void | Promise<void>>>> {
  readonly name: string;
  readonly priority: number;
}

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

/** Where a run stands, as a checkpoint keeps it. */
export function progressOf(run: TrainingRun): Progress {
  const { epoch, iteration, step, seed, worldSize, best } = run;
  return { epoch, iteration, step, seed, worldSize, best, schedule: run.schedule.state() };
}

/** Whether the last step is done: only then training has succeeded. */
export function isComplete({ epoch, maxEpochs }: TrainingRun): boolean {
  return epoch >= maxEpochs;
}

/** Throws STOPPED where training was told to end before its last step. */
export function requireLastStep(run: TrainingRun): void {
  if (isComplete(run)) return;
  const lastStep = run.maxEpochs * run.epochLength;
  throw new PetageError("STOPPED", `TrainerService.Stop ended training after step ${run.step} of ${lastStep}`);
}

/** What describes a checkpoint of the run as it stands. */
export function checkpointMeta(run: TrainingRun): CheckpointMeta {
  return {
    format: 1,
    ...run.description,
    createTime: run.ports.clock.date().toISOString(),
    progress: progressOf(run),
    metrics: run.validation?.metrics ?? {},
  };
}

/** Writes a checkpoint of the run as it stands and makes it the one to resume. */
export async function saveCheckpoint(run: TrainingRun, name: string): Promise<SavedCheckpoint> {
  const tensors = await run.ports.exportTensors({ withOptimizer: true });
  const meta = checkpointMeta(run);
  const saved = await run.ports.checkpoints.save(name, { meta, ...tensors });
  await run.ports.checkpoints.markLatest(saved);
  run.saved = { ...saved, step: run.step };
  run.ports.onCheckpoint(saved, meta.progress);
  return saved;
}
