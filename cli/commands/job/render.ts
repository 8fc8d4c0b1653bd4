import type { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { outputOption, placedCommand } from "./flags.ts";
import { needsKubernetes } from "../../jobs/job-api.ts";
import { askedManifests, checkManifests, withJobFlags } from "../../jobs/manifests-of-flags.ts";
import type { JobFlags } from "../../jobs/manifests-of-flags.ts";
import { printDocuments, printObjects } from "../../print/objects.ts";

interface RenderFlags extends JobFlags {
  readonly offline?: true;
  readonly output?: "yaml" | "json" | "name";
}

export function renderCommand(): Command {
  const examples = [
    "resnet18_petage_quickstart --workers 2 --gpus 1",
    "-f deploy/samples/quickstart.yaml --offline",
    "-f deploy/samples/quickstart.yaml -o name",
  ];
  return withJobFlags(placedCommand("render", examples))
    .description("Print what the controller would create for a job: its ConfigMap, PodGroup and pods. Writes nothing.")
    .option("--offline", "without a cluster: with the defaults of the chart, and no scheduler for gangs")
    .addOption(outputOption())
    .action(async (config: string | undefined, flags: RenderFlags) => {
      if (flags.controller !== undefined) throw needsKubernetes("Rendering pods");
      const manifests = await askedManifests(config, flags);
      const { Cluster, OFFLINE } = await import("../../jobs/render-source.ts");
      const { checkOffline } = await import("../../jobs/offline-check.ts");
      using cluster = flags.offline ? undefined : Cluster.open(flags);
      const source = cluster ?? OFFLINE;
      const resolved = await (cluster
        ? checkManifests(manifests, (place) => cluster.configText(place))
        : checkOffline(manifests));
      const objects: KubeObject[] = [];
      for (const [job, found] of resolved) objects.push(...(await source.render(job, found)));
      if (objects.length === 0) throw new PetageError("INVALID_ARGUMENT", "There is no TrainingJob in the manifest");
      const { output = "yaml" } = flags;
      process.stdout.write(output === "yaml" ? printDocuments(objects) : printObjects(objects, output));
    });
}
