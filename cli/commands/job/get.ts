import type { Command } from "commander";
import { describeJob } from "../../print/job-page.ts";
import { jobArgument, openJobs, outputOption, pathOf, placedCommand, placeOf } from "./flags.ts";
import type { OutputFormat, PlaceFlags } from "./flags.ts";
import { printObject } from "../../print/objects.ts";

interface GetFlags extends PlaceFlags {
  readonly output?: OutputFormat;
}

export function getCommand(): Command {
  return placedCommand("get", ["quickstart", "quickstart -n petage -o yaml"])
    .description("Show one training job: where it stands, how far it is, and what to do next.")
    .addArgument(jobArgument())
    .addOption(outputOption())
    .action(async (name: string, flags: GetFlags, command: Command) => {
      await using jobs = await openJobs(flags);
      const job = await jobs.get(name);
      const unattended = job.status ? undefined : await jobs.whyUnattended(job);
      const place = { command: pathOf(command).replace(/ get$/, ""), place: placeOf(flags) };
      const page = { nowMs: Date.now(), unattended, ...place };
      process.stdout.write(flags.output ? printObject(job, flags.output) : describeJob(job, page));
    });
}
