import { fitOf } from "#lib/k8s/job/fit.ts";
import type { Fit } from "#lib/k8s/job/fit.ts";
import type { Node } from "#lib/k8s/job/node.ts";
import { slimPod } from "#lib/k8s/job/pod.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { Store } from "#lib/k8s/store.ts";

/** What shares a cluster with the pods of jobs: its nodes, and the pods of others. Reflectors fill the stores. */
export class Surroundings {
  readonly nodes = new Store<Node>(slimNode);
  readonly others = new Store<Pod>(slimPod);
  readonly #ours: Store<Pod>;

  constructor(ours: Store<Pod>) {
    this.#ours = ours;
  }

  /** Whether there is room for pods that are held back. */
  fit(gang: readonly Pod[], now: number): Fit {
    return fitOf({ gang, pods: [...this.#ours.all(), ...this.others.all()], nodes: [...this.nodes.all()], now });
  }
}

/** A node has a long list of the images on it. */
function slimNode({ metadata, spec = {}, status = {} }: Node): Node {
  const { name, uid, resourceVersion, labels = {} } = metadata;
  const { unschedulable = false, taints = [] } = spec;
  const { allocatable = {}, conditions = [] } = status;
  const kept = conditions.map(({ type, status: holds }) => ({ type, status: holds }));
  return {
    metadata: {
      name,
      labels,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    spec: { unschedulable, taints },
    status: { allocatable, conditions: kept },
  };
}
