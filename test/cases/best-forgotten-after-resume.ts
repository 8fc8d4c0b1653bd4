import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isBestCheckpoint } from "#lib/model/checkpoint.ts";
import type { Check } from "./case.ts";

/** The best model of a run and of the one that resumed it is found by the command that needs one. */
export const bestForgottenAfterResume: Check = async ({ root }) => {
  const data = await root.draw();
  await root.succeeds("train best.py --work-dir W");
  await root.succeeds("train best.py --work-dir W --resume --cfg-options train_cfg.max_epochs=3");
  const saved = await checkpointsBelow(root.path("W"));
  const [best = "none"] = saved.filter((name) => isBestCheckpoint(name)).toSorted((a, b) => epochOf(b) - epochOf(a));
  const [photo = ""] = await readdir(join(data, "test"));
  const output = await root.succeeds("predict --work-dirs W --json", join(data, "test", photo));
  const answer = output.split("\n").find((line) => line.startsWith("{")) ?? "";
  const { model } = JSON.parse(answer) as { readonly model: { readonly version: string } };
  assert.equal(model.version, best, `of ${saved.join(", ")}`);
};

async function checkpointsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((entry) => entry.endsWith("checkpoint.json")).map((entry) => entry.split("/").at(-2) ?? "");
}

function epochOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0]);
}
