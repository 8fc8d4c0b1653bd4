import type { KubeObject } from "#lib/k8s/objects.ts";
import { GATE } from "./names.ts";
import type { Pod } from "./pod.ts";

/** A node as far as the check reads it. */
export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

type Quantities = Readonly<Record<string, string | number>>;
type Amounts = Record<string, number>;

/**
 * Whether the pods that are held back would all find a node now, by what nodes offer and our pods use. It knows of no
 * pods but ours and of no affinity: it keeps gangs from taking half of what they need, no more; the scheduler decides.
 */
export function fitsNow(gang: readonly Pod[], ours: Iterable<Pod>, nodes: Iterable<Node>): boolean {
  const held = gang.filter(isHeld);
  const free = new Map(
    [...nodes].filter(isUsable).map((node) => [node.metadata.name, amounts(node.status?.allocatable)]),
  );
  const unplaced: Amounts[] = [];
  for (const pod of ours) {
    if (isHeld(pod) || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") continue;
    const node = pod.spec.nodeName === undefined ? undefined : free.get(pod.spec.nodeName);
    if (node) take(node, requestsOf(pod));
    else if (pod.spec.nodeName === undefined) unplaced.push(requestsOf(pod)); // on its way to a node
  }
  const all = [...unplaced, ...held.map(requestsOf)].toSorted((a, b) => size(b) - size(a));
  return all.every((wanted) => {
    const node = [...free.values()].find((candidate) => fits(candidate, wanted));
    if (node) take(node, wanted);
    return node !== undefined;
  });
}

function isHeld({ spec, metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && (spec.schedulingGates?.some(({ name }) => name === GATE) ?? false);
}

function isUsable({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return spec?.unschedulable !== true && ready?.status !== "False" && ready?.status !== "Unknown";
}

function requestsOf({ spec }: Pod): Amounts {
  const total: Amounts = { pods: 1 };
  for (const { resources } of spec.containers) {
    for (const [name, amount] of Object.entries(amounts({ ...resources?.limits, ...resources?.requests }))) {
      const isAsked = name.includes("/") || resources?.requests?.[name] !== undefined;
      if (isAsked) total[name] = (total[name] ?? 0) + amount;
    }
  }
  return total;
}

function amounts(quantities: Quantities = {}): Amounts {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** The largest first: devices before everything else. */
function size(wanted: Amounts): number {
  const devices = Object.entries(wanted).filter(([name]) => name.includes("/"));
  return devices.reduce((sum, [, amount]) => sum + amount, 0) * 1e6 + (wanted["cpu"] ?? 0);
}

function fits(free: Amounts, wanted: Amounts): boolean {
  return Object.entries(wanted).every(([name, amount]) => amount <= (free[name] ?? 0) + 1e-9);
}

function take(free: Amounts, wanted: Amounts): void {
  for (const [name, amount] of Object.entries(wanted)) free[name] = (free[name] ?? 0) - amount;
}

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes as a number: "500m" is 0.5, "2Gi" 2147483648. NaN for what is none. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === "number") return quantity;
  const { number = "", suffix = "" } =
    /^(?<number>[-+]?[\d.]+(?:[eE][-+]?\d+)?)(?<suffix>[a-zA-Z]*)$/.exec(quantity)?.groups ?? {};
  return number === "" ? Number.NaN : Number(number) * (SUFFIXES[suffix] ?? Number.NaN);
}
