import { defined } from "#lib/base/assert.ts";
import { findHelm } from "../../scripts/deploy.ts";
import { run } from "../../scripts/setup/run.ts";
import { usePrograms } from "./cluster.ts";

/** Longer than what it is told to wait for pods. */
const HELM_TIMEOUT_MS = 6 * 60_000;

/** Gives the tests of a suite the Helm of a cluster of level 2, where that can run. Call it in `describe`. */
export function useHelm(): { readonly path: string; run(...args: readonly string[]): Promise<string> } {
  let path = "";
  usePrograms(2);
  before("Helm", async () => {
    path = defined(await findHelm(), "Helm");
  });
  return {
    get path() {
      return path;
    },
    run: (...args) => run(path, args, { timeoutMs: HELM_TIMEOUT_MS }),
  };
}
