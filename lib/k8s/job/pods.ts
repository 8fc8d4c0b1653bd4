import { compact } from "#lib/base/compact.ts";
import { NODE_FLAGS } from "#lib/jobs/node-flags.ts";
import type { Role, WorkerName } from "#lib/jobs/job-state.ts";
import { workerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { WorkerEnvironment } from "#lib/jobs/worker-environment.ts";
import type { Gang, GangContext } from "./pod-group.ts";
import { mergeTemplate } from "./merge.ts";
import { configMapName, GRPC_PORT as PORT, HEALTH_PORT, jobLabels, LABELS, ownerOf, podName } from "./names.ts";
import { WORKER_NAME } from "./names.ts";
import type { Container, Pod, PodSpec } from "./pod.ts";
import { baseSpec, CONTAINER_SECURITY, outputOf, WORK_DIRS } from "./pod-base.ts";
import type { Mount } from "./pod-base.ts";
import { joinPodSet } from "./pod-sets.ts";
import type { PodSets } from "./pod-sets.ts";
import type { JobSettings } from "./settings.ts";
import type { Resources } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** Everything that the pods of one attempt are made from. */
export interface AttemptContext {
  readonly job: TrainingJobObject;
  readonly settings: JobSettings;
  readonly gang: Gang;
  readonly gangContext: GangContext;
  readonly attempt: number;
  /** Trainers of this attempt. */
  readonly size: number;
  readonly dataLoaders: number;
  /** `work_dirs/<config>`: what all runs of the config share. */
  readonly workDir: string;
  /** `work_dirs/<config>/<time>`: where this job writes. */
  readonly runDir: string;
  /** Checkpoint to continue: empty, `auto`, `run`, a path or a URI. */
  readonly resumeFrom: string;
  readonly excludedNodes: readonly string[];
  /** What the pods get for having been admitted by a queue. */
  readonly podSets?: PodSets | undefined;
}

const METRICS_PORT = 9464;
/** A checkpoint of a large model onto a slow volume takes a while. */
const TERMINATION_GRACE_SECONDS = 60;
/** A node that does not answer is given up ten times sooner than by default (300 s). */
const UNREACHABLE_SECONDS = 30;
/** By default a container has 64 MB of it, which is too little for many a library. */
const SHARED_MEMORY = "1Gi";
const DATA = "/var/lib/petage/data";

const DEFAULT_RESOURCES: Readonly<Record<Exclude<Role, "nats-server">, Resources>> = {
  trainer: { requests: { cpu: "500m", memory: "1Gi" } },
  "data-loader": { requests: { cpu: "100m", memory: "256Mi" } },
  evaluator: { requests: { cpu: "100m", memory: "512Mi" } },
};

/** The pod of one worker, as it is sent to the API server. */
export function podOf(context: AttemptContext, worker: WorkerName): Pod {
  const { job, settings, gang, gangContext } = context;
  const role = worker.role as Exclude<Role, "nats-server">; // the cluster has a NATS of its own
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: podName(job.metadata.name, worker),
      namespace: job.metadata.namespace ?? "default",
      labels: {
        ...jobLabels(job, settings.instance),
        "app.kubernetes.io/component": role,
        [LABELS.attempt]: String(worker.attempt),
        [LABELS.role]: role,
        ...((role === "trainer" || worker.rank > 0) && { [LABELS.rank]: String(worker.rank) }),
      },
      annotations: { "kubectl.kubernetes.io/default-container": role },
      ownerReferences: [ownerOf(job)],
    },
    spec: specOf(context, role, worker),
  };
  const joined = gang.join(role === "trainer" ? withTemplate(pod, context) : withShared(pod, job), gangContext);
  const podSet = context.podSets?.get(role);
  return podSet ? joinPodSet(joined, podSet) : joined;
}

