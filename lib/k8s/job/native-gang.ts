import type { ResourceType } from "#lib/k8s/objects.ts";
import { API_VERSION, KIND, podGroupName } from "./names.ts";
import type { Pod } from "./pod.ts";
import { groupOf, priorityOf } from "./pod-group.ts";
import type { Gang, GangContext } from "./pod-group.ts";
import type { TrainingJobObject } from "./training-job.ts";

// KEP-4671: groups that the scheduler itself knows. Each version of Kubernetes has had a version of its own so far.
// Fields that stand behind a gate which is off are dropped by the API server, so they can be sent to any.

/** The one group of a Workload. */
const WORKLOAD_GROUP = "workers";

/** Kubernetes 1.37; v1alpha3 is the same. */
function podGroup1_37(version: string): Gang {
  return podGroup(version, ({ job }) => ({
    disruptionMode: { all: {} },
    ...priorityOf(job),
    ...preemptionOf(job),
    ...topologyOf(job),
  }));
}

/** Kubernetes 1.36. */
function podGroup1_36(version: string): Gang {
  return podGroup(version, ({ job }) => ({ disruptionMode: "PodGroup", ...priorityOf(job), ...topologyOf(job) }));
}

/** A group is an object that pods name. Of a ring no pod can go without the others: they are disrupted together. */
function podGroup(version: string, rest: (context: GangContext) => object): Gang {
  const type = { group: "scheduling.k8s.io", version, plural: "podgroups" };
  return {
    name: "Native",
    type,
    group: (context) => {
      const schedulingPolicy = { gang: { minCount: context.minCount } };
      return groupOf(type, context, { spec: { schedulingPolicy, ...rest(context) } });
    },
    join: (pod, { job, attempt }) => withSpec(pod, { schedulingGroup: { podGroupName: podGroupName(job, attempt) } }),
    needs: "kube-scheduler with --feature-gates=GenericWorkload=true, and before 1.37 GangScheduling=true as well",
  };
}

/** Kubernetes 1.35: a group is a part of a Workload. It knows of no priority, topology or disruption. */
function workload1_35(version: string): Gang {
  const type: ResourceType = { group: "scheduling.k8s.io", version, plural: "workloads" };
  return {
    name: "Native",
    type,
    group: (context) => {
      const [apiGroup = ""] = API_VERSION.split("/");
      const controllerRef = { apiGroup, kind: KIND, name: context.job.metadata.name };
      const policy = { gang: { minCount: context.minCount } };
      const spec = { controllerRef, podGroups: [{ name: WORKLOAD_GROUP, policy }] };
      return groupOf(type, context, { kind: "Workload", spec });
    },
    join: (pod, { job, attempt }) =>
      withSpec(pod, { workloadRef: { name: podGroupName(job, attempt), podGroup: WORKLOAD_GROUP } }),
    needs: "kube-scheduler with --feature-gates=GenericWorkload=true,GangScheduling=true",
  };
}

/** The versions of the API, the newest first: what serves several of them is asked for that. */
export const NATIVE_GANGS: readonly [Gang, ...Gang[]] = [
  podGroup1_37("v1beta1"),
  podGroup1_37("v1alpha3"),
  podGroup1_36("v1alpha2"),
  workload1_35("v1alpha1"),
];

function withSpec(pod: Pod, fields: object): Pod {
  return { ...pod, spec: { ...pod.spec, ...fields } };
}

/** What a template says of all pods; else the API server takes it from the priority class. */
function preemptionOf({ spec: { podTemplate } }: TrainingJobObject): { preemptionPolicy?: unknown } {
  const { preemptionPolicy } = podTemplate?.spec ?? {};
  return preemptionPolicy ? { preemptionPolicy } : {};
}

/** The API has no preference: that is an affinity of the pods. */
function topologyOf({ spec: { schedulingPolicy = {} } }: TrainingJobObject): { schedulingConstraints?: object } {
  const { topologyKey: key, topologyMode } = schedulingPolicy;
  return key !== undefined && topologyMode === "Required" ? { schedulingConstraints: { topology: [{ key }] } } : {};
}
