import { randomBytes } from "node:crypto";
import { defined } from "#lib/base/assert.ts";
import type { Batch } from "#lib/data/types.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { answerSteps, contestantSetup } from "./answer-lines.ts";
import type { StepSetup } from "./train.ts";
import { tutorialConfig } from "./untrained.ts";

const { options, precision, batchSize, sizePx } = contestantSetup<StepSetup>();
const CLASS_COUNT = 192;
const LEARNING_RATE = 1e-4;
const PRECISIONS = {
  float32: [],
  bfloat16: ["optim_wrapper.type=AmpOptimWrapper", "optim_wrapper.dtype=bfloat16"],
};

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

const config = tutorialConfig([...options, ...PRECISIONS[precision]]);
const thread = await openTrainingThread({ config, seed: 0 });
const batches = [randomBatch(), randomBatch()];
/** The step of a trainer that is alone: forward, backward, reading the gradients, update. */
await answerSteps(async (step) => {
  for await (const bucket of thread.gradients(defined(batches[step % 2], "a batch"))) defined(bucket, "a bucket");
  await thread.apply({ learningRate: LEARNING_RATE, weightDecay: 0, step });
});
await thread[Symbol.asyncDispose]();
process.exit(); // TensorFlow's own threads would keep the process
