import { PetageError } from "#lib/base/errors.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import type { ResourceType } from "#lib/k8s/objects.ts";
import { GATE, podGroupName } from "./names.ts";
import { NATIVE_GANGS } from "./native-gang.ts";
import type { Pod } from "./pod.ts";
import { groupOf, priorityOf } from "./pod-group.ts";
import type { Gang, GangName } from "./pod-group.ts";
import type { TrainingJobObject } from "./training-job.ts";

const VOLCANO: ResourceType = { group: "scheduling.volcano.sh", version: "v1beta1", plural: "podgroups" };
const COSCHEDULING: ResourceType = { group: "scheduling.x-k8s.io", version: "v1alpha1", plural: "podgroups" };

function withMetadata(pod: Pod, labels: Record<string, string>, annotations: Record<string, string> = {}): Pod {
  const metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata.labels, ...labels },
    annotations: { ...pod.metadata.annotations, ...annotations },
  };
  return { ...pod, metadata };
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
  Native: NATIVE_GANGS[0],
  Volcano: {
    name: "Volcano",
    type: VOLCANO,
    group: (context) => {
      const { queue } = context.job.spec.schedulingPolicy ?? {};
      const spec = { minMember: context.minCount, ...(queue && { queue }), ...priorityOf(context.job) };
      return groupOf(VOLCANO, context, { spec });
    },
    needs: "Volcano's scheduler",
    join: (pod, { job, attempt }) => {
      const joined = withMetadata(pod, {}, { "scheduling.k8s.io/group-name": podGroupName(job, attempt) });
      return { ...joined, spec: { schedulerName: "volcano", ...joined.spec } };
    },
  },
  Coscheduling: {
    name: "Coscheduling",
    type: COSCHEDULING,
    group: (context) => groupOf(COSCHEDULING, context, { spec: { minMember: context.minCount } }),
    needs: "kube-scheduler with the plugin Coscheduling",
    join: (pod, { job, attempt }) => withMetadata(pod, { "scheduling.x-k8s.io/pod-group": podGroupName(job, attempt) }),
  },
};

/** What `Auto` takes, the best first. */
const BY_PREFERENCE: readonly Gang[] = [...NATIVE_GANGS, GANGS.Volcano, GANGS.Coscheduling];

/** Which of the gang schedulers' resources a cluster has, the best first. */
export async function discoverGangs(client: KubeClient, signal?: AbortSignal): Promise<readonly Gang[]> {
  const found = await Promise.all(
    BY_PREFERENCE.map(async (gang) => (gang.type && (await hasResource(client, gang.type, signal)) ? [gang] : [])),
  );
  return found.flat();
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
 * @param available what the cluster has, the best first
 * @param isIgnored whether a scheduler has left the group of this job out of account
 */
export function gangOf({ spec }: TrainingJobObject, available: readonly Gang[], isIgnored = false): Gang {
  const wanted = spec.schedulingPolicy?.gang ?? "Auto";
  const best = isQueueOfVolcano(spec, available) ? GANGS.Volcano : available[0];
  if (wanted === "Auto") return (isIgnored ? undefined : best) ?? GANGS.Gates;
  const named = wanted === "Kueue" ? "Native" : wanted;
  const found = available.find(({ name }) => name === named);
  return wanted === "Kueue" ? ((isIgnored ? undefined : found) ?? GANGS.None) : (found ?? GANGS[wanted]);
}

/** FAILED_PRECONDITION where a job names a gang that the cluster does not have: its pods would start one by one. */
export function requireGang({ name, type, needs }: Gang, available: readonly Gang[]): void {
  if (type === undefined || available.some((gang) => gang.name === name)) return;
  throw new PetageError(
    "FAILED_PRECONDITION",
    `This cluster has no ${type.plural}.${type.group}, which schedulingPolicy.gang ${name} is made of`,
    { hint: `Install ${needs}, or leave the choice to gang Auto in a new job` },
  );
}

/** Whether it is Volcano that knows the queue that a job names: who leaves it open has that of what the cluster has. */
export function isQueueOfVolcano({ schedulingPolicy = {} }: TrainingJobSpec, available: readonly Gang[]): boolean {
  const { gang = "Auto", queue } = schedulingPolicy;
  const isThere = available.some(({ name }) => name === "Volcano");
  return queue !== undefined && (gang === "Volcano" || (gang === "Auto" && isThere));
}
