import type { Command } from "commander";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { placedCommand, openJobs, outputOption } from "./flags.ts";
import type { OutputFormat, PlaceFlags } from "./flags.ts";
import { printObjects, printTable } from "../../print/objects.ts";

interface ListFlags extends PlaceFlags {
  readonly allNamespaces?: true;
  readonly output?: OutputFormat | "wide";
}

export function listCommand(): Command {
  return placedCommand("list", ["", "-A -o wide", "-o name", "--controller 127.0.0.1:50050"])
    .description("List training jobs.")
    .option("-A, --all-namespaces", "of all namespaces")
    .addOption(outputOption("wide"))
    .action(async (flags: ListFlags) => {
      const { output, allNamespaces = false } = flags;
      await using jobs = await openJobs(flags);
      const objects = output === "yaml" || output === "json" || output === "name";
      const table = await jobs.list({ allNamespaces, whole: objects });
      if (objects) {
        process.stdout.write(
          printObjects(
            table.rows.map(({ object }) => object as TrainingJobObject),
            output,
          ),
        );
      } else if (table.rows.length === 0) {
        process.stderr.write(`No resources found${allNamespaces ? "" : ` ${jobs.place}`}\n`);
      } else {
        process.stdout.write(printTable(table, { wide: output === "wide", namespaces: allNamespaces }));
      }
    });
}
