import assert from "node:assert/strict";
import { wordsOfShell } from "#test/support/shell.ts";
import type { Check } from "./case.ts";

const ARGS = ["c_sgdlr.py", "--work-dir", "runs/sp ace", "--no-validate"];
const OPTIONS = ["--cfg-options", "train_cfg.max_epochs=3", "default_hooks.logger.interval=1"];

/** The printed command, pasted into a shell, is the one that failed, with `--resume`. */
export const resumeCommand: Check = async ({ root }) => {
  await root.draw();
  const { exitCode, output } = await root.petage("train", ...ARGS, ...OPTIONS);
  assert.notEqual(exitCode, 0);
  const command = /Continue with: (petage .*)/.exec(output)?.[1] ?? "";
  assert.notEqual(command, "", "no command is printed that goes on");
  const words = await wordsOfShell(command);
  for (const word of ["train", "--resume", ...ARGS, ...OPTIONS]) {
    assert.ok(words.includes(word), `${JSON.stringify(word)} is missing in: ${command}`);
  }
};
