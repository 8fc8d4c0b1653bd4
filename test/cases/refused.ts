import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { Check } from "./case.ts";

/** The API server refuses the manifest, in words that say what is wrong; so does `petage` without any server. */
export function refused(said: RegExp): Check {
  return async ({ path, root, cluster }) => {
    await root.fails(`job submit --dry-run client -f ${path}`, said);
    const here = await cluster();
    await assert.rejects(here.apply(path), (thrown) => said.test(PetageError.from(thrown).message));
  };
}
