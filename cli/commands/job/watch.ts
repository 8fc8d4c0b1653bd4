import type { Command } from "commander";
import { EXIT_INTERRUPTED, interruptSignal } from "../../interrupt.ts";
import { jobArgument, openJobs, placedCommand } from "./flags.ts";
import type { PlaceFlags } from "./flags.ts";
import { followJob } from "../../jobs/follow-job.ts";
import type { JobApi } from "../../jobs/job-api.ts";

export function watchCommand(): Command {
  return placedCommand("watch", ["quickstart"])
    .description("Watch a training job to its end. Ends with exit code 1 when the job did not succeed.")
    .addArgument(jobArgument())
    .action(async (name: string, flags: PlaceFlags) => {
      await using jobs = await openJobs(flags);
      await watchJob(jobs, name);
    });
}

/** Shows a job until it has ended, and sets the exit code by how it did. Ctrl-C leaves the job alone. */
export async function watchJob(jobs: JobApi, name: string): Promise<void> {
  const signal = interruptSignal();
  const job = await followJob(jobs, name, { logs: false, signal });
  if (job === undefined) {
    process.stderr.write(`${name} goes on without being watched\n`);
    process.exitCode = EXIT_INTERRUPTED;
  } else if (job.status?.phase !== "Succeeded") {
    process.exitCode = 1;
  }
}
