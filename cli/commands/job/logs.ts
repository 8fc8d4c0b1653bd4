import { once } from "node:events";
import { Option } from "commander";
import type { Command } from "commander";
import { EXIT_INTERRUPTED, interruptSignal } from "../../interrupt.ts";
import { wholeNumber } from "../../numbers.ts";
import { jobArgument, openJobs, placedCommand } from "./flags.ts";
import type { PlaceFlags } from "./flags.ts";
import { WORKER_WIDTH } from "../../print/job-view.ts";

interface LogFlags extends PlaceFlags {
  readonly rank?: number;
  readonly role?: string;
  readonly follow?: true;
  readonly tail?: number;
  readonly attempt?: number;
}

export function logsCommand(): Command {
  return placedCommand("logs", ["quickstart -f", "quickstart --rank 0 --tail 20", "quickstart --role data-loader"])
    .description("Show what the workers of a training job wrote.")
    .addArgument(jobArgument())
    .addOption(new Option("--rank <number>", "only of this trainer").argParser(wholeNumber).conflicts("role"))
    .addOption(new Option("--role <role>", "only of these helpers").choices(["data-loader", "evaluator"]))
    .option("-f, --follow", "go on with new lines until the job ends")
    .option("--tail <lines>", "begin with so many of the last lines of each worker", wholeNumber)
    .option(
      "--attempt <number>",
      "of this attempt, from 0, whose pods are still there (default: the latest)",
      wholeNumber,
    )
    .action(async (name: string, flags: LogFlags) => {
      const { follow = false, tail, attempt } = flags;
      const worker = workerOf(flags);
      const signal = interruptSignal();
      await using jobs = await openJobs(flags);
      const query = {
        follow,
        ...(worker !== undefined && { worker }),
        ...(tail !== undefined && { tailLines: tail }),
        ...(attempt !== undefined && { attempt }),
      };
      try {
        for await (const { worker: from, line } of jobs.logs(name, query, signal)) {
          const text = from === worker ? `${line}\n` : `${from.padEnd(WORKER_WIDTH)} | ${line}\n`;
          if (!process.stdout.write(text)) await once(process.stdout, "drain", { signal });
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
      if (signal.aborted) process.exitCode = EXIT_INTERRUPTED;
    });
}

function workerOf({ rank, role }: LogFlags): string | undefined {
  return rank === undefined ? role : `trainer-${rank}`;
}
