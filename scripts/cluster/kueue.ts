import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { appear } from "../setup/cache.ts";
import { run } from "../setup/run.ts";
import { binary } from "./binaries.ts";
import { builtPath } from "./build.ts";
import { listOf } from "./client.ts";
import type { Client } from "./client.ts";
import { NODE } from "./network.ts";
import { addUser, LAZY_COLLECTION } from "./site.ts";
import type { Site } from "./site.ts";
import { KUEUE } from "./tools.ts";

const NAMESPACE = "kueue-system";
/** By this name its certificates are made, and its webhook configurations are found. */
const SERVICE = "kueue-webhook-service";
const SECRET = "kueue-webhook-server-cert";
const WEBHOOK_PORT = 9_443;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
const READY_TIMEOUT_MS = 90_000;
/** Kinds that older versions of its API had otherwise. */
const CONVERTED = new Set(["localqueues", "clusterqueues", "cohorts", "workloads", "multikueueclusters"]);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

interface Crd extends Manifest {
  readonly spec: { readonly names: { readonly plural: string } };
}

interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly {
    readonly clientConfig: { readonly service: object };
    readonly rules: readonly { readonly apiGroups: readonly string[] }[];
  }[];
}

/**
 * Runs Kueue's manager beside a cluster, with its resources, their webhooks and conversions, as an install would. Jobs
 * of petage are a kind that somebody else looks after.
 */
export async function startKueue(site: Site, client: Client): Promise<void> {
  const { slot, level, binaries, processes, inside, signal } = site;
  const folder = join(slot.folder, "kueue");
  const certificates = join(folder, "certificates");
  mkdirSync(certificates, { recursive: true });
  const config = join(folder, "config.json");
  const address = level === 3 ? NODE.address : slot.address;
  writeFileSync(config, JSON.stringify(configuration(address, certificates)));
  await install(client, address);
  const kubeconfig = await addUser(site, "kueue", { name: "system:kueue", group: "system:masters" });
  const flags = [`--config=${config}`, `--kubeconfig=${kubeconfig}`, "--zap-log-level=2"];
  processes.start("kueue", [binary(binaries, KUEUE.name), ...flags], { inside, environment: LAZY_COLLECTION });
  const until = { timeoutMs: READY_TIMEOUT_MS, signal };
  await processes.until("Kueue has its certificates", () => mountCertificates(client, certificates), until);
  await processes.until("Kueue answers", () => answers(client), until);
}

function configuration(host: string, certDir: string): object {
  return {
    apiVersion: "config.kueue.x-k8s.io/v1beta2",
    kind: "Configuration",
    namespace: NAMESPACE,
    health: { healthProbeBindAddress: "0" },
    metrics: { bindAddress: "0" },
    webhook: { host, port: WEBHOOK_PORT, certDir },
    leaderElection: { leaderElect: false },
    internalCertManagement: { enable: true, webhookServiceName: SERVICE, webhookSecretName: SECRET },
    integrations: { frameworks: ["batch/job"], externalFrameworks: ["TrainingJob.v1alpha1.petage.dev"] },
    featureGates: { VisibilityOnDemand: false },
  };
}

async function install(client: Client, address: string): Promise<void> {
  const folder = await manifests();
  const service = { namespace: NAMESPACE, name: SERVICE, port: WEBHOOK_PORT };
  const crds = readdirSync(join(folder, "bases")).map((file): Crd => {
    const crd = parse(readFileSync(join(folder, "bases", file), "utf8")) as Crd;
    if (!CONVERTED.has(crd.spec.names.plural)) return crd;
    const webhook = { clientConfig: { service: { ...service, path: "/convert" } }, conversionReviewVersions: ["v1"] };
    return { ...crd, spec: { ...crd.spec, conversion: { strategy: "Webhook", webhook } } } as Crd;
  });
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace: NAMESPACE } },
    // The API server finds it where it listens: there is no network of services here.
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: SERVICE, namespace: NAMESPACE },
      spec: { type: "ExternalName", externalName: address, ports: [{ port: WEBHOOK_PORT }] },
    },
    ...crds,
  ];
  await client.kubectl(["create", "--filename=-"], { input: listOf(objects) });
  await client.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  await client.kubectl(["create", "--filename=-"], { input: listOf(webhooks(folder, service)) });
}

/** Those of its own resources: it has others for jobs of many kinds, which this cluster has not. */
function webhooks(folder: string, service: object): Manifest[] {
  const documents = parseAllDocuments(readFileSync(join(folder, "webhooks.yaml"), "utf8"));
  return documents.map((document): Manifest => {
    const { webhooks: all, ...rest } = document.toJS() as WebhookConfiguration;
    const own = all.filter(({ rules }) => rules.every(({ apiGroups }) => apiGroups.includes("kueue.x-k8s.io")));
    const type = rest.kind === "MutatingWebhookConfiguration" ? "mutating" : "validating";
    return {
      ...rest,
      metadata: { name: `kueue-${type}-webhook-configuration` },
      webhooks: own.map((webhook) => ({
        ...webhook,
        clientConfig: { service: { ...webhook.clientConfig.service, ...service } },
      })),
    } as Manifest;
  });
}

/** As kubelet would: Kueue makes its certificates itself, and finds them in a volume. */
async function mountCertificates(client: Client, folder: string): Promise<boolean> {
  const { data = {} } = await client.get<{ data?: Record<string, string> }>(
    "secret",
    SECRET,
    `--namespace=${NAMESPACE}`,
  );
  if (data["tls.crt"] === undefined) return false;
  for (const name of ["ca.crt", "tls.key", "tls.crt"]) {
    writeFileSync(join(folder, name), Buffer.from(data[name] ?? "", "base64"));
  }
  return true;
}

/** Its webhooks are asked of every object of its kinds. */
async function answers(client: Client): Promise<boolean> {
  const flavor = { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ResourceFlavor", metadata: { name: "probe" } };
  const asked = client.kubectl(["create", "--dry-run=server", "--filename=-"], { input: JSON.stringify(flavor) });
  return await asked.then(
    () => true,
    () => false,
  );
}

/** The manifests of its release, kept beside the program. */
async function manifests(): Promise<string> {
  const folder = join(dirname(builtPath(KUEUE)), "manifests");
  if (existsSync(folder)) return folder;
  const args = ["mod", "download", "-json", `${KUEUE.module.path}@${KUEUE.module.version}`];
  const answer = await run("go", args, { timeoutMs: DOWNLOAD_TIMEOUT_MS });
  const components = join((JSON.parse(answer) as { Dir: string }).Dir, "config", "components");
  await appear(folder, async (temporary) => {
    mkdirSync(temporary);
    cpSync(join(components, "crd", "bases"), join(temporary, "bases"), { recursive: true });
    cpSync(join(components, "webhook", "manifests.yaml"), join(temporary, "webhooks.yaml"));
    await Promise.resolve();
  });
  return folder;
}
