import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, programPath } from "./binaries.ts";
import type { Client } from "./client.ts";
import {
  containerdConfig,
  corednsConfig,
  dnsManifests,
  kubeletConfig,
  podNetwork,
  proxyConfig,
} from "./node-config.ts";
import { execute } from "./execute.ts";
import { writeBusyboxImage } from "./image.ts";
import { createControlGroup, killControlGroup } from "./control-group.ts";
import { addNodeAddress, NODE, nodeAddress } from "./network.ts";
import type { NodeAddress } from "./network.ts";
import { addUser } from "./site.ts";
import type { Site } from "./site.ts";

const IMPORT_TIMEOUT_MS = 5 * 60_000;
const READY_TIMEOUT_MS = 90_000;

/** Runs in every pod, holds its namespaces. */
export const PAUSE_IMAGE = "docker.io/local/pause:1";
/** A shell and the usual tools, for tests. */
export const BUSYBOX_IMAGE = "docker.io/local/busybox:1";

/** One node of a cluster, and where its things are. */
export interface NodeSite extends Site {
  readonly node: NodeAddress;
  readonly home: string;
  /** The control group that its pods run in. */
  readonly cgroup: string;
}

function nodeSite(site: Site, node: NodeAddress): NodeSite {
  const { folder, cgroup } = site.slot;
  const isFirst = node.number === NODE.number;
  return {
    ...site,
    node,
    home: isFirst ? folder : join(folder, node.name),
    cgroup: isFirst ? cgroup : `${cgroup}/${node.name}`,
  };
}

/** Starts the first node that runs containers, with service addresses and names, which it has for all nodes. */
export async function startNode(site: Site, client: Client): Promise<NodeSite> {
  const first = nodeSite(site, NODE);
  await startRuntime(first);
  await startProxy(site);
  await startNames(site, client);
  return first;
}

/** Starts a further node in the same network, with a container runtime of its own. */
export async function startFurtherNode(site: Site, number: number): Promise<NodeSite> {
  const further = nodeSite(site, nodeAddress(number));
  mkdirSync(further.home);
  createControlGroup(further.cgroup);
  await addNodeAddress(site.inside, further.node);
  await startRuntime(further);
  return further;
}

/** Ends all that runs on a node at once, as if its plug were pulled. */
export async function loseNode({ node, cgroup, processes }: NodeSite): Promise<void> {
  for (const name of ["kubelet", "containerd"]) await processes.kill(processName(name, node));
  await processes.until(`the pods of ${node.name} are gone`, () => killControlGroup(cgroup));
}

async function startRuntime(site: NodeSite): Promise<void> {
  await startContainerd(site);
  await loadOwnImages(site);
  await startKubelet(site);
}

/** Waits until the node takes pods. */
export async function nodeReady({ node, processes, signal }: NodeSite, client: Client): Promise<void> {
  const isReady = async (): Promise<boolean> => (await client.readyNodes()).has(node.name);
  await processes.until(`node ${node.name} is ready`, isReady, { timeoutMs: READY_TIMEOUT_MS, signal });
}

function processName(program: string, { number, name }: NodeAddress): string {
  return number === NODE.number ? program : `${program}-${name}`;
}

/** Makes the images of a docker archive known to kubelet. Those that buildah calls `localhost/...` get our names. */
export async function importImage(site: NodeSite, file: string): Promise<readonly string[]> {
  const manifest = await execute(["tar", "-xOf", file, "manifest.json"]);
  const names = (JSON.parse(manifest) as { readonly RepoTags: readonly string[] }[]).flatMap(
    ({ RepoTags }) => RepoTags,
  );
  await ctr(site, ["images", "import", file]);
  const full = new Map(names.map((name) => [name.replace(/^localhost\//, "docker.io/"), name]));
  for (const [name, given] of full) if (name !== given) await ctr(site, ["images", "tag", "--force", given, name]);
  return [...full.keys()];
}

async function ctr(site: NodeSite, args: readonly string[]): Promise<string> {
  const client = [binary(site.binaries, "ctr"), "--address", socketOf(site), "--namespace", "k8s.io"];
  return await execute([...site.inside, ...client, ...args], { timeoutMs: IMPORT_TIMEOUT_MS, signal: site.signal });
}

async function startContainerd(site: NodeSite): Promise<void> {
  const { node, home, binaries, processes, inside, signal } = site;
  const networks = join(home, "cni");
  mkdirSync(networks);
  writeFileSync(join(networks, "10-pods.conflist"), JSON.stringify(podNetwork(node)));
  const config = join(home, "containerd.toml");
  writeFileSync(config, containerdConfig({ folder: home, networks, pauseImage: PAUSE_IMAGE }));
  processes.start(processName("containerd", node), [binary(binaries, "containerd"), `--config=${config}`], { inside });
  const answers = async (): Promise<boolean> =>
    await ctr(site, ["version"]).then(
      () => true,
      () => false,
    );
  await processes.until("containerd answers", answers, { timeoutMs: READY_TIMEOUT_MS, signal });
}

async function loadOwnImages(site: NodeSite): Promise<void> {
  const busybox = programPath("busybox") ?? "/bin/busybox";
  const pause = ["/bin/busybox", "tail", "-f", "/dev/null"];
  for (const [name, command] of [
    [PAUSE_IMAGE, pause],
    [BUSYBOX_IMAGE, ["/bin/sh"]],
  ] as const) {
    const file = join(site.home, "image.tar");
    await writeBusyboxImage({ file, name, busybox, command });
    await importImage(site, file);
  }
}

async function startKubelet(site: NodeSite): Promise<void> {
  const { node, home, cgroup, binaries, processes, inside, authority } = site;
  const subject = { name: `system:node:${node.name}`, group: "system:nodes" };
  const name = processName("kubelet", node);
  const kubeconfig = await addUser(site, name, subject);
  const config = join(home, "kubelet.json");
  const clientAuthority = authority.own.certificate;
  const settings = { address: node.address, socket: socketOf(site), cgroup, clientAuthority };
  writeFileSync(config, JSON.stringify(kubeletConfig(settings)));
  const flags = [
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${join(home, "kubelet")}`,
    `--cert-dir=${join(home, "kubelet-pki")}`,
  ];
  processes.start(name, [binary(binaries, "kubelet"), ...flags], { inside });
}

async function startProxy(site: Site): Promise<void> {
  const { slot, binaries, processes, inside } = site;
  const kubeconfig = await addUser(site, "kube-proxy", { name: "system:kube-proxy" });
  const config = join(slot.folder, "kube-proxy.json");
  writeFileSync(config, JSON.stringify(proxyConfig(kubeconfig)));
  processes.start("kube-proxy", [binary(binaries, "kube-proxy"), `--config=${config}`], { inside });
}

/** The name server runs beside kubelet, not in a pod; its service leads to it. */
async function startNames(site: Site, client: Client): Promise<void> {
  const { slot, binaries, processes, inside } = site;
  const kubeconfig = await addUser(site, "coredns", { name: "system:coredns", group: "system:masters" });
  const config = join(slot.folder, "Corefile");
  writeFileSync(config, corednsConfig(kubeconfig));
  await client.apply(...dnsManifests());
  processes.start("coredns", [binary(binaries, "coredns"), "-conf", config], { inside });
}

function socketOf({ home }: NodeSite): string {
  return join(home, "containerd.sock");
}
