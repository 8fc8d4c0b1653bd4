import { GRPCURL } from "../../scripts/cluster/tools.ts";
import { runCommand } from "./cli.ts";
import type { CommandOptions, CommandResult } from "./cli.ts";
import { useTool } from "./cluster.ts";

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
  const path = useTool(GRPCURL);
  return {
    get path() {
      return path();
    },
    run: (args, options) => runCommand(path(), ["-plaintext", ...args], options),
    runTls: (args, options) => runCommand(path(), args, options),
  };
}
