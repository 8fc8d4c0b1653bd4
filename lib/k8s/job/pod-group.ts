import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { jobLabels, ownerOf, podGroupName } from "./names.ts";
import type { Pod } from "./pod.ts";
import type { TrainingJobObject } from "./training-job.ts";

export interface GangContext {
  readonly job: TrainingJobObject;
  readonly attempt: number;
  /** Pods that must start together for the job to run: its helpers and at least `minWorkers` trainers. */
  readonly minCount: number;
  /** Release of petage, for labels. */
  readonly instance: string;
}

export type GangName = "None" | "Gates" | "Native" | "Volcano" | "Coscheduling";

/** A way of starting pods together or not at all. */
export interface Gang {
  readonly name: GangName;
  /** The group that has to exist before its pods; undefined where labels are all it takes. */
  readonly type: ResourceType | undefined;
  readonly group: (context: GangContext) => KubeObject | undefined;
  readonly join: (pod: Pod, context: GangContext) => Pod;
  /** What a scheduler that leaves the group out of account lacks; undefined where nobody need know of groups. */
  readonly needs?: string;
}

/** The group of an attempt. */
export function groupOf(
  { group, version }: ResourceType,
  { job, attempt, instance }: GangContext,
  { kind = "PodGroup", spec }: { readonly kind?: string; readonly spec: object },
): KubeObject {
  const metadata = {
    name: podGroupName(job, attempt),
    namespace: job.metadata.namespace ?? "default",
    labels: jobLabels(job, instance),
    ownerReferences: [ownerOf(job)],
  };
  return { apiVersion: `${group}/${version}`, kind, metadata, spec } as KubeObject;
}

/** The pods' own priority: in a group that has another, the scheduler binds none of them. */
export function priorityOf({ spec: { schedulingPolicy, podTemplate } }: Pick<TrainingJobObject, "spec">): {
  priorityClassName?: string;
} {
  // A template is laid over a pod: its null takes away what the policy says.
  const { priorityClassName } = { priorityClassName: schedulingPolicy?.priorityClassName, ...podTemplate?.spec };
  return typeof priorityClassName === "string" && priorityClassName !== "" ? { priorityClassName } : {};
}
