import { makeBatch, type BatchTask } from "#lib/data/make-batch.ts";
import type { MakerSetup } from "#lib/data/loader.ts";
import { batchRecipe } from "./data-loader.ts";
import { answerCalls, threadSetup } from "./thread.ts";

// One is decoded by a thread of libuv's while another is resized in this one.
const recipe = batchRecipe(threadSetup<MakerSetup>(), { maxSamplesInFlight: 2, blocking: true });

answerCalls((task: BatchTask) => makeBatch(recipe, task));
