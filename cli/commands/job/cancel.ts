import type { Command } from "commander";
import { EXIT_INTERRUPTED, interruptSignal } from "../../interrupt.ts";
import { jobArgument, openJobs, placedCommand } from "./flags.ts";
import type { PlaceFlags } from "./flags.ts";

interface CancelFlags extends PlaceFlags {
  readonly wait?: true;
}

export function cancelCommand(): Command {
  return placedCommand("cancel", ["quickstart", "quickstart --wait"])
    .description("End a training job for good, with a checkpoint. A new job of the same work dir goes on from there.")
    .addArgument(jobArgument())
    .option("--wait", "until it has ended")
    .action(async (name: string, flags: CancelFlags) => {
      await using jobs = await openJobs(flags);
      await jobs.cancel(name);
      process.stdout.write(`trainingjob.petage.dev/${name} cancelling\n`);
      if (!flags.wait) return;
      const signal = interruptSignal();
      let phase: string | undefined;
      for await (const job of jobs.watch(name, signal)) phase = job.status?.phase;
      if (signal.aborted) process.exitCode = EXIT_INTERRUPTED;
      else process.stdout.write(`trainingjob.petage.dev/${name} ${phase?.toLowerCase()}\n`);
    });
}
