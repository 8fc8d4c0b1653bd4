import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./case.ts";

/** An epoch that is shorter than the logger's interval has a line, scalars and its place in the curve. */
export const smallDataNoLoss: Check = async ({ root }) => {
  await root.draw();
  const output = await root.succeeds("train tiny.py --work-dir W --no-validate --cfg-options train_cfg.max_epochs=2");
  assert.equal(output.match(/Epoch\(train\).*loss: /g)?.length, 2, output);
  const files = await readdir(root.path("W"), { recursive: true });
  const scalars = files.find((name) => name.endsWith("scalars.json"));
  assert.match(await readFile(join(root.path("W"), scalars ?? ""), "utf8"), /"loss"/);
  assert.ok(
    files.some((name) => name.endsWith("loss_curve.png")),
    `there is no curve: ${files.join(" ")}`,
  );
};
