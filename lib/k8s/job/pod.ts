/** Pods as far as the controller reads them; the rest of an object is carried along unseen. */
import { compact } from "#lib/base/compact.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly schedulingGates?: readonly { readonly name: string }[];
  readonly resourceClaims?: readonly { readonly name: string; readonly resourceClaimTemplateName?: string }[];
  readonly [field: string]: unknown;
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    /** The claims that were made for it, of those that it is to have. */
    readonly resourceClaimStatuses?: readonly { readonly name: string }[];
    readonly conditions?: readonly PodCondition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/**
 * What is kept of a pod: a tenth of it, so that ten thousand of them fit into a small controller. Where it may run matters
 * until it has a node.
 */
export function slimPod({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences } =
    metadata;
  const { nodeName, schedulingGates, containers, nodeSelector, affinity, tolerations, priority, schedulerName } = spec;
  const { resourceClaims } = spec;
  const wishes =
    nodeName === undefined ? { nodeSelector, affinity, tolerations, priority, schedulerName, resourceClaims } : {};
  const { resourceClaimStatuses } = status ?? {};
  const { conditions, containerStatuses, initContainerStatuses, phase, reason, message, podIP } = status ?? {};
  const state = ({ name: container, state: now }: ContainerStatus): ContainerStatus => ({
    name: container,
    ...(now && { state: now }),
  });
  return compact({
    metadata: compact({
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      labels,
      ownerReferences,
    }),
    spec: compact({
      nodeName,
      schedulingGates,
      ...wishes,
      containers: containers.map(({ name: container, resources }) => compact({ name: container, resources })),
    }),
    status: compact({
      phase,
      reason,
      message,
      podIP,
      resourceClaimStatuses,
      conditions: conditions?.map(({ type, status: holds, reason: why, message: text }) =>
        compact({ type, status: holds, reason: why, message: text }),
      ),
      containerStatuses: containerStatuses?.map(state),
      initContainerStatuses: initContainerStatuses?.map(state),
    }),
  }) as Pod;
}
