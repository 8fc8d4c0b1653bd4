import type { ConfigDict } from "#lib/config/value.ts";

/** Values of one tensor in PyTorch's layout. */
export type TensorData =
  | { readonly dtype: "F32"; readonly shape: readonly number[]; readonly values: Float32Array }
  | { readonly dtype: "I64"; readonly shape: readonly number[]; readonly values: BigInt64Array };

/** Tensors by their name in PyTorch's `state_dict`. */
export type StateDict = ReadonlyMap<string, TensorData>;

/** Where in its training a run stands: everything that decides what comes next, besides weights and optimizer. */
export interface Progress {
  /** Epochs completed. */
  readonly epoch: number;
  /** Iterations done of the epoch in progress; 0 between epochs. */
  readonly iteration: number;
  /** Optimizer steps done. */
  readonly step: number;
  /** State of the learning rate schedule, as `Schedule.state()` gives it. */
  readonly schedule: unknown;
  readonly seed: number;
  readonly worldSize: number;
  /** The best value so far of the metric that `save_best` watches, and its checkpoint. */
  readonly best: { readonly metric: string; readonly value: number; readonly name: string } | null;
}

/** A checkpoint that a run went on from. */
export interface Ancestor {
  /** Its folder, relative to the one in which the run keeps its own. */
  readonly path: string;
  /** Its optimizer steps. */
  readonly step: number;
}

export interface CheckpointMeta {
  readonly format: 1;
  readonly petageVersion: string;
  readonly createTime: string;
  /** Name of the config: file name without folder and ending. */
  readonly configName: string;
  readonly config: ConfigDict;
  readonly classes: readonly string[];
  readonly progress: Progress;
  /** What its run went on from, and the runs before that one, the newest first; absent: from nothing. */
  readonly continues?: readonly Ancestor[] | undefined;
  /** Metrics of the last validation of these weights, by name; empty when there was none. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Checkpoint {
  readonly meta: CheckpointMeta;
  readonly weights: StateDict;
  /** Optimizer slots as `<slot>/<parameter>`; empty in a checkpoint that cannot be resumed (a best one). */
  readonly optimizer: StateDict;
}

export interface SavedCheckpoint {
  readonly name: string;
  readonly uri: string;
  /** SHA-256 of the weights file. */
  readonly sha256: string;
}

/** Where checkpoints of one run lie. `lib/store` implements it on a folder. */
export interface CheckpointStore {
  /** Writes a checkpoint under a name (`epoch_3`), atomically: it is there whole or not at all. */
  save(name: string, checkpoint: Checkpoint): Promise<SavedCheckpoint>;
  /** Replaces what describes a checkpoint, not its tensors: the validation came after it was written. */
  amend(name: string, meta: CheckpointMeta): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * Names of the checkpoints that are there, in any order: also of attempts before this one, and of the runs that this
   * one goes on from, as paths (`../RUN/epoch_3`).
   */
  list(): Promise<readonly string[]>;
  /** Remembers which checkpoint `resume` continues. */
  markLatest(saved: SavedCheckpoint): Promise<void>;
}

/** Of some names, or paths, those of the form `UNIT_N`, by N: the oldest first. */
export function numberedNames(names: readonly string[], unit: "epoch" | "iter"): { name: string; count: number }[] {
  const counted = names.map((name) => ({
    name,
    count: Number(new RegExp(`(?:^|/)${unit}_(\\d+)$`).exec(name)?.[1] ?? NaN),
  }));
  return counted.filter(({ count }) => !Number.isNaN(count)).toSorted((one, other) => one.count - other.count);
}

/** Whether a checkpoint is one that `save_best` keeps: weights only, the best so far. */
export function isBestCheckpoint(name: string): boolean {
  return name.startsWith("best_");
}

/** `epoch_3` of `work_dirs/.../epoch_3`: what a checkpoint is called where its folder is known. */
export function checkpointName(uri: string): string {
  return uri.split("/").findLast((part) => part !== "" && !part.includes(".")) ?? uri;
}
