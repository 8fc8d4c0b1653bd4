import assert from "node:assert/strict";
import { access, readdir, readFile } from "node:fs/promises";
import type { Check } from "./case.ts";

/** With fewer batches than the logger's interval, each epoch has a line, its scalars, and the run a curve. */
export const smallDataNoLoss: Check = async ({ root }) => {
  await root.draw();
  const output = await root.succeeds("train tiny.py --work-dir W --cfg-options train_cfg.max_epochs=2");
  assert.equal(output.match(/Epoch\(train\)/g)?.length, 2);
  const [run = ""] = await readdir(root.path("W"));
  assert.match(await readFile(root.path("W", run, "scalars.json"), "utf8"), /"loss":/);
  await access(root.path("W", run, "loss_curve.png"));
};
