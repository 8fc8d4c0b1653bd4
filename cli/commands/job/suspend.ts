import type { Command } from "commander";
import { jobArgument, openJobs, placedCommand } from "./flags.ts";
import type { PlaceFlags } from "./flags.ts";

export function suspendCommand(): Command {
  return placedCommand("suspend", ["quickstart"])
    .description("Stop a training job, with a checkpoint, until it is resumed. Needs Kubernetes.")
    .addArgument(jobArgument())
    .action(async (name: string, flags: PlaceFlags) => {
      await using jobs = await openJobs(flags);
      await jobs.suspend(name, true);
      process.stdout.write(`trainingjob.petage.dev/${name} suspended\n`);
    });
}

export function resumeCommand(): Command {
  return placedCommand("resume", ["quickstart"])
    .description("Let a suspended training job go on from its last checkpoint. Needs Kubernetes.")
    .addArgument(jobArgument())
    .action(async (name: string, flags: PlaceFlags) => {
      await using jobs = await openJobs(flags);
      await jobs.suspend(name, false);
      process.stdout.write(`trainingjob.petage.dev/${name} resumed\n`);
    });
}
