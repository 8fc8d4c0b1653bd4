import { Option } from "commander";
import type { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { openJobs, outputOption, placedCommand } from "./flags.ts";
import type { OutputFormat } from "./flags.ts";
import type { JobManifest, Manifest } from "../../jobs/job-api.ts";
import { askedManifests, checkManifests, withJobFlags } from "../../jobs/manifests-of-flags.ts";
import type { JobFlags } from "../../jobs/manifests-of-flags.ts";
import { isJob } from "../../jobs/manifest-files.ts";
import { nameOf, printDocuments, printObject } from "../../print/objects.ts";
import { watchJob } from "./watch.ts";

interface SubmitFlags extends JobFlags {
  readonly dryRun?: "client" | "server";
  readonly output?: OutputFormat;
  readonly watch?: true;
}

export function submitCommand(): Command {
  const examples = [
    "resnet18_petage_quickstart --workers 2 --gpus 1",
    "configs/resnet/resnet101_8xb32_petage.py --workers 8 --gpus 1 --publish pet-age --watch",
    "-f deploy/samples/quickstart.yaml",
    "resnet18_petage_quickstart --dry-run client -o yaml",
  ];
  return withJobFlags(placedCommand("submit", examples))
    .description("Create a training job. Its config is checked first, so that what is wrong with it is told at once.")
    .addOption(
      new Option("--dry-run <how>", "check it here, or by the server, and create nothing").choices([
        "client",
        "server",
      ]),
    )
    .addOption(outputOption())
    .option("-w, --watch", "and watch it to its end")
    .action(async (config: string | undefined, flags: SubmitFlags) => {
      const manifests = await askedManifests(config, flags);
      const watched = flags.watch && flags.dryRun === undefined ? onlyJob(manifests) : undefined;
      if (flags.dryRun === "client") {
        const { checkOffline } = await import("../../jobs/offline-check.ts");
        await checkOffline(manifests);
        return void process.stdout.write(told(manifests, flags));
      }
      const namespace = watched?.metadata.namespace; // what is created elsewhere is watched there
      await using jobs = await openJobs({ ...flags, ...(namespace !== undefined && { namespace }) });
      await checkManifests(manifests, (place) => jobs.configText(place));
      const created: Manifest[] = [];
      try {
        for await (const object of jobs.submit(manifests, { dryRun: flags.dryRun === "server" })) created.push(object);
      } finally {
        process.stdout.write(told(created, flags)); // what there is now, even if the next one was refused
      }
      if (watched !== undefined) await watchJob(jobs, watched.metadata.name);
    });
}

/** `trainingjob.petage.dev/quickstart created`, or the objects. */
function told(objects: readonly Manifest[], { dryRun, output }: SubmitFlags): string {
  if (output === "yaml") return printDocuments(objects);
  if (output !== undefined) return objects.map((object) => printObject(object, output)).join("");
  const how = { none: "", client: " (dry run)", server: " (server dry run)" }[dryRun ?? "none"];
  return objects.map((object) => `${nameOf(object)} created${how}\n`).join("");
}

function onlyJob(manifests: readonly Manifest[]): JobManifest {
  const [job, another] = manifests.filter(isJob);
  if (job && !another) return job;
  throw new PetageError("INVALID_ARGUMENT", "--watch wants exactly one TrainingJob");
}
