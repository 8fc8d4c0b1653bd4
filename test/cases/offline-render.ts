import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./case.ts";

/** What an API server would refuse without a look at its cluster is refused without one. */
export const offlineRender: Check = async ({ path, root }) => {
  const manifests = (await readdir(path)).filter((name) => name.endsWith(".yaml"));
  for (const name of manifests) {
    const file = join(path, name);
    await root.fails(`job render --offline -f ${file}`, /\[INVALID_ARGUMENT\]/);
    await root.fails(`job submit --dry-run client -f ${file}`, /\[INVALID_ARGUMENT\]/);
  }
};
