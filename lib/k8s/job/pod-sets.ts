import { PetageError } from "#lib/base/errors.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import type { Pod } from "./pod.ts";
import { KUEUE_GROUP } from "./kueue.ts";
import type { KueueVersion, PodSetUpdate, Toleration, Workload } from "./kueue.ts";

/** Nodes of one kind, whose quota is counted together. */
export interface ResourceFlavor extends KubeObject {
  readonly spec?: {
    readonly nodeLabels?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Toleration[];
  };
}

export function flavorsOf(version: KueueVersion): ResourceType {
  return { group: KUEUE_GROUP, version, plural: "resourceflavors" };
}

/** What the pods of a role get for having been admitted, by the role: they run on nodes whose quota was taken. */
export type PodSets = ReadonlyMap<string, Required<PodSetUpdate>>;

export function flavorNames({ status }: Workload): string[] {
  const assignments = status?.admission?.podSetAssignments ?? [];
  return [...new Set(assignments.flatMap(({ flavors = {} }) => Object.values(flavors)))];
}

/** What each pod set was given: labels of its flavors, and what admission checks add. */
export function podSetsOf({ spec, status }: Workload, flavors: ReadonlyMap<string, ResourceFlavor>): PodSets {
  const { podSetAssignments = [], clusterQueue = "" } = status?.admission ?? {};
  return new Map(
    podSetAssignments.map(({ name, flavors: assigned = {} }) => {
      const ofFlavors = [...new Set(Object.values(assigned))].map((flavor): PodSetUpdate => {
        const { nodeLabels = {}, tolerations = [] } = flavors.get(flavor)?.spec ?? {};
        return { name, nodeSelector: nodeLabels, tolerations };
      });
      const ofChecks = (status?.admissionChecks ?? []).flatMap(({ podSetUpdates = [] }) => podSetUpdates);
      const labels = {
        "kueue.x-k8s.io/podset": name,
        "kueue.x-k8s.io/local-queue-name": spec.queueName ?? "",
        "kueue.x-k8s.io/cluster-queue-name": clusterQueue,
      };
      const first = { name, labels, annotations: {}, nodeSelector: {}, tolerations: [] };
      const updates = [...ofFlavors, ...ofChecks.filter((update) => update.name === name)];
      return [name, updates.reduce<Required<PodSetUpdate>>(merged, first)];
    }),
  );
}

/** A pod as its pod set was admitted. INVALID_ARGUMENT where that contradicts what the pod says itself. */
export function joinPodSet(pod: Pod, podSet: Required<PodSetUpdate>): Pod {
  const { metadata, spec } = pod;
  const { labels = {}, annotations = {} } = metadata;
  const { nodeSelector = {}, tolerations = [] } = spec;
  const own = { name: podSet.name, labels, annotations, nodeSelector, tolerations: tolerations as Toleration[] };
  const { name: _name, ...all } = merged(own, podSet);
  return {
    ...pod,
    metadata: { ...metadata, labels: all.labels, annotations: all.annotations },
    spec: { ...spec, nodeSelector: all.nodeSelector, tolerations: all.tolerations },
  };
}

function merged(one: Required<PodSetUpdate>, other: PodSetUpdate): Required<PodSetUpdate> {
  const { name } = one;
  const field = (key: "labels" | "annotations" | "nodeSelector"): Record<string, string> => {
    const more = other[key] ?? {};
    const clash = Object.keys(more).find((label) => (one[key][label] ?? more[label]) !== more[label]);
    if (clash === undefined) return { ...one[key], ...more };
    throw new PetageError(
      "INVALID_ARGUMENT",
      `Kueue admitted the pods of ${name} with ${key} ${clash}=${more[clash]}, and they have ${clash}=${one[key][clash]}`,
      { hint: "Let the job and the flavor, or the admission check, name the same" },
    );
  };
  const known = new Set(one.tolerations.map((toleration) => JSON.stringify(toleration)));
  const tolerations = (other.tolerations ?? []).filter((toleration) => !known.has(JSON.stringify(toleration)));
  return {
    name,
    labels: field("labels"),
    annotations: field("annotations"),
    nodeSelector: field("nodeSelector"),
    tolerations: [...one.tolerations, ...tolerations],
  };
}
