import { randomBytes } from "node:crypto";
import { defined } from "#lib/base/assert.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import type { Batch } from "#lib/data/types.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig } from "#lib/host/files/named-configs.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import type { TrainingThread } from "#lib/host/thread/training.ts";
import { answerLines, contestantSetup } from "./answer-lines.ts";
import type { StepTimes, TrainSetup, StepCount } from "./train.ts";

const { config: name, options, batchSize, sizePx } = contestantSetup<TrainSetup>();
const CLASS_COUNT = 192;
const LEARNING_RATE = 1e-4;

/** Noise: a step takes the same time whatever the photos show. */
function randomBatch(): Batch {
  const indices = Int32Array.from({ length: batchSize }, (_, index) => index);
  return {
    step: 0,
    images: randomBytes(batchSize * sizePx * sizePx * 3),
    height: sizePx,
    width: sizePx,
    labels: indices.map((index) => (index * 37) % CLASS_COUNT),
    sampleIds: Array.from(indices, String),
    sampleIndices: indices,
    skippedIds: [],
  };
}

/** The step of a trainer that is alone: forward, backward, reading the gradients, update. */
async function trainStep(thread: TrainingThread, batch: Batch, step: number): Promise<number> {
  const started = performance.now();
  for await (const bucket of thread.gradients(batch)) defined(bucket, "a bucket");
  await thread.apply({ learningRate: LEARNING_RATE, weightDecay: 0, step });
  return performance.now() - started;
}

const config = loadConfig(findNamedConfig(name), { files: nodeConfigFiles, options });
const thread = await openTrainingThread({ config, seed: 0 });
const batches = [randomBatch(), randomBatch()];
let step = 0;
await answerLines(async ({ steps }: StepCount): Promise<StepTimes> => {
  const ms: number[] = [];
  for (let done = 0; done < steps; done++) {
    ms.push(await trainStep(thread, defined(batches[step % 2], "a batch"), ++step));
  }
  return { ms, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
});
await thread[Symbol.asyncDispose]();
process.exit(); // TensorFlow's own threads would keep the process