function specOf(context: AttemptContext, role: Exclude<Role, "nats-server">, worker: WorkerName): PodSpec {
  const { job, settings, excludedNodes } = context;
  const { schedulingPolicy, gpu } = job.spec;
  const isTrainer = role === "trainer";
  const { volumes, initContainers } = volumesOf(context, role);
  const { claims } = isTrainer ? gpusOf(job) : {};
  return {
    ...baseSpec(settings),
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    ...(schedulingPolicy?.priorityClassName && { priorityClassName: schedulingPolicy.priorityClassName }),
    ...selectorOf({
      "kubernetes.io/arch": settings.arch,
      "nvidia.com/gpu.product": isTrainer ? gpu?.product : undefined,
    }),
    ...affinityOf(context, isTrainer ? excludedNodes : []),
    tolerations: ["not-ready", "unreachable"].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: UNREACHABLE_SECONDS,
    })),
    ...(initContainers.length > 0 && { initContainers }),
    containers: [containerOf(context, role, worker)],
    ...(claims && { resourceClaims: claims }),
    volumes,
  };
}

export function selectorOf(labels: Readonly<Record<string, string | undefined>>): Pick<PodSpec, "nodeSelector"> {
  const nodeSelector = compact(labels) as Record<string, string>;
  return Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {};
}

