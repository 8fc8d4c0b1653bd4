import { amountsOf, fits, requestsOf, sizeOf, take } from "./amounts.ts";
import type { Amounts } from "./amounts.ts";
import type { Node } from "./node.ts";
import { isUsable, mayRunOn } from "./placement.ts";
import type { Pod } from "./pod.ts";

interface Place {
  readonly node: Node;
  readonly free: Amounts;
}

/** What is free on the nodes of a cluster. Pods take it one by one, each on the first node on which there is enough. */
export class Room {
  readonly #places: readonly Place[];
  /** From where on to look for each kind of pod: what does not fit on a node will not fit later. */
  readonly #cursors: Map<string, number>;

  private constructor(places: readonly Place[], cursors = new Map<string, number>()) {
    this.#places = places;
    this.#cursors = cursors;
  }

  /** All of the nodes that take pods, less what the pods use that are bound to them. */
  static of(nodes: Iterable<Node>, bound: Iterable<Pod>): Room {
    const usable = [...nodes].filter(isUsable);
    const places = usable.map((node) => ({ node, free: amountsOf(node.status?.allocatable) }));
    const byName = new Map(places.map(({ node, free }) => [node.metadata.name, free]));
    for (const pod of bound) {
      const free = byName.get(pod.spec.nodeName ?? "");
      if (free) take(free, requestsOf(pod));
    }
    return new Room(places);
  }

  copy(): Room {
    const places = this.#places.map(({ node, free }) => ({ node, free: { ...free } }));
    return new Room(places, new Map(this.#cursors));
  }

  /** Places pods, the largest first. Returns those for which there is no room. */
  place(pods: readonly Pod[]): Pod[] {
    const sized = pods.map((pod) => ({ pod, wanted: requestsOf(pod) }));
    const largestFirst = sized.toSorted((one, other) => sizeOf(other.wanted) - sizeOf(one.wanted));
    return largestFirst.flatMap(({ pod, wanted }) => (this.#placeOne(pod, wanted) ? [] : [pod]));
  }

  #placeOne(pod: Pod, wanted: Amounts): boolean {
    const { nodeSelector, affinity, tolerations } = pod.spec;
    const kind = JSON.stringify([wanted, nodeSelector, affinity, tolerations]);
    const from = this.#cursors.get(kind) ?? 0;
    const index = this.#places.findIndex(
      ({ node, free }, at) => at >= from && fits(free, wanted) && mayRunOn(pod, node),
    );
    this.#cursors.set(kind, index < 0 ? this.#places.length : index);
    const place = this.#places[index];
    if (place) take(place.free, wanted);
    return place !== undefined;
  }

  /** Without the nodes on which a pod could run if they were empty. */
  without(pod: Pod): Room {
    const wanted = requestsOf(pod);
    const isFor = ({ node }: Place): boolean =>
      fits(amountsOf(node.status?.allocatable), wanted) && mayRunOn(pod, node);
    return new Room(this.#places.filter((place) => !isFor(place)));
  }

  /** What is free now on the nodes that a pod may run on. */
  freeFor(pod: Pod): Amounts[] {
    return this.#places.filter(({ node }) => mayRunOn(pod, node)).map(({ free }) => free);
  }
}
