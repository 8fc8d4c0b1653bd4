/**
 * The programs of a test cluster. Everything comes from the Go module proxy and from Debian's packages, at pinned
 * versions; an installed program that is new enough is used instead.
 */

/** 1: the API. 2: what schedules, plays nodes and installs charts. 3: a node with real containers. */
export type Level = 1 | 2 | 3;

export const LEVELS: readonly Level[] = [1, 2, 3];

/** A Go module at one version. */
export interface GoModule {
  readonly name: string;
  readonly path: string;
  readonly version: string;
}

/** A program to build. */
export interface GoTool {
  readonly name: string;
  readonly module: GoModule;
  /** What is built: a package of the module, or `./NAME` for a program of ours. */
  readonly package: string;
  /** The program of ours. */
  readonly source?: string;
  /** Prints the version of an installed one, and the oldest that will do. */
  readonly versionArgs: readonly string[];
  readonly minimum: string;
}

/** A program of a cluster. */
export interface ClusterTool extends GoTool {
  readonly level: Level;
}

/** Kubernetes 1.37 has gang scheduling as beta. */
export const KUBERNETES: GoModule = { name: "kubernetes", path: "k8s.io/kubernetes", version: "v1.37.2" };
const ETCD: GoModule = { name: "etcd", path: "go.etcd.io/etcd/server/v3", version: "v3.7.3" };
const KWOK: GoModule = { name: "kwok", path: "sigs.k8s.io/kwok", version: "v0.8.0" };
export const HELM: GoModule = { name: "helm", path: "helm.sh/helm/v4", version: "v4.3.1" };
const COREDNS: GoModule = { name: "coredns", path: "github.com/coredns/coredns", version: "v1.15.0" };
const CONTAINERD: GoModule = { name: "containerd", path: "github.com/containerd/containerd/v2", version: "v2.4.2" };

/** What is built in one module, so that what these share is compiled once. */
export const GO_MODULES: readonly GoModule[] = [KUBERNETES, ETCD, KWOK, HELM, COREDNS, CONTAINERD];

/** CoreDNS with the plugins of a cluster's Corefile; with all of them it is two thirds SDKs of clouds. */
const COREDNS_SOURCE = `package main

import (
	"${COREDNS.path}/coremain"
	_ "${COREDNS.path}/plugin/bind"
	_ "${COREDNS.path}/plugin/errors"
	_ "${COREDNS.path}/plugin/kubernetes"
)

func main() { coremain.Run() }
`;

export const GO_TOOLS: readonly ClusterTool[] = [
  { ...tool("etcd", 1, ETCD), package: ETCD.path, minimum: "3.5.0" },
  kubernetes("kube-apiserver", 1),
  { ...kubernetes("kubectl", 1), versionArgs: ["version", "--client"] },
  kubernetes("kube-controller-manager", 2),
  kubernetes("kube-scheduler", 2),
  { ...tool("kwok", 2, KWOK), minimum: "0.7.0" },
  { ...tool("helm", 2, HELM), versionArgs: ["version", "--short"], minimum: "3.18.0" },
  kubernetes("kubelet", 3),
  kubernetes("kube-proxy", 3),
  { ...tool("containerd", 3, CONTAINERD), minimum: "2.0.0" },
  { ...tool("containerd-shim-runc-v2", 3, CONTAINERD), versionArgs: ["-v"], minimum: "2.0.0" },
  { ...tool("ctr", 3, CONTAINERD), minimum: "2.0.0" },
  {
    ...tool("coredns", 3, COREDNS),
    package: "./coredns",
    source: COREDNS_SOURCE,
    versionArgs: ["-version"],
    minimum: "1.11.0",
  },
];

function tool(name: string, level: Level, module: GoModule): ClusterTool {
  const path = `${module.path}/cmd/${name}`;
  return { name, level, module, package: path, versionArgs: ["--version"], minimum: module.version.slice(1) };
}

function kubernetes(name: string, level: Level): ClusterTool {
  return { ...tool(name, level, KUBERNETES), minimum: "1.37.0" };
}

const GRPCURL_MODULE: GoModule = { name: "grpcurl", path: "github.com/fullstorydev/grpcurl", version: "v1.9.3" };

/** What people call gRPC services with; no part of a cluster. 1.9 is the first that asks for reflection v1. */
export const GRPCURL: GoTool = {
  name: "grpcurl",
  module: GRPCURL_MODULE,
  package: `${GRPCURL_MODULE.path}/cmd/grpcurl`,
  versionArgs: ["-version"],
  minimum: "1.9.0",
};

const KUEUE_MODULE: GoModule = { name: "kueue", path: "sigs.k8s.io/kueue", version: "v0.19.2" };

/** Decides by quota when jobs run; beside a cluster only where tests ask for it. It cannot tell its version. */
export const KUEUE: GoTool = {
  name: "kueue-manager",
  module: KUEUE_MODULE,
  package: `${KUEUE_MODULE.path}/cmd/kueue`,
  versionArgs: ["--version"],
  minimum: "0.19.0",
};

/** What a level needs of the Debian packages: a program (or folder) that is there, and the package that brings it. */
export interface DebianTool {
  readonly package: string;
  readonly path: string;
  readonly level: Level;
}

export const CNI_FOLDER = "/usr/lib/cni";

export const DEBIAN_TOOLS: readonly DebianTool[] = [
  { package: "iproute2", path: "ip", level: 3 },
  { package: "runc", path: "runc", level: 3 },
  { package: "containernetworking-plugins", path: `${CNI_FOLDER}/bridge`, level: 3 },
  { package: "iptables", path: "iptables", level: 3 },
  { package: "conntrack", path: "conntrack", level: 3 },
  { package: "busybox-static", path: "busybox", level: 3 },
  { package: "buildah", path: "buildah", level: 3 },
  { package: "debootstrap", path: "debootstrap", level: 3 },
];

/** The tools of a level and of those below it. */
export function goToolsOf(level: Level): readonly ClusterTool[] {
  return GO_TOOLS.filter((each) => each.level <= level);
}

export function debianToolsOf(level: Level): readonly DebianTool[] {
  return DEBIAN_TOOLS.filter((each) => each.level <= level);
}