function containerOf(context: AttemptContext, role: Exclude<Role, "nats-server">, worker: WorkerName): Container {
  const { job, settings } = context;
  const { requests, limits } = resourcesOf(job, role);
  const { devices = {}, claims } = role === "trainer" ? gpusOf(job) : {};
  const probe = { port: settings.tlsSecret ? HEALTH_PORT : PORT };
  return {
    name: role,
    image: job.spec.image ?? settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ["node", ...NODE_FLAGS, "--import", "tsx", `services/${role}/main.ts`],
    env: environmentOf(context, role, worker),
    ports: [
      { name: "grpc", containerPort: PORT },
      { name: "metrics", containerPort: METRICS_PORT },
    ],
    readinessProbe: { grpc: probe, periodSeconds: 2, timeoutSeconds: 5 },
    livenessProbe: {
      grpc: { ...probe, service: "liveness" },
      initialDelaySeconds: 60,
      periodSeconds: 20,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    resources: {
      ...(requests && { requests }),
      ...((limits || Object.keys(devices).length > 0) && { limits: { ...limits, ...devices } }),
      ...(claims && { claims: claims.map(({ name }) => ({ name })) }),
    },
    securityContext: CONTAINER_SECURITY,
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mountsOf(context, role),
  };
}

interface Gpus {
  /** What device plugins offer. */
  readonly devices?: Readonly<Record<string, string>>;
  /** What drivers offer, by claims of the pod. */
  readonly claims?: readonly { readonly name: string; readonly resourceClaimTemplateName: string }[];
}

function gpusOf({ spec: { gpu } }: TrainingJobObject): Gpus {
  if (gpu === undefined) return {};
  const { resourceName = "nvidia.com/gpu", resourceClaimTemplateName, count = 1 } = gpu;
  if (resourceClaimTemplateName !== undefined) return { claims: [{ name: "gpu", resourceClaimTemplateName }] };
  return { devices: { [resourceName]: String(count) } };
}

export function resourcesOf({ spec }: TrainingJobObject, role: Exclude<Role, "nats-server">): Resources {
  const given = {
    trainer: spec.resources,
    "data-loader": spec.dataLoader?.resources,
    evaluator: spec.evaluator?.resources,
  };
  return given[role] ?? DEFAULT_RESOURCES[role];
}

type Variable =
  { readonly name: string; readonly value: string } | { readonly name: string; readonly valueFrom: object };

function environmentOf(context: AttemptContext, role: Exclude<Role, "nats-server">, worker: WorkerName): Variable[] {
  const { job, settings } = context;
  const { uid = "" } = job.metadata;
  const { natsSecret: secret, keySecret, tlsSecret } = settings;
  const value = (variables: WorkerEnvironment): Variable[] =>
    // An empty value is none: the API server would keep the name alone.
    Object.entries(variables).flatMap(([name, text]) => (text === "" ? [] : [{ name, value: text }]));
  const threads = { resourceFieldRef: { containerName: role, resource: "requests.cpu", divisor: "1" } };
  return [
    { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ...(secret ? [fromSecret("NATS_PASSWORD", secret, "worker-password")] : []),
    ...(keySecret ? [fromSecret("PETAGE_JOB_KEY", keySecret, "job-key")] : []),
    ...value({
      PETAGE_HOST: "0.0.0.0",
      PETAGE_PORT: String(PORT),
      PETAGE_METRICS_PORT: String(METRICS_PORT),
      PETAGE_ADVERTISE: `$(POD_IP):${PORT}`,
      PETAGE_LOG: "json",
      PETAGE_TERMINATION_LOG: "/dev/termination-log",
      ...workerEnvironment(worker, {
        ...context,
        job: { name: job.metadata.name, uid },
        configPath: "/etc/petage/config.json",
        natsUrl: secret ? settings.natsUrl.replace("://", "://worker:$(NATS_PASSWORD)@") : settings.natsUrl,
        natsOutageSeconds: job.spec.failurePolicy?.natsOutageSeconds,
        loadFrom: job.spec.loadFrom ?? "",
      }),
      ...(role === "trainer" ? checkpointVariables(job) : readingVariables(role, settings)),
      ...(tlsSecret && TLS_VARIABLES),
    }),
    // TensorFlow would take a thread for every core of the node, as would each of its neighbours.
    ...["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"].map((name) => ({ name, valueFrom: threads })),
  ];
}

function fromSecret(name: string, secret: string, key: string): Variable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

const TLS = "/etc/petage-tls";
const TLS_VARIABLES: WorkerEnvironment = {
  PETAGE_TLS_CERT: `${TLS}/tls.crt`,
  PETAGE_TLS_KEY: `${TLS}/tls.key`,
  PETAGE_TLS_CA: `${TLS}/ca.crt`,
  PETAGE_TLS_SERVER_NAME: WORKER_NAME,
  PETAGE_HEALTH_PORT: String(HEALTH_PORT),
};

/** Files that a config or a caller names lie where the pod has them mounted, or in the image's link to that. */
function readingVariables(role: "data-loader" | "evaluator", settings: JobSettings): WorkerEnvironment {
  const { readRoots, maxImagePixels } = settings;
  const folders = role === "data-loader" ? ["data", DATA] : ["work_dirs", WORK_DIRS];
  return {
    PETAGE_READ_ROOTS: [...folders, ...readRoots].join(":"),
    ...(role === "data-loader" && maxImagePixels && { PETAGE_MAX_IMAGE_PIXELS: String(maxImagePixels) }),
  };
}

function checkpointVariables({ spec: { checkpoint, publish } }: TrainingJobObject): WorkerEnvironment {
  return {
    PETAGE_CHECKPOINT_EVERY_STEPS: String(checkpoint?.everySteps ?? 0),
    PETAGE_CHECKPOINT_KEEP_LAST: String(checkpoint?.keepLast ?? 3),
    PETAGE_PUBLISH_TO: publish ? `work_dirs/models/${publish.modelName}` : "",
    PETAGE_PUBLISH_KEEP: publish?.keepVersions === undefined ? "" : String(publish.keepVersions),
  };
}

function mountsOf({ job, settings }: AttemptContext, role: Exclude<Role, "nats-server">): Mount[] {
  const { subPath } = job.spec.dataset?.persistentVolumeClaim ?? {};
  const output = outputOf(job, settings).mount;
  const data = { name: "data", mountPath: DATA, ...(subPath && { subPath }), readOnly: true };
  const byRole: Readonly<Record<typeof role, Mount[]>> = {
    "data-loader": [data],
    evaluator: [{ ...output, readOnly: true }],
    trainer: [output, { name: "shared-memory", mountPath: "/dev/shm" }],
  };
  return [
    { name: "config", mountPath: "/etc/petage", readOnly: true },
    { name: "tmp", mountPath: "/tmp" },
    ...(settings.tlsSecret ? [{ name: "tls", mountPath: TLS, readOnly: true }] : []),
    ...byRole[role],
  ];
}

function volumesOf(context: AttemptContext, role: Exclude<Role, "nats-server">) {
  const { job, settings } = context;
  const { dataset } = job.spec;
  const dataClaim = dataset?.persistentVolumeClaim?.claimName ?? settings.dataClaim;
  const synthetic = role === "data-loader" ? dataset?.synthetic : undefined;
  const sources: Readonly<Record<string, object>> = {
    config: { configMap: { name: configMapName(job) } },
    tls: { secret: { secretName: settings.tlsSecret } },
    tmp: { emptyDir: { sizeLimit: "256Mi" } },
    data: synthetic ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: dataClaim } },
    output: outputOf(job, settings).volume,
    "shared-memory": { emptyDir: { medium: "Memory", sizeLimit: SHARED_MEMORY } },
  };
  const volumes = mountsOf(context, role).map(({ name }) => ({ name, ...sources[name] }));
  return { volumes, initContainers: synthetic ? [drawPets(context, synthetic)] : [] };
}

