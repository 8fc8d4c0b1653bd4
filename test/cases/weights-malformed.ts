import assert from "node:assert/strict";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { checkWeights } from "#lib/store/weights.ts";
import type { Check } from "./case.ts";
import { weightFiles } from "./weights-load.ts";

/** Weights whose ranges are wrong are refused, by file, tensor and rule, before anything starts. */
export const weightsMalformed: Check = async ({ path, root }) => {
  const files = (await weightFiles(path)).map((name) => join(path, name));
  for (const file of files) {
    const error = await checkWeights(file).then(() => undefined, PetageError.from);
    assert.equal(error?.code, "CHECKPOINT_INVALID", `${file}: ${error?.describe() ?? "was taken"}`);
    assert.match(error.message, /is damaged: .*\b[a-z]\b/, "a tensor is named");
  }
  const output = await root.fails("train tiny.py --no-validate --load-from", /\[CHECKPOINT_INVALID\]/, files[0] ?? "");
  assert.doesNotMatch(output, /trainer-0/, "it has started processes");
};
