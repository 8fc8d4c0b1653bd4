/** Objects of Kubernetes as they are on the wire: what we do not know of is kept, so that nothing a user wrote is lost. */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Of two versions of objects of one kind, or of a list of them, the greater number is the later (KEP-5504). */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly unknown[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
}

export interface KubeList<T extends KubeObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** A kind of object, as its path names it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export const TRAINING_JOBS: ResourceType = { group: "petage.dev", version: "v1alpha1", plural: "trainingjobs" };
export const PODS: ResourceType = { group: "", version: "v1", plural: "pods" };
export const NODES: ResourceType = { group: "", version: "v1", plural: "nodes" };
export const CONFIG_MAPS: ResourceType = { group: "", version: "v1", plural: "configmaps" };
export const EVENTS: ResourceType = { group: "", version: "v1", plural: "events" };
export const LEASES: ResourceType = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

/** Of pods, those that still run: what has ended uses nothing, and keeps its log. */
export const ALIVE = "status.phase!=Succeeded,status.phase!=Failed";

/** As Kubernetes' own clients spell it. */
export const ALL_NAMESPACES = "";

/** Which object, or without a name which collection. */
export interface Place {
  /** Absent for kinds without a namespace, and for a collection over all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: "status" | "scale" | "log" | "eviction";
}

/** `/apis/petage.dev/v1alpha1/namespaces/default/trainingjobs/quickstart/status` */
export function pathOf({ group, version, plural }: ResourceType, { namespace, name, subresource }: Place = {}): string {
  const parts = [
    group === "" ? `/api/${version}` : `/apis/${group}/${version}`,
    ...(namespace === undefined ? [] : ["namespaces", encodeURIComponent(namespace)]),
    plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return parts.join("/");
}

/** `default/quickstart`; the name alone for kinds without a namespace. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The uid of the owner that controls an object, if any. */
export function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}