/** Draws the dataset before the data-loader starts. */
function drawPets({ job, settings }: AttemptContext, { count = 1200, seed = 0 }: { count?: number; seed?: number }) {
  const flags = ["--out", "data/petimage", "--count", String(count), "--seed", String(seed)];
  return {
    name: "draw-pets",
    image: job.spec.image ?? settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ["node", "--import", "tsx", "cli/main.ts", "dataset", "synth", ...flags],
    resources: resourcesOf(job, "data-loader"), // the two never run at once; a quota wants to know of both
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: "data", mountPath: DATA },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** Pods close to each other where that is wanted, and away from nodes on which the job has failed. */
function affinityOf(context: AttemptContext, excludedNodes: readonly string[]): { affinity?: object } {
  const together = nearEachOther(context);
  const away = excludedNodes.length > 0 && {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: notIn(excludedNodes) }] },
    },
  };
  return together || away ? { affinity: { ...together, ...away } } : {};
}

/**
 * Pods of an earlier attempt that hang on a lost node count for nothing. What is required is so also where the group of
 * the pods says it: an API server or a scheduler may not know that part of a group.
 */
function nearEachOther({ job, attempt }: AttemptContext): { podAffinity: object } | undefined {
  const { topologyKey, topologyMode = "Preferred" } = job.spec.schedulingPolicy ?? {};
  if (topologyKey === undefined) return undefined;
  const matchLabels = { [LABELS.uid]: job.metadata.uid ?? "", [LABELS.attempt]: String(attempt) };
  const term = { topologyKey, labelSelector: { matchLabels } };
  const podAffinity =
    topologyMode === "Required"
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
  return { podAffinity };
}

function notIn(nodes: readonly string[]): object[] {
  return nodes.map((node) => ({ key: "metadata.name", operator: "NotIn", values: [node] }));
}

/**
 * What of `spec.podTemplate` helpers get as well, or a gang might never be whole: what lets pods run and asks for nothing,
 * and what the scheduler wants all pods of a group to have in common.
 */
const SHARED = ["tolerations", "imagePullSecrets", "priorityClassName", "preemptionPolicy", "schedulerName"];

export function withShared(pod: Pod, { spec }: TrainingJobObject, more: readonly string[] = []): Pod {
  const shared = [...SHARED, ...more];
  const given = Object.entries(spec.podTemplate?.spec ?? {}).filter(([field]) => shared.includes(field));
  return { ...pod, spec: mergeTemplate(pod.spec, Object.fromEntries(given)) };
}

/** `spec.podTemplate` laid over a trainer's pod. */
function withTemplate(pod: Pod, { job, excludedNodes }: AttemptContext): Pod {
  const { metadata = {}, spec = {} } = job.spec.podTemplate ?? {};
  const merged = {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...metadata.labels, ...pod.metadata.labels },
      annotations: { ...pod.metadata.annotations, ...metadata.annotations },
    },
    spec: mergeTemplate(pod.spec, spec),
  };
  return excludedNodes.length > 0 ? { ...merged, spec: excludeInAllTerms(merged.spec, excludedNodes) } : merged;
}

interface Terms {
  readonly nodeSelectorTerms: readonly { readonly matchFields?: readonly object[] }[];
}

/** The terms of a node affinity are alternatives: each must keep away from those nodes. */
function excludeInAllTerms(spec: PodSpec, nodes: readonly string[]): PodSpec {
  const affinity = spec["affinity"] as { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: Terms } };
  const { nodeSelectorTerms } = affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  const own = JSON.stringify(notIn(nodes));
  const others = nodeSelectorTerms.filter(({ matchFields }) => JSON.stringify(matchFields) !== own);
  if (others.length === 0) return spec;
  const terms = others.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []), ...notIn(nodes)] }));
  const nodeAffinity = {
    ...affinity.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
  };
  return { ...spec, affinity: { ...affinity, nodeAffinity } };
}
