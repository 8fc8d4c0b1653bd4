import { join } from "node:path";
import { NODE, POD_RANGE } from "./network.ts";
import type { NodeAddress } from "./network.ts";
import { SERVICE_NETWORK } from "./site.ts";
import { CNI_FOLDER } from "./tools.ts";

/** Each pod has a link of its own to the node, so that all its packets pass the node's rules for services. */
export function podNetwork({ name, podRange }: NodeAddress): object {
  const addresses = { type: "host-local", ranges: [[{ subnet: podRange }]], routes: [{ dst: "0.0.0.0/0" }] };
  return {
    cniVersion: "1.0.0",
    name: `pods-${name}`,
    plugins: [
      { type: "ptp", ipMasq: false, ipam: addresses },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** See https://github.com/containerd/containerd/blob/main/docs/cri/config.md. */
export function containerdConfig(options: {
  readonly folder: string;
  readonly networks: string;
  readonly pauseImage: string;
}): string {
  const { folder, networks, pauseImage } = options;
  const quoted = (...names: string[]): string => JSON.stringify(join(folder, ...names));
  return `version = 3
root = ${quoted("containerd")}
state = ${quoted("containerd-state")}

[grpc]
address = ${quoted("containerd.sock")}

[ttrpc]
address = ${quoted("containerd.sock.ttrpc")}

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = ${JSON.stringify(pauseImage)}

# A container's score may not be below ours where we are in a container ourselves.
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = [${JSON.stringify(CNI_FOLDER)}]
conf_dir = ${JSON.stringify(networks)}

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

export function kubeletConfig(options: {
  readonly address: string;
  readonly socket: string;
  readonly cgroup: string;
  readonly clientAuthority: string;
}): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: options.address,
    healthzPort: 0,
    authentication: {
      x509: { clientCAFile: options.clientAuthority },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${options.socket}`,
    clusterDNS: [SERVICE_NETWORK.dns],
    clusterDomain: "cluster.local",
    resolvConf: "",
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${options.cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    // The disk is the developer's: its being full is no reason to evict.
    localStorageCapacityIsolation: false,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: "2s",
    registerWithTaints: [],
    maxPods: 110,
  };
}

export function proxyConfig(kubeconfig: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    mode: "iptables",
    hostnameOverride: NODE.name,
    clusterCIDR: POD_RANGE,
    healthzBindAddress: "",
    metricsBindAddress: "127.0.0.1:10249",
    oomScoreAdj: 0,
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}

export function corednsConfig(kubeconfig: string): string {
  return `.:53 {
  bind ${NODE.address}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig} petage
    pods insecure
  }
}
`;
}

/** The address that pods ask for names, which leads to the node. */
export function dnsManifests(): object[] {
  const metadata = { name: "kube-dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
  const ports = ["UDP", "TCP"].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, port: 53, protocol }));
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { clusterIP: SERVICE_NETWORK.dns, ports },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kube-dns" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [NODE.address], conditions: { ready: true } }],
      ports,
    },
  ];
}
