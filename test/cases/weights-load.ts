import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readWeights } from "#lib/store/weights.ts";
import type { Check } from "./case.ts";

/** Tensors of the ResNet-18 of `tiny.py`, batch counters and head included. */
const TENSORS = 122;

/** Files of weights of the model of `tiny.py`: none of their tensors is left out, and training starts from them. */
export const weightsLoad: Check = async ({ path, root }) => {
  const files = (await weightFiles(path)).map((name) => join(path, name));
  for (const file of files) assert.equal((await readWeights(file)).size, TENSORS, `tensors of ${file}`);
  await root.draw();
  const output = await root.succeeds("train tiny.py --no-validate --load-from", files[0] ?? "");
  assert.match(output, /Loaded weights/);
  assert.doesNotMatch(output, /not these/);
};

/** Names of the files of weights in a case's folder. */
export async function weightFiles(path: string): Promise<string[]> {
  const names = (await readdir(path)).filter((name) => !/\.(md|py)$/.test(name));
  assert.ok(names.length > 0, "there are no weights in this case");
  return names;
}
