import { ensureTools, findTool, programPath } from "../../scripts/cluster/binaries.ts";
import { GRPCURL } from "../../scripts/cluster/tools.ts";
import { consoleReport } from "../../scripts/setup/report.ts";
import { runCommand } from "./cli.ts";
import type { CommandOptions, CommandResult } from "./cli.ts";

/** It is built the first time, perhaps on a busy machine, and after what is being built already. */
const BUILD_TIMEOUT_MS = 60 * 60_000;

export interface Grpcurl {
  /** The program. */
  readonly path: string;
  /** Runs it against a server without TLS. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs it against a server with TLS. */
  runTls(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

/** Gives the tests of a suite the real grpcurl, and skips them all where there is none and no Go to build it. */
export function useGrpcurl(): Grpcurl {
  let path = "";
  before("grpcurl", async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    if ((await findTool(GRPCURL)) === undefined && programPath("go") === undefined) {
      console.log("      Left out: there is no Go to build grpcurl");
      this.skip();
    }
    path = (await ensureTools([GRPCURL], consoleReport())).get(GRPCURL.name) ?? "";
  });
  return {
    get path() {
      return path;
    },
    run: (args, options) => runCommand(path, ["-plaintext", ...args], options),
    runTls: (args, options) => runCommand(path, args, options),
  };
}
