import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { AUDIT_LOG, AUDIT_POLICY } from "./audit.ts";
import { binary } from "./binaries.ts";
import { NODE } from "./network.ts";
import { GANGS } from "./scheduling.ts";
import { API_PORT, LAZY_COLLECTION, SERVICE_NETWORK, apiUrl } from "./site.ts";
import type { Site } from "./site.ts";

const ETCD_PORT = 12_379;
const ETCD_PEER_PORT = 12_380;
/**
 * Where pods are told to find the API server when there are none: it must be no loopback address, and this one leads
 * nowhere (RFC 5737).
 */
const NOWHERE = "192.0.2.1";
/** It begins a new file then, which nobody here reads. */
const AUDIT_LOG_MEBIBYTES = 400;
const READY_TIMEOUT_MS = 90_000;
const PROBE_TIMEOUT_MS = 5_000;

/** Starts etcd. It never waits for the disk: a test cluster does not outlive its machine. */
export function startEtcd({ slot, binaries, processes, inside }: Site): void {
  const clients = `http://${slot.address}:${ETCD_PORT}`;
  const peers = `http://${slot.address}:${ETCD_PEER_PORT}`;
  const flags = [
    "--name=petage",
    `--data-dir=${join(slot.folder, "etcd")}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=petage=${peers}`,
    "--unsafe-no-fsync",
  ];
  processes.start("etcd", [binary(binaries, "etcd"), ...flags], { inside });
}

/** Starts the API server, with the beta API of gangs where the cluster has them, and a log of all requests of users. */
export async function startApiServer(site: Site): Promise<void> {
  const { slot, level, gangs, binaries, processes, inside } = site;
  const policy = join(slot.folder, "audit-policy.json");
  writeFileSync(policy, JSON.stringify(AUDIT_POLICY));
  const flags = [
    `--etcd-servers=http://${slot.address}:${ETCD_PORT}`,
    `--secure-port=${API_PORT}`,
    `--bind-address=${level === 3 ? "0.0.0.0" : slot.address}`,
    `--advertise-address=${level === 3 ? NODE.address : NOWHERE}`,
    `--service-cluster-ip-range=${SERVICE_NETWORK.range}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    // Nobody makes the accounts that pods need when there is no controller-manager.
    ...(level === 1 ? ["--disable-admission-plugins=ServiceAccount"] : []),
    "--allow-privileged=true",
    ...(gangs ? [...GANGS, "--runtime-config=scheduling.k8s.io/v1beta1=true"] : []),
    "--kubelet-preferred-address-types=InternalIP",
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${join(slot.folder, AUDIT_LOG)}`,
    `--audit-log-maxsize=${AUDIT_LOG_MEBIBYTES}`,
    ...(await credentials(site)),
  ];
  const command = [binary(binaries, "kube-apiserver"), ...flags];
  processes.start("kube-apiserver", command, { inside, environment: LAZY_COLLECTION });
}

async function credentials({ slot, authority }: Site): Promise<string[]> {
  const addresses = [slot.address, "127.0.0.1", NODE.address, SERVICE_NETWORK.api].map((address) => `IP:${address}`);
  const names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(
    (name) => `DNS:${name}`,
  );
  const server = await authority.sign("kube-apiserver", { name: "kube-apiserver" }, [...addresses, ...names]);
  const kubelet = await authority.sign("kubelet-client", { name: "kube-apiserver", group: "system:masters" });
  const accounts = authority.signingKey("service-accounts");
  return [
    `--tls-cert-file=${server.certificate}`,
    `--tls-private-key-file=${server.key}`,
    `--client-ca-file=${authority.own.certificate}`,
    `--kubelet-client-certificate=${kubelet.certificate}`,
    `--kubelet-client-key=${kubelet.key}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${accounts}`,
    `--service-account-signing-key-file=${accounts}`,
  ];
}

/** Waits until the API server is ready. */
export async function apiServerReady({ slot, authority, processes, signal }: Site): Promise<void> {
  const ca = readFileSync(authority.own.certificate);
  const probe = (): Promise<boolean> => isReady(`${apiUrl(slot)}/readyz`, ca);
  await processes.until("the API server is ready", probe, { timeoutMs: READY_TIMEOUT_MS, signal });
}

/** Anybody may ask that. */
function isReady(url: string, ca: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { ca, agent: false, timeout: PROBE_TIMEOUT_MS }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
