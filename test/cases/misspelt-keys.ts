import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import type { Check } from "./case.ts";

const SUBMIT = ["--dry-run", "client", "--cfg-options"];

/** A misspelt or outdated name at the top is told, and a key that a component does not have is refused, when a job is submitted. */
export const misspeltKeys: Check = async ({ root }) => {
  const told = await root.succeeds("job submit tiny.py", ...SUBMIT, "load_form=/x.pth", "optim_wraper.clip_grad=1");
  for (const name of ["load_from", "optim_wrapper"]) assert.ok(told.includes(`did you mean \`${name}\``), told);
  const old = await root.succeeds("job submit c_old.py --dry-run client");
  for (const key of ["data", "optimizer", "lr_config", "runner", "resume_from"]) {
    assert.ok(old.includes(`\`${key}\` has no effect`), `nothing is said of ${key}`);
  }
  await root.fails(`job submit tiny.py ${SUBMIT.join(" ")} train_dataloader.batchsize=4`, /`batch_size`.*UNKNOWN_KEY/);
  await root.fails(
    `job submit tiny.py ${SUBMIT.join(" ")} train_dataloader.dataset.clases=1`,
    /`classes`.*UNKNOWN_KEY/,
  );
  await mkdir(root.path("cases-work/cfg"), { recursive: true });
  await writeFile(root.path("cases-work/cfg/tiny.py"), "_base_ = ['../../tiny.py']\n");
  await root.fails("job submit scheduler.py --dry-run client", /no key `milestones`.*UNKNOWN_KEY/);
};
