import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import type { Check } from "./case.ts";

const SUBMIT = "job submit tiny.py --dry-run client";

/** Whatever is misspelt is told when a job is submitted: keys that will be built as errors, names at the top as warnings. */
export const misspeltKeys: Check = async ({ root }) => {
  await mkdir(root.path("cases-work"));
  await symlink(root.folder, root.path("cases-work/cfg")); // where one of the configs looks for its base
  for (const name of ["load_form=/x.pth", "param_schedular.type=StepLR", "optim_wraper.clip_grad.max_norm=1"]) {
    const output = await root.succeeds(`${SUBMIT} --cfg-options ${name}`);
    assert.match(output, new RegExp(`^Warning: .*\`${name.split(/[.=]/)[0]}\` has no effect: did you mean`, "m"));
  }
  for (const name of ["batchsize=4", "dataset.clases=1"]) {
    await root.fails(`${SUBMIT} --cfg-options train_dataloader.${name}`, /\[CONFIG_UNKNOWN_KEY\]/);
  }
  const old = await root.succeeds("job submit c_old.py --dry-run client");
  for (const name of ["data", "optimizer", "lr_config", "runner", "resume_from"]) {
    assert.match(old, new RegExp(`\`${name}\` has no effect: it is a key of mmclassification 0.x, now say`));
  }
  await root.fails("job submit scheduler.py --dry-run client", /has no key `milestones`.*\[CONFIG_UNKNOWN_KEY\]/);
};
