import { readFileSync } from "node:fs";
import { createControlGroup } from "./control-group.ts";
import { execute } from "./execute.ts";
import type { ClusterProcesses } from "./processes.ts";
import type { Slot } from "./slot.ts";

/** The one node of a cluster with containers. Its network is a namespace's own, so every cluster has the same. */
export const NODE = { name: "node1", address: "10.123.0.1", podRange: "10.244.0.0/24" } as const;
/** The process that holds a cluster's namespaces. */
export const HOLDER = "namespaces";

/**
 * Gives a cluster namespaces of its own for processes, mounts and the network, with a control group for its pods.
 * Whatever happens in them ends with the first process, which only waits (and so reaps orphans): no process, mount,
 * interface or rule stays behind, not even after SIGKILL. Returns what a command begins with to run in them.
 */
export async function enterNamespaces(
  slot: Slot,
  processes: ClusterProcesses,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  createControlGroup(slot.cgroup);
  const first = "mount --make-rshared / && sleep infinity & wait";
  const unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { pid } = processes.start(HOLDER, [...unshare, "/bin/sh", "-c", first]);
  const holder = await processes.until("the namespaces exist", () => firstProcess(pid), { signal });
  const inside = namespacesOf(holder);
  await processes.until("the mounts are the cluster's own", () => isOwnMountNamespace(holder), { signal });
  await layNetwork(inside);
  return inside;
}

/** What a command begins with to run in the namespaces of a process. */
export function namespacesOf(pid: number): readonly string[] {
  return ["nsenter", `--target=${pid}`, "--net", "--mount", "--pid", "--"];
}

/** The child of `unshare`: number 1 in its own namespace. */
export function firstProcess(pid: number | undefined): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? undefined : Number(children.split(" ")[0]);
  } catch {
    return undefined;
  }
}

function isOwnMountNamespace(pid: number): boolean {
  const root = readFileSync(`/proc/${pid}/mountinfo`, "utf8")
    .split("\n")
    .find((line) => line.split(" ")[4] === "/");
  return root?.includes(" shared:") ?? false;
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
