import { join } from "node:path";
import type { Authority, Subject } from "./certificates.ts";
import type { Binaries } from "./binaries.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { ClusterProcesses } from "./processes.ts";
import type { Slot } from "./slot.ts";
import type { Level } from "./tools.ts";

/** The API server's port, below the range that the kernel gives to clients. */
export const API_PORT = 16_443;

/** Addresses of services: the first is the API server's own, the second the name server's. */
export const SERVICE_NETWORK = { range: "10.96.0.0/16", api: "10.96.0.1", dns: "10.96.0.10" } as const;

/** A tenth of the API server's time is collecting garbage, by default; test machines have memory to spare for that. */
export const LAZY_COLLECTION = { GOGC: "400" } as const;

/** What the parts of a cluster that is being started have in common. */
export interface Site {
  readonly level: Level;
  /** Whether Kubernetes knows groups of pods. */
  readonly gangs: boolean;
  /** Whether its scheduler schedules them. */
  readonly schedulesGangs: boolean;
  /** Whether Kueue runs beside it. */
  readonly kueue: boolean;
  readonly slot: Slot;
  readonly binaries: Binaries;
  readonly processes: ClusterProcesses;
  readonly authority: Authority;
  /** What comes before a command for it to run in the cluster's namespaces; empty when it has none. */
  readonly inside: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The API server's address. It is the same inside the cluster's namespaces and outside. */
export function apiUrl({ address }: Slot): string {
  return `https://${address}:${API_PORT}`;
}

/** Writes the kubeconfig `<file>.kubeconfig` of somebody and returns its path. */
export async function addUser(
  { slot, authority }: Pick<Site, "slot" | "authority">,
  file: string,
  subject: Subject,
): Promise<string> {
  const path = join(slot.folder, `${file}.kubeconfig`);
  const user = await authority.sign(file, subject);
  writeKubeconfig(path, { server: apiUrl(slot), authority: authority.own.certificate, user });
  return path;
}
