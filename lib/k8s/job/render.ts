import { runNameOf } from "#lib/jobs/names.ts";
import { rowsOf } from "#lib/jobs/job-state.ts";
import type { JobSpec, WorkerName } from "#lib/jobs/job-state.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { gangOf } from "./gang.ts";
import { configMapName, jobLabels, ownerOf } from "./names.ts";
import type { Gang } from "./pod-group.ts";
import { podOf } from "./pods.ts";
import type { AttemptContext } from "./pods.ts";
import type { Pod } from "./pod.ts";
import type { PodSets } from "./pod-sets.ts";
import type { JobSettings } from "./settings.ts";
import { jobSpecOf, resumeOf } from "#lib/jobs/job-spec.ts";
import type { TrainingJobObject } from "./training-job.ts";

export interface AttemptOptions {
  readonly job: TrainingJobObject;
  readonly settings: JobSettings;
  readonly resolved: ResolvedJob;
  /** The gangs that the cluster has, the best first. */
  readonly gangs: readonly Gang[];
  /** Whether a scheduler has left the group of an earlier attempt out of account. */
  readonly isGangIgnored?: boolean;
  readonly attempt?: number;
  /** Trainers of the attempt; by default those that are wanted. */
  readonly size?: number;
  /** Checkpoint to continue; by default what the job says. */
  readonly resumeFrom?: string;
  readonly excludedNodes?: readonly string[];
  /** What the pods get for having been admitted by a queue. */
  readonly podSets?: PodSets | undefined;
}

/** Everything that the pods of an attempt are made from. */
export function attemptContext(options: AttemptOptions): AttemptContext {
  const { job, settings, resolved, gangs, attempt = 0, excludedNodes = [] } = options;
  const spec = jobSpecOf(job, resolved);
  const size = options.size ?? spec.workers;
  const gang = gangOf(job, gangs, options.isGangIgnored);
  const helpers = rowsOf(spec, 0).flat().length;
  const minCount = helpers + Math.min(size, spec.minWorkers);
  const { workDir, runDir } = foldersOf(job, resolved);
  return {
    job: resolved.loadFrom && !job.spec.loadFrom ? { ...job, spec: { ...job.spec, loadFrom: resolved.loadFrom } } : job,
    settings,
    gang,
    gangContext: { job, attempt, minCount, instance: settings.instance },
    attempt,
    size,
    dataLoaders: spec.dataLoaders,
    workDir,
    runDir,
    resumeFrom: options.resumeFrom ?? (resumeFrom(job, resolved) || (attempt > 0 ? "run" : "")),
    excludedNodes,
    podSets: options.podSets,
  };
}

/** Where a job writes, relative to the image's folder and to the output volume alike. */
export function foldersOf(
  { metadata, spec }: TrainingJobObject,
  { workDir, configName }: Pick<ResolvedJob, "workDir" | "configName">,
): Pick<AttemptContext, "workDir" | "runDir"> {
  const folder = spec.workDir ?? workDir?.replace(/^(\.\/)?work_dirs\//, "") ?? configName;
  const run = runNameOf(new Date(metadata.creationTimestamp ?? 0), metadata.uid ?? "");
  return { workDir: `work_dirs/${folder}`, runDir: `work_dirs/${folder}/${run}` };
}

function resumeFrom({ spec }: TrainingJobObject, resolved: ResolvedJob): string {
  const resume = resumeOf(spec, resolved);
  return resume === "Auto" ? "auto" : resume === "Never" ? "" : resume;
}

/** The config of a job, resolved once: every pod of every attempt sees the same. */
export function configMapOf(job: TrainingJobObject, { configText }: ResolvedJob, instance: string): KubeObject {
  const metadata = {
    name: configMapName(job),
    namespace: job.metadata.namespace ?? "default",
    labels: jobLabels(job, instance),
    ownerReferences: [ownerOf(job)],
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata,
    immutable: true,
    data: { "config.json": configText },
  } as KubeObject;
}

/** The workers of an attempt. */
export function workersOf(spec: JobSpec, { attempt, size }: Pick<AttemptContext, "attempt" | "size">): WorkerName[] {
  return rowsOf(spec, size)
    .flat()
    .map((worker) => ({ ...worker, attempt }));
}

/** All that the controller creates for the first attempt of a job. */
export function render(options: AttemptOptions): readonly KubeObject[] {
  const context = attemptContext(options);
  const { job, settings, resolved } = options;
  const group = context.gang.group(context.gangContext);
  const pods: Pod[] = workersOf(jobSpecOf(job, resolved), context).map((worker) => podOf(context, worker));
  return [configMapOf(job, resolved, settings.instance), ...(group ? [group] : []), ...pods];
}
