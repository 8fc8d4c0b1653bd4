import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import type { Check } from "./case.ts";

/** A label for which the head has no class is an error before training. */
export const labelOutsideHead: Check = async ({ path, root }) => {
  await root.draw();
  const configs = (await readdir(path)).filter((name) => name.endsWith(".py") && !/^(make-|tiny)/.test(name));
  for (const config of configs) {
    const output = await root.fails(`train ${config} --no-validate`, /\[DATASET_LABEL_OUT_OF_RANGE\]/);
    assert.doesNotMatch(output, /Epoch\(train\)/, "it has begun to train");
  }
};
