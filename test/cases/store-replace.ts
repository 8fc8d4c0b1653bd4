import assert from "node:assert/strict";
import { copyFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "#test/support/cli.ts";
import { ROOT } from "#test/support/sources.ts";
import type { Check } from "./case.ts";

/** What one reflector listed stays when another one lists. */
export const storeReplace: Check = async ({ path, root }) => {
  for (const name of ["lib", "node_modules", "package.json"]) await symlink(join(ROOT, name), root.path(name));
  await copyFile(path, root.path("case.ts"));
  const { stdout, stderr } = await runCommand(process.execPath, ["--import", "tsx", "case.ts"], { cwd: root.folder });
  assert.match(stdout, /size 2 /, `${stdout}${stderr}`);
};
