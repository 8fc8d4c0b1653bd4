import { controllerOf, keyOf } from "#lib/k8s/objects.ts";
import { isDevice, requestsOf, sumOf } from "./amounts.ts";
import { GATE, workerOf } from "./names.ts";
import type { Node } from "./node.ts";
import type { Pod } from "./pod.ts";
import { Room } from "./room.ts";

/** For how long smaller gangs may go before one that finds no room. Then what it waits for is kept for it. */
export const OVERTAKING_MS = 300_000;

/** What is known of a cluster when a gang asks to be let in. */
export interface Scene {
  /** The pods of the gang. */
  readonly gang: readonly Pod[];
  /** All pods that are known, of the gang, of other jobs and of others. */
  readonly pods: Iterable<Pod>;
  readonly nodes: readonly Node[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Fit {
  /** Whether all of the gang's pods that are held back would find a node now. */
  readonly fits: boolean;
  /** For how many of its trainers there is room, with all of its helpers. */
  readonly trainers: number;
  /** What is wanted and what there is; empty where all fit. */
  readonly shortage: string;
}

/**
 * Whether the pods that are held back would find nodes now, by what nodes offer, who may run on them, what all pods
 * use, and who came before. It is no scheduler: it knows of no affinity between pods and takes nothing from anybody.
 */
export function fitOf({ gang, pods, nodes, now }: Scene): Fit {
  const held = gang.filter(isHeld);
  const room = roomLeft({ gang: held, pods, nodes, now });
  const trainers = held.filter(isTrainer).toSorted((one, other) => rankOf(one) - rankOf(other));
  const helpers = held.filter((pod) => !isTrainer(pod));
  const isEnough = (count: number): boolean =>
    room.copy().place([...helpers, ...trainers.slice(0, count)]).length === 0;
  if (isEnough(trainers.length)) return { fits: true, trainers: trainers.length, shortage: "" };
  const count = largest(trainers.length - 1, isEnough);
  return { fits: false, trainers: count, shortage: shortageOf(held, Room.of(nodes, []), room) };
}

/** The largest of 0 to `most` that is enough, where less of it is, too; 0 where none is. */
function largest(most: number, isEnough: (count: number) => boolean): number {
  let [low, high] = [0, Math.max(0, most)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isEnough(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What those leave that run, that are on their way to a node, and that came before. */
function roomLeft({ gang, pods, nodes, now }: Scene): Room {
  const alive = [...pods].filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
  const room = Room.of(nodes, alive);
  const ours = turnOf(gang);
  const names = new Set(gang.map(keyOf));
  const waiting = alive.filter((pod) => pod.spec.nodeName === undefined && !names.has(keyOf(pod)));
  room.place(waiting.filter((pod) => !isGated(pod) && priorityOf(pod) >= ours.priority));
  return gangsBefore(waiting.filter(isHeld), ours).reduce((left, { pods: others, since }) => {
    const after = left.copy();
    const unplaced = after.place(others);
    if (unplaced.length === 0) return after;
    const mayBeOvertaken = now - since <= OVERTAKING_MS || Room.of(nodes, []).place(others).length > 0;
    return mayBeOvertaken ? left : unplaced.reduce((rest, pod) => rest.without(pod), after);
  }, room);
}

interface Turn {
  readonly pods: readonly Pod[];
  readonly priority: number;
  /** Since when it waits; Infinity where that is not known. */
  readonly since: number;
  readonly uid: string;
}

function turnOf(pods: readonly Pod[]): Turn {
  const times = pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") || Infinity);
  const uid = (pods[0] && controllerOf(pods[0])) ?? "";
  return { pods, priority: Math.max(...pods.map(priorityOf)), since: Math.min(...times), uid };
}

/** Gangs that wait, too, and whose turn is earlier: by priority, then in the order in which they came. */
function gangsBefore(held: readonly Pod[], ours: Turn): Turn[] {
  const gangs = new Map<string, Pod[]>();
  for (const pod of held) {
    const owner = controllerOf(pod) ?? keyOf(pod);
    gangs.set(owner, [...(gangs.get(owner) ?? []), pod]);
  }
  const turns = [...gangs.values()].map(turnOf).filter((turn) => compare(turn, ours) < 0);
  return turns.toSorted(compare);
}

function compare(one: Turn, other: Turn): number {
  if (one.priority !== other.priority) return other.priority - one.priority;
  if (one.since !== other.since) return one.since - other.since;
  return one.since === Infinity ? 0 : one.uid.localeCompare(other.uid);
}

/** The API server gives every pod a number; one without has not come back from it, and takes nobody's turn. */
function priorityOf({ spec }: Pod): number {
  return typeof spec["priority"] === "number" ? spec["priority"] : -Infinity;
}

function isHeld({ spec, metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && (spec.schedulingGates?.some(({ name }) => name === GATE) ?? false);
}

/** Held back by whomever. */
function isGated({ spec }: Pod): boolean {
  return (spec.schedulingGates?.length ?? 0) > 0;
}

function isTrainer(pod: Pod): boolean {
  return (workerOf(pod)?.role ?? "trainer") === "trainer";
}

function rankOf(pod: Pod): number {
  return workerOf(pod)?.rank ?? 0;
}

/** What is wanted of the resource that is short, devices first, and what of it the gang's nodes have and have free. */
function shortageOf(gang: readonly Pod[], empty: Room, room: Room): string {
  const wanted = sumOf(gang.map(requestsOf));
  const names = Object.keys(wanted).toSorted((one, other) => Number(isDevice(other)) - Number(isDevice(one)));
  for (const name of names) {
    const pod = gang.find((each) => (requestsOf(each)[name] ?? 0) > 0);
    if (pod === undefined) continue;
    const [there, free] = [empty, room].map((of) => sumOf(of.freeFor(pod))[name] ?? 0);
    if ((free ?? 0) >= (wanted[name] ?? 0)) continue;
    return `${amount(name, wanted[name])} wanted, ${amount(name, there)} there, ${amount(name, free)} free`;
  }
  return "There is enough in all, but not on nodes on which whole workers fit";
}

const BYTES = new Set(["memory", "ephemeral-storage"]);

function amount(name: string, value = 0): string {
  const number = BYTES.has(name) ? `${(value / 2 ** 30).toFixed(1)} GiB` : String(Math.round(value * 1000) / 1000);
  return `${number} ${name}`;
}
