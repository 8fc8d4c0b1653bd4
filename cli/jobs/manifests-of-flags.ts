import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { nameLike } from "#lib/jobs/names.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import { wholeNumber } from "../numbers.ts";
import type { PlaceFlags } from "../commands/job/flags.ts";
import type { JobApi, JobManifest, Manifest } from "./job-api.ts";
import { isJob, readManifests } from "./manifest-files.ts";
import { UsageError } from "../usage-error.ts";

/** What a job is made from on a command line. */
export interface JobFlags extends PlaceFlags {
  readonly filename?: readonly string[];
  readonly name?: string;
  readonly workers?: number;
  readonly gpus?: number;
  readonly cfgOptions?: string[];
  readonly workDir?: string;
  readonly resume?: string;
  readonly publish?: string;
  readonly queue?: string;
  readonly image?: string;
}

/** Flags that a manifest makes needless. */
const JOB_FLAGS = {
  name: "--name",
  workers: "--workers",
  gpus: "--gpus",
  cfgOptions: "--cfg-options",
  workDir: "--work-dir",
  resume: "--resume",
  publish: "--publish",
  queue: "--queue",
  image: "--image",
} as const;

const FILENAME = "TrainingJobs, and their ConfigMaps, from a file or a folder; - is the standard input; repeatable";

export function withJobFlags(command: Command): Command {
  return command
    .argument("[config]", "a config file, or the name of a config that comes with petage")
    .option("-f, --filename <manifest>", FILENAME, oneMore)
    .option("--name <name>", "name of the job (default: made from the config's)")
    .option("--workers <number>", "how many workers the ring has (default: 1)", wholeNumber)
    .option("--gpus <number>", "GPUs of each worker (default: none; it computes on the CPU)", wholeNumber)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .option("--work-dir <folder>", "where results go within the output volume (default: the config's name)")
    .option(
      "--resume <checkpoint>",
      "Auto: the newest of the work dir; Never; or a checkpoint (default: as the config says)",
    )
    .option("--publish <model>", "give the result to the inference service under this name")
    .option("--queue <name>", "queue of Kueue or Volcano")
    .option("--image <image>", "container image of the workers (default: the cluster's)");
}

/** Of an option that may be given several times. */
function oneMore(file: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), file];
}

/** What the command line asks for. @throws INVALID_ARGUMENT unless it names a config or a file of manifests */
export async function askedManifests(config: string | undefined, flags: JobFlags): Promise<readonly Manifest[]> {
  const { filename } = flags;
  if ((config === undefined) === (filename === undefined)) {
    throw new UsageError("Name either a config or, with -f, a manifest");
  }
  if (config !== undefined) return [await manifestOf(config, flags)];
  const needless = Object.entries(JOB_FLAGS).find(([flag]) => flags[flag as keyof typeof JOB_FLAGS] !== undefined);
  if (needless) {
    throw new UsageError(`${needless[1]} does not go with -f: the manifest says it`);
  }
  const manifests = await readManifests(filename ?? []);
  return manifests.map((manifest) => inNamespace(manifest, flags.namespace));
}

async function manifestOf(config: string, flags: JobFlags): Promise<JobManifest> {
  const { sourceOf } = await import("./config-source.ts");
  const { name, namespace, workers = 1, gpus = 0, workDir, resume, publish, queue, image } = flags;
  const source = sourceOf(config, flags.cfgOptions ?? []);
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      name: name ?? newName(source.name ?? source.fileName ?? config),
      ...(namespace !== undefined && { namespace }),
    },
    spec: {
      ...(image !== undefined && { image }),
      workers,
      ...(gpus > 0 && { gpu: { count: gpus } }),
      config: source,
      ...(workDir !== undefined && { workDir }),
      ...(resume !== undefined && { checkpoint: { resume } }),
      ...(queue !== undefined && { schedulingPolicy: { queue } }),
      ...(publish !== undefined && { publish: { modelName: publish } }),
    },
  };
}

function newName(config: string): string {
  return `${nameLike(config.replace(/\.\w+$/, ""))}-${randomUUID().slice(0, 5)}`;
}

/** As kubectl: a flag that says something else than the manifest is a mistake. */
function inNamespace<T extends Manifest>(manifest: T, namespace: string | undefined): T {
  const own = manifest.metadata.namespace;
  if (namespace === undefined || own === namespace) return manifest;
  if (own === undefined) return { ...manifest, metadata: { ...manifest.metadata, namespace } };
  const { name } = manifest.metadata;
  throw new PetageError(
    "INVALID_ARGUMENT",
    `${manifest.kind} ${name} is of namespace ${own}, and -n says ${namespace}`,
  );
}

/** Reads a ConfigMap that is there already. */
export type ReadConfigMap = JobApi["configText"];

/** Without a cluster there is no ConfigMap but those in the manifest. */
export async function noConfigMap(): Promise<undefined> {
  return undefined;
}

/** Checks the configs of all jobs as the controller will, before anything is created, and tells what has no effect. */
export async function checkManifests(
  manifests: readonly Manifest[],
  read: ReadConfigMap,
): Promise<ReadonlyMap<JobManifest, ResolvedJob>> {
  const { resolveConfig } = await import("./config-source.ts");
  const resolved = new Map<JobManifest, ResolvedJob>();
  for (const job of manifests.filter(isJob)) {
    const text = await (textBeside(job, manifests) ?? textThere(job, read));
    const found = resolveConfig(job.spec.config, text);
    for (const warning of found.warnings ?? []) process.stderr.write(`Warning: ${job.metadata.name}: ${warning}\n`);
    resolved.set(job, found);
  }
  return resolved;
}

/** The text of the ConfigMap that a job names, if that is in the same manifest. */
export function textBeside({ spec }: JobManifest, manifests: readonly Manifest[]): string | undefined {
  const { name, key = DEFAULT_KEY } = spec.config.configMapRef ?? {};
  const found = manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name);
  return found?.data?.[key];
}

async function textThere({ metadata, spec }: JobManifest, read: ReadConfigMap): Promise<string | undefined> {
  if (spec.config.configMapRef === undefined) return undefined;
  const { name, key = DEFAULT_KEY } = spec.config.configMapRef;
  const { namespace } = metadata;
  const text = await read({ name, key, ...(namespace !== undefined && { namespace }) });
  if (text !== undefined) return text;
  throw new PetageError("NOT_FOUND", `Job ${metadata.name}: there is no ConfigMap ${name} with the key ${key}`, {
    hint: `Put it into the same file, or make it: ${shellCommand(["kubectl", "create", "configmap", name, `--from-file=${key}=FILE`])}`,
  });
}

const DEFAULT_KEY = "config.py";
