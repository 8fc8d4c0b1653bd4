import { makeBatch, type BatchTask } from "#lib/data/make-batch.ts";
import type { MakerSetup } from "#lib/data/loader.ts";
import { batchRecipe } from "./data-loader.ts";
import { answerCalls, threadSetup } from "./thread.ts";

// One sample at a time: this thread does nothing else.
const recipe = batchRecipe(threadSetup<MakerSetup>(), { maxSamplesInFlight: 1, blocking: true });

answerCalls((task: BatchTask) => makeBatch(recipe, task));
