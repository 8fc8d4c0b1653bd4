import { findHelm } from "../../scripts/deploy.ts";
import { run } from "../../scripts/setup/run.ts";

const HELM_TIMEOUT_MS = 60_000;

/** Gives the tests of a suite Helm, and skips them all, saying so, where there is none. Call it in `describe`. */
export function useHelm(): { readonly path: string; run(...args: readonly string[]): Promise<string> } {
  let path = "";
  before("Helm", async function () {
    path = (await findHelm()) ?? "";
    if (path !== "") return;
    console.log("      Left out: tests of the chart: there is no Helm (a test cluster of level 2 builds one)");
    this.skip();
  });
  return {
    get path() {
      return path;
    },
    run: (...args) => run(path, args, { timeoutMs: HELM_TIMEOUT_MS }),
  };
}
