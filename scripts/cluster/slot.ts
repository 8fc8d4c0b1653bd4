import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { isRunning, processIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { Level } from "./tools.ts";

/** Clusters of this machine at a time; the number is part of a loopback address. */
const MAXIMUM_CLUSTERS = 200;
const STATE_FILE = "state.json";

/** What a cluster has on this machine, written before it is used, so that whoever comes later can take it away. */
export interface ClusterState {
  readonly level: Level;
  /** The process that the cluster ends with; undefined when it stays until it is taken down. */
  readonly owner?: ProcessIdentity;
  /** The checkout that it was started from. */
  readonly checkout: string;
  readonly processes: readonly (ProcessIdentity & { readonly name: string })[];
  readonly ready: boolean;
}

/**
 * A number that one cluster of this machine has: its folder, loopback address and control group come of it, so that
 * clusters side by side do not meet.
 */
export interface Slot {
  readonly number: number;
  readonly folder: string;
  /** An address of the loopback interface for this cluster alone. */
  readonly address: string;
  /** The control group that pods of a level 3 cluster run in. */
  readonly cgroup: string;
}

/** Takes the lowest free slot. The folder appears with its state in it, or not at all. */
export function takeSlot(state: ClusterState): Slot {
  const prepared = join(tmpdir(), `petage-cluster-new-${process.pid}`);
  for (let number = 1; number <= MAXIMUM_CLUSTERS; number++) {
    const slot = slotOf(number);
    mkdirSync(prepared, { recursive: true, mode: 0o755 });
    writeState(prepared, state);
    try {
      renameSync(prepared, slot.folder);
      return slot;
    } catch {
      rmSync(prepared, { recursive: true, force: true }); // the slot is taken
    }
  }
  throw new PetageError("RESOURCE_EXHAUSTED", `This machine has ${MAXIMUM_CLUSTERS} test clusters already`, {
    hint: "Take them down with `npm run cluster -- down`",
  });
}

/** The slots that this user's clusters have, by number. */
export function takenSlots(): readonly Slot[] {
  const numbers = readdirSync(tmpdir()).map((name) => Number(/^petage-cluster-(\d+)$/.exec(name)?.[1] ?? NaN));
  return numbers
    .filter((number) => !Number.isNaN(number))
    .toSorted((a, b) => a - b)
    .map((number) => slotOf(number))
    .filter(({ folder }) => isOwn(folder));
}

function isOwn(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

export function readState({ folder }: Slot): ClusterState | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, STATE_FILE), "utf8")) as ClusterState;
  } catch {
    return undefined; // it was taken down a moment ago
  }
}

export function writeState(folder: string, state: ClusterState): void {
  const temporary = join(folder, `${STATE_FILE}.tmp`);
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, join(folder, STATE_FILE));
}

/** Whether it was brought up from a checkout, to stay until it is taken down from there. */
export function staysFor(checkout: string, { owner, checkout: its }: ClusterState): boolean {
  return owner === undefined && its === checkout;
}

/** Whether the process that a cluster was to end with is gone. */
export function isAbandoned({ owner }: ClusterState): boolean {
  return owner !== undefined && !isRunning(owner);
}

export function thisProcess(): ProcessIdentity {
  return processIdentity(process.pid);
}

function slotOf(number: number): Slot {
  return {
    number,
    folder: join(tmpdir(), `petage-cluster-${number}`),
    address: `127.123.${number}.1`,
    cgroup: `petage-cluster-${number}`,
  };
}
