import { makeBatch, type BatchTask } from "#lib/data/make-batch.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import { batchRecipe } from "./data-loader.ts";
import type { DataThreadSetup } from "./data-loader.ts";
import { expose } from "./remote.ts";

expose(async ({ plugins, ...setup }: DataThreadSetup) => {
  // One is decoded by a thread of libuv's while another is resized in this one.
  const recipe = batchRecipe(setup, { maxSamplesInFlight: 2, blocking: true, build: await loadBuild(plugins) });
  return { make: (task: BatchTask, memory: SharedArrayBuffer | undefined) => makeBatch(recipe, task, memory) };
});
