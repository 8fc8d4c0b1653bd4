import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { GATE, jobLabels, ownerOf, podGroupName } from "./names.ts";
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

/** A way of starting pods together or not at all. */
export interface Gang {
  readonly name: GangName;
  /** The group that has to exist before its pods; undefined where labels are all it takes. */
  readonly type: ResourceType | undefined;
  readonly group: (context: GangContext) => KubeObject | undefined;
  readonly join: (pod: Pod, context: GangContext) => Pod;
}

export type GangName = "None" | "Gates" | "Native" | "Volcano" | "Coscheduling";

const NATIVE: ResourceType = { group: "scheduling.k8s.io", version: "v1beta1", plural: "podgroups" };
const VOLCANO: ResourceType = { group: "scheduling.volcano.sh", version: "v1beta1", plural: "podgroups" };
const COSCHEDULING: ResourceType = { group: "scheduling.x-k8s.io", version: "v1alpha1", plural: "podgroups" };

function groupOf(type: ResourceType, { job, attempt, instance }: GangContext, spec: object): KubeObject {
  const metadata = {
    name: podGroupName(job, attempt),
    namespace: job.metadata.namespace ?? "default",
    labels: jobLabels(job, instance),
    ownerReferences: [ownerOf(job)],
  };
  return { apiVersion: `${type.group}/${type.version}`, kind: "PodGroup", metadata, spec } as KubeObject;
}

function withMetadata(pod: Pod, labels: Record<string, string>, annotations: Record<string, string> = {}): Pod {
  const metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata.labels, ...labels },
    annotations: { ...pod.metadata.annotations, ...annotations },
  };
  return { ...pod, metadata };
}

/** The pods' own priority: in a group that has another, the scheduler binds none of them. */
function priorityOf({ spec: { schedulingPolicy, podTemplate } }: TrainingJobObject): { priorityClassName?: unknown } {
  // A template is laid over a pod: its null takes away what the policy says.
  const { priorityClassName } = { priorityClassName: schedulingPolicy?.priorityClassName, ...podTemplate?.spec };
  return priorityClassName ? { priorityClassName } : {};
}

export const GANGS: Readonly<Record<GangName, Gang>> = {
  /** Pods start one by one. */
  None: { name: "None", type: undefined, group: () => undefined, join: (pod) => pod },
  /** The controller itself holds the pods back until all of them fit. */
  Gates: {
    name: "Gates",
    type: undefined,
    group: () => undefined,
    join: (pod) => ({
      ...pod,
      spec: { ...pod.spec, schedulingGates: [...(pod.spec.schedulingGates ?? []), { name: GATE }] },
    }),
  },
  /** KEP-4671, in the scheduler since 1.35, beta in 1.37. */
  Native: {
    name: "Native",
    type: NATIVE,
    group: (context) => {
      const schedulingPolicy = { gang: { minCount: context.minCount } };
      return groupOf(NATIVE, context, { schedulingPolicy, ...priorityOf(context.job) });
    },
    join: (pod, { job, attempt }) => ({
      ...pod,
      spec: { ...pod.spec, schedulingGroup: { podGroupName: podGroupName(job, attempt) } },
    }),
  },
  Volcano: {
    name: "Volcano",
    type: VOLCANO,
    group: (context) => {
      const { queue } = context.job.spec.schedulingPolicy ?? {};
      return groupOf(VOLCANO, context, {
        minMember: context.minCount,
        ...(queue && { queue }),
        ...priorityOf(context.job),
      });
    },
    join: (pod, { job, attempt }) => {
      const joined = withMetadata(pod, {}, { "scheduling.k8s.io/group-name": podGroupName(job, attempt) });
      return { ...joined, spec: { schedulerName: "volcano", ...joined.spec } };
    },
  },
  Coscheduling: {
    name: "Coscheduling",
    type: COSCHEDULING,
    group: (context) => groupOf(COSCHEDULING, context, { minMember: context.minCount }),
    join: (pod, { job, attempt }) => withMetadata(pod, { "scheduling.x-k8s.io/pod-group": podGroupName(job, attempt) }),
  },
};

/** What `Auto` takes, the best first. */
const BY_PREFERENCE = [GANGS.Native, GANGS.Volcano, GANGS.Coscheduling];

/** Which of the gang schedulers' resources a cluster has. */
export async function discoverGangs(client: KubeClient, signal?: AbortSignal): Promise<ReadonlySet<GangName>> {
  const found = await Promise.all(
    BY_PREFERENCE.map(async ({ name, type }) => (type && (await hasResource(client, type, signal)) ? [name] : [])),
  );
  return new Set(found.flat());
}

async function hasResource(client: KubeClient, type: ResourceType, signal?: AbortSignal): Promise<boolean> {
  const path = `/apis/${type.group}/${type.version}`;
  try {
    const { resources } = await client.call<{ resources: readonly { name: string }[] }>({
      method: "GET",
      path,
      signal,
    });
    return resources.some(({ name }) => name === type.plural);
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false;
    throw error;
  }
}

/**
 * How the pods of a job start together: also a single trainer with its helpers, which would hold what it waits for. Kueue
 * counts quota; that the pods find nodes together is the scheduler's business, where it knows how.
 */
export function gangOf({ spec }: TrainingJobObject, available: ReadonlySet<GangName>): Gang {
  const wanted = spec.schedulingPolicy?.gang ?? "Auto";
  if (wanted === "Kueue") return available.has("Native") ? GANGS.Native : GANGS.None;
  if (wanted !== "Auto") return GANGS[wanted];
  return BY_PREFERENCE.find(({ name }) => available.has(name)) ?? GANGS.Gates;
}
