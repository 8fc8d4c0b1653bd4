import { defined } from "#lib/base/assert.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { Bucket } from "#lib/collective/types.ts";
import type { Batch } from "#lib/data/types.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Checkpoint } from "#lib/train/checkpoint.ts";
import type { StepEngine } from "#lib/train/ports.ts";
import type { StartWeights } from "#lib/train/training-engine.ts";
import { Thread } from "./thread.ts";
import type { TrainingAnswers, TrainingRequest, TrainingResponse, TrainingThreadSetup } from "./training-thread.ts";

/** The training step of one rank, in a thread of its own: TensorFlow blocks the thread that it computes in. */
export interface TrainingThread extends StepEngine, AsyncDisposable {
  readonly engine: Engine;
  /** Takes weights; returns one line for each thing that did not fit. */
  startFrom(weights: StartWeights): Promise<readonly string[]>;
  restoreOptimizer(checkpoint: Checkpoint, source: string): Promise<void>;
  exportTensors(options: { readonly withOptimizer: boolean }): Promise<Pick<Checkpoint, "weights" | "optimizer">>;
}

/** Starts the thread and builds model and optimizer in it. Throws CONFIG_* as the config's builders do. */
export async function openTrainingThread(setup: TrainingThreadSetup): Promise<TrainingThread> {
  const entry = new URL("./training-thread.ts", import.meta.url);
  const thread = new Thread<TrainingRequest, TrainingResponse>("training", entry, setup);
  const call = async <K extends TrainingRequest["kind"]>(
    request: Extract<TrainingRequest, { kind: K }>,
  ): Promise<TrainingAnswers[K]> => (await thread.call(request)) as TrainingAnswers[K];
  try {
    const { engine, buckets } = await call({ kind: "open" });
    const bucketAt = (index: number): Bucket => ({ index, values: defined(buckets[index], `bucket ${index}`) });
    return {
      engine,
      bucketCount: buckets.length,
      startFrom: (weights) => call({ kind: "start-from", ...weights }),
      restoreOptimizer: ({ optimizer }, source) => call({ kind: "restore-optimizer", state: optimizer, source }),
      async *gradients(batch: Batch, signal: AbortSignal) {
        let index = await call({ kind: "gradients", batch });
        while (index !== undefined) {
          if (signal.aborted) throw abortReason(signal);
          const ready = bucketAt(index);
          const next = call({ kind: "next-bucket" }); // read from the device while this one is averaged
          yield ready;
          index = await next;
        }
      },
      apply: (scalars) => call({ kind: "apply", scalars }),
      hash: () => call({ kind: "hash" }),
      exportTensors: ({ withOptimizer }) => call({ kind: "export", withOptimizer }),
      [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
    };
  } catch (error) {
    await thread[Symbol.asyncDispose]();
    throw error;
  }
}
