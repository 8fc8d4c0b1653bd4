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
import { NODE } from "./network.ts";
import { addUser } from "./site.ts";
import type { Site } from "./site.ts";

const IMPORT_TIMEOUT_MS = 5 * 60_000;
const READY_TIMEOUT_MS = 90_000;

/** Runs in every pod, holds its namespaces. */
export const PAUSE_IMAGE = "docker.io/local/pause:1";
/** A shell and the usual tools, for tests. */
export const BUSYBOX_IMAGE = "docker.io/local/busybox:1";

/** Starts a node that runs containers: containerd, kubelet, service addresses and names. */
export async function startNode(site: Site, client: Client): Promise<void> {
  await startContainerd(site);
  await loadOwnImages(site);
  await startKubelet(site);
  await startProxy(site);
  await startNames(site, client);
}

/** Waits until the node takes pods. */
export async function nodeReady({ processes, signal }: Site, client: Client): Promise<void> {
  const isReady = async (): Promise<boolean> => (await client.readyNodes()).has(NODE.name);
  await processes.until(`node ${NODE.name} is ready`, isReady, { timeoutMs: READY_TIMEOUT_MS, signal });
}

/** Makes the images of a docker archive known to kubelet. Those that buildah calls `localhost/...` get our names. */
export async function importImage(site: Site, file: string): Promise<readonly string[]> {
  const manifest = await execute(["tar", "-xOf", file, "manifest.json"]);
  const names = (JSON.parse(manifest) as { readonly RepoTags: readonly string[] }[]).flatMap(
    ({ RepoTags }) => RepoTags,
  );
  await ctr(site, ["images", "import", file]);
  const full = new Map(names.map((name) => [name.replace(/^localhost\//, "docker.io/"), name]));
  for (const [name, given] of full) if (name !== given) await ctr(site, ["images", "tag", "--force", given, name]);
  return [...full.keys()];
}

async function ctr(site: Site, args: readonly string[]): Promise<string> {
  const client = [binary(site.binaries, "ctr"), "--address", socketOf(site), "--namespace", "k8s.io"];
  return await execute([...site.inside, ...client, ...args], { timeoutMs: IMPORT_TIMEOUT_MS, signal: site.signal });
}

async function startContainerd(site: Site): Promise<void> {
  const { slot, binaries, processes, inside, signal } = site;
  const networks = join(slot.folder, "cni");
  mkdirSync(networks);
  writeFileSync(join(networks, "10-pods.conflist"), JSON.stringify(podNetwork()));
  const config = join(slot.folder, "containerd.toml");
  writeFileSync(config, containerdConfig({ folder: slot.folder, networks, pauseImage: PAUSE_IMAGE }));
  processes.start("containerd", [binary(binaries, "containerd"), `--config=${config}`], { inside });
  const answers = async (): Promise<boolean> =>
    await ctr(site, ["version"]).then(
      () => true,
      () => false,
    );
  await processes.until("containerd answers", answers, { timeoutMs: READY_TIMEOUT_MS, signal });
}

async function loadOwnImages(site: Site): Promise<void> {
  const busybox = programPath("busybox") ?? "/bin/busybox";
  const pause = ["/bin/busybox", "tail", "-f", "/dev/null"];
  for (const [name, command] of [
    [PAUSE_IMAGE, pause],
    [BUSYBOX_IMAGE, ["/bin/sh"]],
  ] as const) {
    const file = join(site.slot.folder, "image.tar");
    await writeBusyboxImage({ file, name, busybox, command });
    await importImage(site, file);
  }
}

async function startKubelet(site: Site): Promise<void> {
  const { slot, binaries, processes, inside, authority } = site;
  const subject = { name: `system:node:${NODE.name}`, group: "system:nodes" };
  const kubeconfig = await addUser(site, "kubelet", subject);
  const config = join(slot.folder, "kubelet.json");
  const settings = { socket: socketOf(site), cgroup: slot.cgroup, clientAuthority: authority.own.certificate };
  writeFileSync(config, JSON.stringify(kubeletConfig(settings)));
  const flags = [
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${NODE.name}`,
    `--node-ip=${NODE.address}`,
    `--root-dir=${join(slot.folder, "kubelet")}`,
    `--cert-dir=${join(slot.folder, "kubelet-pki")}`,
  ];
  processes.start("kubelet", [binary(binaries, "kubelet"), ...flags], { inside });
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

function socketOf({ slot }: Site): string {
  return join(slot.folder, "containerd.sock");
}
