import { compact } from "#lib/base/compact.ts";
import { jobSpecOf } from "#lib/jobs/job-spec.ts";
import type { Role } from "#lib/jobs/job-state.ts";
import { rowsOf } from "#lib/jobs/job-state.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { GANGS, isQueueOfVolcano } from "./gang.ts";
import { IN_USE, KUEUE_GROUP, KUEUE_LABELS, workloadName } from "./kueue.ts";
import type { KueueVersion, PodSet, Workload } from "./kueue.ts";
import { jobLabels, ownerOf } from "./names.ts";
import { priorityOf } from "./pod-group.ts";
import type { Gang } from "./pod-group.ts";
import { podOf } from "./pods.ts";
import type { AttemptContext } from "./pods.ts";
import type { TrainingJobObject } from "./training-job.ts";

// What a job asks of Kueue: a Workload, by which Kueue decides when the job may run, and with how many trainers.

/** The LocalQueue in which a job waits for its turn; undefined where Kueue is not asked. */
export function queueOf({ metadata, spec }: TrainingJobObject, available: readonly Gang[]): string | undefined {
  const { gang = "Auto", queue } = spec.schedulingPolicy ?? {};
  const isOfKueue = gang === "Kueue" || (gang === "Auto" && !isQueueOfVolcano(spec, available));
  const ofPolicy = isOfKueue ? queue : undefined;
  return metadata.labels?.[KUEUE_LABELS.queue] || ofPolicy;
}

/** The class that says how important a job is: one of Kueue alone, or that of its pods. */
export interface PriorityClassRef {
  readonly kind: "WorkloadPriorityClass" | "PriorityClass";
  readonly name: string;
}

export interface Priority {
  readonly value: number;
  /** Undefined where nobody named a class and the cluster has none for that. */
  readonly of: PriorityClassRef | undefined;
}

/** The class that a job names; undefined where it names none. */
export function priorityClassOf({ metadata, spec }: TrainingJobObject): PriorityClassRef | undefined {
  const ofKueue = metadata.labels?.[KUEUE_LABELS.priorityClass];
  if (ofKueue) return { kind: "WorkloadPriorityClass", name: ofKueue };
  const { priorityClassName: name } = priorityOf({ spec });
  return name === undefined ? undefined : { kind: "PriorityClass", name };
}

/** The class that a Workload names, in the words of either version. */
export function priorityClassOfWorkload({ spec }: Workload): PriorityClassRef | undefined {
  const { priorityClassRef, priorityClassName, priorityClassSource } = spec;
  const name = priorityClassRef?.name ?? priorityClassName;
  if (!name) return undefined;
  const isOfKueue = (priorityClassRef?.group ?? priorityClassSource ?? "").startsWith(KUEUE_GROUP);
  return { kind: isOfKueue ? "WorkloadPriorityClass" : "PriorityClass", name };
}

/** The part of a Workload that says how important it is. */
export function prioritySpec({ value, of }: Priority, version: KueueVersion): object {
  if (of === undefined) return { priority: value };
  const { kind, name } = of;
  const isOfKueue = kind === "WorkloadPriorityClass";
  const group = isOfKueue ? KUEUE_GROUP : "scheduling.k8s.io";
  if (version === "v1beta2") return { priority: value, priorityClassRef: { group, kind, name } };
  const priorityClassSource = `${group}/${isOfKueue ? "workloadpriorityclass" : "priorityclass"}`;
  return { priority: value, priorityClassName: name, priorityClassSource };
}

export interface WorkloadOptions {
  readonly queue: string;
  readonly priority: Priority;
  readonly resolved: Pick<ResolvedJob, "validates">;
  readonly version: KueueVersion;
}

/** The Workload of a job: its pods by their roles, with what they want of nodes. */
export function workloadOf(context: AttemptContext, options: WorkloadOptions): Workload {
  const { job, settings } = context;
  const { queue, priority, resolved, version } = options;
  const maximumSeconds = Number(job.metadata.labels?.[KUEUE_LABELS.maximumSeconds]);
  const metadata = {
    name: workloadName(job.metadata.name),
    namespace: job.metadata.namespace ?? "default",
    labels: { ...jobLabels(job, settings.instance), "kueue.x-k8s.io/job-uid": job.metadata.uid ?? "" },
    finalizers: [IN_USE],
    ownerReferences: [ownerOf(job)],
  };
  const spec = {
    queueName: queue,
    podSets: podSetsOf(context, resolved),
    ...prioritySpec(priority, version),
    ...(maximumSeconds >= 1 && { maximumExecutionTimeSeconds: maximumSeconds }),
  };
  return { apiVersion: `${KUEUE_GROUP}/${version}`, kind: "Workload", metadata, spec };
}

/** Trainers first; of an elastic job Kueue may admit fewer of them. */
function podSetsOf(context: AttemptContext, resolved: Pick<ResolvedJob, "validates">): PodSet[] {
  const { job } = context;
  const { workers, minWorkers, ...spec } = jobSpecOf(job, resolved);
  const all = rowsOf({ workers, minWorkers, ...spec }, workers).flat();
  const counts = new Map<Role, number>([["trainer", 0]]);
  for (const { role } of all) counts.set(role, (counts.get(role) ?? 0) + 1);
  return [...counts].map(([role, count]) => {
    const pod = podOf({ ...context, gang: GANGS.None }, { role, rank: 0, attempt: 0 });
    const { labels, annotations } = pod.metadata;
    const template = { metadata: compact({ labels, annotations }), spec: pod.spec };
    const isElastic = role === "trainer" && minWorkers < count;
    return { name: role, count, ...(isElastic && { minCount: minWorkers }), template };
  });
}

/** What is kept of a Workload: its templates would take ten times the rest. */
export function slimWorkload({ metadata, spec, status }: Workload): Workload {
  const { managedFields: _fields, ...kept } = metadata;
  const podSets = spec.podSets.map(({ template: _template, ...podSet }) => podSet);
  return { metadata: kept, spec: { ...spec, podSets }, ...(status && { status }) };
}
