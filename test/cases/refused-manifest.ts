import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./case.ts";

/** What is wrong with each manifest is said before anything is sent: what `said` matches. */
export function refusedManifest(said: RegExp): Check {
  return async ({ path, root }) => {
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder ? (await readdir(path)).filter((name) => name.endsWith(".yaml")) : [""];
    assert.ok(names.length > 0, "there is no manifest in this case");
    for (const name of names) {
      await root.fails(`job submit --dry-run client --filename ${join(path, name)}`, said);
      await root.fails(`job render --offline --filename ${join(path, name)}`, said);
    }
  };
}
