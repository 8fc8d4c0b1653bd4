import { existsSync, readFileSync } from "node:fs";
import { createControlGroup } from "./control-group.ts";
import { execute } from "./execute.ts";
import type { ClusterProcesses } from "./processes.ts";
import type { Slot } from "./slot.ts";

/** A node with containers. Its network is a namespace's own, so every cluster has the same. */
export interface NodeAddress {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly podRange: string;
}

export function nodeAddress(number: number): NodeAddress {
  return { number, name: `node${number}`, address: `10.123.0.${number}`, podRange: `10.244.${number - 1}.0/24` };
}

/** The first, which every cluster with containers has. */
export const NODE = nodeAddress(1);
/** Addresses of the pods of all nodes. */
export const POD_RANGE = "10.244.0.0/16";

/** Where programs that run containers leave things whatever one tells them. */
const HIDDEN = `set -e
mount --make-rshared /
mount -t tmpfs own /run
mount -t tmpfs own /var/log
mkdir /run/upper /run/work
mount -t overlay own -o lowerdir=/var/lib,upperdir=/run/upper,workdir=/run/work /var/lib
touch /run/ready
sleep infinity & wait`;

/**
 * Gives a cluster namespaces of its own for processes, mounts and the network, with a control group for its pods.
 * Whatever happens in them ends with the first process, which only waits (and so reaps orphans): no process, mount,
 * interface, rule or file stays behind, not even after SIGKILL. Returns what a command begins with to run in them.
 */
export async function enterNamespaces(
  slot: Slot,
  processes: ClusterProcesses,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  createControlGroup(slot.cgroup);
  const unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { pid } = processes.start("namespaces", [...unshare, "/bin/sh", "-c", HIDDEN]);
  const first = await processes.until("the namespaces exist", () => firstProcess(pid), { signal });
  await processes.until("the mounts are made", () => existsSync(`/proc/${first}/root/run/ready`), { signal });
  const inside = ["nsenter", `--target=${first}`, "--net", "--mount", "--pid", "--"];
  await layNetwork(inside);
  return inside;
}

/** The child of `unshare`: number 1 in its own namespace. */
function firstProcess(pid: number | undefined): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? undefined : Number(children.split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** Gives the bridge the address of a further node, too. */
export async function addNodeAddress(inside: readonly string[], { address }: NodeAddress): Promise<void> {
  await execute([...inside, "ip", "addr", "add", `${address}/24`, "dev", "node0"]);
}

/** A bridge carries the node's address: not every kernel has devices that lead nowhere. */
async function layNetwork(inside: readonly string[]): Promise<void> {
  const commands = [
    "link set lo up",
    "link add node0 type bridge",
    `addr add ${NODE.address}/24 dev node0`,
    "link set node0 up",
    "route add default dev node0",
  ];
  await execute([...inside, "ip", "-batch", "-"], { input: commands.join("\n") });
  await execute([...inside, "/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
}
