import { randomBytes } from "node:crypto";
import { openPredictorThread } from "#lib/host/thread/predictor.ts";
import { answerSteps, contestantSetup } from "./answer-lines.ts";
import type { StepSetup } from "./train.ts";
import { untrained } from "./untrained.ts";

const { options, precision, batchSize: count, sizePx } = contestantSetup<StepSetup>();
const images = randomBytes(count * sizePx * sizePx * 3);
const thread = openPredictorThread();
await thread.load(await untrained(options), { source: "untrained", precision });
await answerSteps(() => thread.predict({ images, count, height: sizePx, width: sizePx }));
await thread[Symbol.asyncDispose]();
process.exit(); // TensorFlow's own threads would keep the process
