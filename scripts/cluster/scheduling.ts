import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "./binaries.ts";
import type { Client } from "./client.ts";
import { addUser } from "./site.ts";
import type { Site } from "./site.ts";

const KWOK_STAGES = fileURLToPath(new URL("kwok-stages.yaml", import.meta.url));
/** Marks the nodes that kwok plays. */
export const FAKE_NODE = { key: "kwok.x-k8s.io/node", value: "fake" } as const;
/** Real pods have these addresses, fake ones others, so that they are not mistaken. */
const POD_RANGE = "10.244.0.0/16";
const FAKE_POD_RANGE = "10.64.0.0/14";
/** Groups of pods, and that they may want nodes of one topology. */
export const GANGS = ["--feature-gates=GenericWorkload=true,TopologyAwareWorkloadScheduling=true"];
const LEASE_SECONDS = 40;
const READY_TIMEOUT_MS = 60_000;

/** Starts what keeps a cluster going: the controllers of Kubernetes, the scheduler, and kwok. */
export async function startScheduling(site: Site): Promise<void> {
  await startControllers(site);
  await startScheduler(site);
  await startKwok(site);
}

async function startControllers(site: Site): Promise<void> {
  const { slot, gangs, binaries, processes, inside, authority } = site;
  const name = "kube-controller-manager";
  const kubeconfig = await addUser(site, name, { name: `system:${name}` });
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--use-service-account-credentials=true",
    `--root-ca-file=${authority.own.certificate}`,
    `--service-account-private-key-file=${join(slot.folder, "service-accounts.key")}`,
    `--cluster-cidr=${POD_RANGE}`,
    ...(gangs ? GANGS : []),
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
  processes.start(name, [binary(binaries, name), ...flags], { inside });
}

async function startScheduler(site: Site): Promise<void> {
  const { schedulesGangs, binaries, processes, inside } = site;
  const name = "kube-scheduler";
  const kubeconfig = await addUser(site, name, { name: `system:${name}` });
  const flags = [`--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--secure-port=0"];
  const fast = ["--kube-api-qps=1000", "--kube-api-burst=2000"];
  processes.start(name, [binary(binaries, name), ...flags, ...fast, ...(schedulesGangs ? GANGS : [])], { inside });
}

async function startKwok(site: Site): Promise<void> {
  const { binaries, processes, inside } = site;
  const kubeconfig = await addUser(site, "kwok", { name: "system:kwok", group: "system:masters" });
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    `--config=${KWOK_STAGES}`,
    "--manage-all-nodes=false",
    `--manage-nodes-with-annotation-selector=${FAKE_NODE.key}=${FAKE_NODE.value}`,
    `--cidr=${FAKE_POD_RANGE}`,
    `--node-lease-duration-seconds=${LEASE_SECONDS}`,
  ];
  processes.start("kwok", [binary(binaries, "kwok"), ...flags], { inside });
}

export interface FakeNodeOptions {
  /** `nvidia.com/gpu` of each node. */
  readonly gpus?: number;
  /** The first part of the names: `fake` gives `fake-0`, `fake-1`, ... */
  readonly prefix?: string;
  /** Other devices of each node, by the resource's name. */
  readonly devices?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly pods?: number;
}

/** The manifest of a node. */
export interface FakeNode {
  readonly metadata: { readonly name: string };
}

/** Manifests of nodes for kwok to play. */
export function fakeNodes(count: number, options: FakeNodeOptions = {}): FakeNode[] {
  const { gpus = 0, devices = {}, prefix = "fake", labels = {}, pods = 110 } = options;
  const offered = Object.entries({ pods, "nvidia.com/gpu": gpus, ...devices });
  const capacity = {
    cpu: "64",
    memory: "256Gi",
    ...Object.fromEntries(offered.map(([name, amount]) => [name, String(amount)])),
  };
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: `${prefix}-${index}`,
      labels: { "kubernetes.io/hostname": `${prefix}-${index}`, "kubernetes.io/os": "linux", ...labels },
      annotations: { [FAKE_NODE.key]: FAKE_NODE.value },
    },
    status: { capacity, allocatable: capacity },
  }));
}

/** Waits until pods can be made: the controllers have given the first namespace its account. */
export async function schedulingReady({ processes, signal }: Site, client: Client): Promise<void> {
  const query = ["get", "serviceaccount", "--namespace=default", "--field-selector=metadata.name=default"];
  const hasAccount = async (): Promise<boolean> => (await client.kubectl([...query, "--output=name"])) !== "";
  await processes.until("pods can be made", hasAccount, { timeoutMs: READY_TIMEOUT_MS, signal });
}
