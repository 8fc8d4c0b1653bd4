import type { MakerSetup } from "#lib/data/loader.ts";
import { makeBatch, type BatchTask } from "#lib/data/make-batch.ts";
import { batchRecipe } from "./data-loader.ts";
import { expose } from "./remote.ts";

expose((setup: MakerSetup) => {
  // One is decoded by a thread of libuv's while another is resized in this one.
  const recipe = batchRecipe(setup, { maxSamplesInFlight: 2, blocking: true });
  return { make: (task: BatchTask) => makeBatch(recipe, task) };
});
