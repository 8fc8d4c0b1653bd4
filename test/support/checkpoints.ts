import { randomStream } from "#lib/base/random.ts";
import type { Checkpoint, CheckpointMeta, Progress, StateDict, TensorData } from "#lib/model/checkpoint.ts";

export interface CheckpointOptions {
  readonly step?: number;
  readonly createTime?: Date;
  /** Float32 values of the only weight. */
  readonly elementCount?: number;
  readonly best?: Progress["best"];
  /** A checkpoint without it cannot be resumed. */
  readonly withOptimizer?: boolean;
}

/** A checkpoint of a model of one weight, whose values follow from the step. */
export function checkpointOf(options: CheckpointOptions = {}): Checkpoint {
  const { step = 1, createTime = new Date(), elementCount = 16, withOptimizer = true, best = null } = options;
  const weight: TensorData = { dtype: "F32", shape: [elementCount], values: stepValues(step, elementCount) };
  const counter: TensorData = { dtype: "I64", shape: [], values: BigInt64Array.of(BigInt(step)) };
  const weights: StateDict = new Map<string, TensorData>([
    ["w", weight],
    ["bn.num_batches_tracked", counter],
  ]);
  const optimizer: StateDict = withOptimizer ? new Map([["momentum_buffer/w", weight]]) : new Map();
  return { meta: metaOf(step, createTime, best), weights, optimizer };
}

function stepValues(step: number, count: number): Float32Array {
  const random = randomStream(step);
  return Float32Array.from({ length: count }, () => random.next());
}

function metaOf(step: number, createTime: Date, best: Progress["best"]): CheckpointMeta {
  return {
    format: 1,
    petageVersion: "0.0.0",
    createTime: createTime.toISOString(),
    configName: "tiny",
    config: { train_cfg: { max_epochs: 3 } },
    classes: ["0", "1"],
    progress: {
      epoch: 1,
      iteration: 0,
      step,
      schedule: { values: { learningRate: 0.1, weightDecay: 0 }, schedulers: [] },
      seed: 0,
      worldSize: 2,
      best,
    },
    metrics: {},
  };
}
