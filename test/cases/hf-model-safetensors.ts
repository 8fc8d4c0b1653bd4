import assert from "node:assert/strict";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import type { Check } from "./case.ts";

/** A file named model.safetensors, in a folder that is no checkpoint, is a file of weights. */
export const hfModelSafetensors: Check = async ({ root }) => {
  await root.draw();
  await root.succeeds("train tiny.py --no-validate --work-dir W");
  const [run = ""] = await readdir(root.path("W"));
  await mkdir(root.path("hf"));
  await copyFile(root.path("W", run, "epoch_1/model.safetensors"), root.path("hf/model.safetensors"));
  const output = await root.succeeds("train tiny.py --no-validate --load-from hf/model.safetensors");
  assert.match(output, /Loaded weights/);
  assert.doesNotMatch(output, /not these/);
};
