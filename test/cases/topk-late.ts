import assert from "node:assert/strict";
import type { Check } from "./case.ts";

/** A k above the number of classes is an error before training. */
export const topkLate: Check = async ({ root }) => {
  const output = await root.fails("train c_topk.py", /`val_evaluator` cannot be measured with 4 classes.*\[CONFIG_/);
  assert.doesNotMatch(output, /Epoch\(train\)/, "it has begun to train");
};
