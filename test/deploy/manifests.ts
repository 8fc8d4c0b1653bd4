import type { KubeObject } from "#lib/k8s/objects.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Job extends KubeObject {
  readonly spec: Fields;
  readonly status?: Fields;
}

/** The least that a job needs, with the fields of `spec` set; one that is undefined is taken away. */
export function job(spec: Fields = {}, name = "job"): Job {
  return {
    apiVersion: "petage.dev/v1alpha1",
    kind: "TrainingJob",
    metadata: { name, namespace: "default" },
    spec: { config: { name: "resnet18_petage_quickstart" }, ...spec },
  };
}

/** What is wrong, the manifest, and what the API server must say about it. */
export type BadManifest = readonly [what: string, manifest: Job, message: RegExp];

const config = (fields: Fields): Job => job({ config: fields });
const options = (...cfgOptions: unknown[]): Job => config({ name: "resnet18_petage_quickstart", cfgOptions });
const claim = (fields: Fields): Job => job({ dataset: { persistentVolumeClaim: fields } });
const rule = (fields: Fields): Job => job({ failurePolicy: { rules: [fields] } });

export const BAD_MANIFESTS: readonly BadManifest[] = [
  [
    "a name that leaves no room for a pod's",
    job({}, "a".repeat(46)),
    /metadata\.name: .*has more than 45 characters; pods are named/,
  ],
  ["a name with a dot", job({}, "my.job"), /lower-case letters, digits and '-', and no '\.'/],
  ["a name in capitals", job({}, "Quickstart"), /lowercase RFC 1123/],
  ["no spec", { ...job(), spec: undefined } as unknown as Job, /spec: Required value/],
  ["no config", job({ config: undefined }), /spec\.config: Required value/],
  [
    "a config without a source",
    config({}),
    /set exactly one of config\.inline .*config\.configMapRef and config\.name/,
  ],
  ["two sources of the config", config({ name: "a", inline: "b = 1" }), /set exactly one of config\.inline/],
  ["three sources of the config", config({ name: "a", inline: "b = 1", configMapRef: { name: "c" } }), /exactly one/],
  ["an empty config", config({ inline: "" }), /spec\.config\.inline.*at least 1 char/],
  ["a config of more than 64 KiB", config({ inline: "x".repeat(65_537) }), /config\.inline: Too long.*65536/],
  ["a path as a config's name", config({ name: "resnet/r18.py" }), /config\.name is "resnet\/r18\.py".*without folder/],
  [
    "a ConfigMap's name with a blank",
    config({ configMapRef: { name: "my config" } }),
    /configMapRef\.name.*"my config" is the name of no object/,
  ],
  ["a ConfigMap without name", config({ configMapRef: {} }), /configMapRef\.name: Required value/],
  [
    "a ConfigMap's key in no known language",
    config({ configMapRef: { name: "a", key: "a.txt" } }),
    /"a\.txt" has no ending/,
  ],
  ["a file name with a folder", config({ inline: "a = 1", fileName: "a/b.py" }), /"a\/b\.py" has no ending.*no folder/],
  ["an override without a value", options("train_cfg.max_epochs"), /cfgOptions\[0\].*expected key\.path=value/],
  ["an override that is no text", options(3), /cfgOptions\[0\].*must be of type string/],
  ["too many overrides", options(...Array.from({ length: 65 }, (_, i) => `a${i}=1`)), /cfgOptions.*at most 64 items/],
  ["an override of more than 1024 characters", options(`a=${"x".repeat(1024)}`), /cfgOptions\[0\]: Too long/],
  ["no workers", job({ workers: 0 }), /spec\.workers.*greater than or equal to 1/],
  ["more workers than a ring may have", job({ workers: 1025 }), /spec\.workers.*less than or equal to 1024/],
  ["workers in words", job({ workers: "two" }), /spec\.workers.*must be of type integer/],
  ["half a worker", job({ workers: 1.5 }), /spec\.workers.*integer/],
  [
    "fewer workers than elastic allows",
    job({ workers: 1, elastic: { minWorkers: 2, maxWorkers: 4 } }),
    /workers lies outside of elastic\.minWorkers and elastic\.maxWorkers/,
  ],
  [
    "more workers than elastic allows",
    job({ workers: 5, elastic: { minWorkers: 2, maxWorkers: 4 } }),
    /workers lies outside of elastic\.minWorkers and elastic\.maxWorkers/,
  ],
  [
    "elastic bounds the wrong way round",
    job({ workers: 3, elastic: { minWorkers: 4, maxWorkers: 2 } }),
    /elastic\.minWorkers is more than elastic\.maxWorkers/,
  ],
  ["elastic without its upper bound", job({ elastic: { minWorkers: 1 } }), /elastic\.maxWorkers: Required value/],
  [
    "a GPU without a vendor",
    job({ gpu: { resourceName: "gpu" } }),
    /gpu\.resourceName is "gpu", expected vendor\/name/,
  ],
  [
    "a GPU both of a device plugin and of a claim",
    job({ gpu: { resourceName: "nvidia.com/gpu", resourceClaimTemplateName: "one-gpu" } }),
    /set one of gpu\.resourceName .* and gpu\.resourceClaimTemplateName/,
  ],
  [
    "a number of GPUs besides a claim",
    job({ gpu: { resourceClaimTemplateName: "one-gpu", count: 2 } }),
    /how many devices a worker gets is what the ResourceClaimTemplate says/,
  ],
  [
    "a way to keep to a topology without one",
    job({ schedulingPolicy: { topologyMode: "Required" } }),
    /topologyMode says nothing without topologyKey/,
  ],
  [
    "a GPU's product as its maker writes it",
    job({ gpu: { product: "NVIDIA H200" } }),
    /gpu\.product is "NVIDIA H200", expected a label of nodes/,
  ],
  ["a worker without any of its GPUs", job({ gpu: { count: 0 } }), /gpu\.count.*greater than or equal to 1/],
  ["more GPUs than a node has", job({ gpu: { count: 17 } }), /gpu\.count.*less than or equal to 16/],
  [
    "GPUs among the resources",
    job({ resources: { limits: { "nvidia.com/gpu": 1 } } }),
    /GPUs and other devices are set by spec\.gpu/,
  ],
  [
    "a quantity that is none",
    job({ resources: { requests: { memory: "2 gigabytes" } } }),
    /expected quantities of Kubernetes/,
  ],
  [
    "a job without a data-loader",
    job({ dataLoader: { replicas: 0 } }),
    /spec\.dataLoader\.replicas.*greater than or equal to 1/,
  ],
  [
    "more data-loaders than readers can ask",
    job({ dataLoader: { replicas: 65 } }),
    /spec\.dataLoader\.replicas.*less than or equal to 64/,
  ],
  [
    "a quantity below zero",
    job({ dataLoader: { resources: { limits: { cpu: -1 } } } }),
    /dataLoader\.resources\.limits.*expected quantities of Kubernetes, none below zero/,
  ],
  [
    "a request above its limit",
    job({ resources: { requests: { memory: "4Gi" }, limits: { memory: "2Gi" } } }),
    /a request is larger than the limit/,
  ],
  [
    "a request above its limit, of a helper",
    job({ dataLoader: { resources: { requests: { cpu: 3 }, limits: { cpu: "2" } } } }),
    /dataLoader\.resources.*a request is larger/,
  ],
  [
    "a dataset without a source",
    job({ dataset: {} }),
    /exactly one of dataset\.persistentVolumeClaim and dataset\.synthetic/,
  ],
  [
    "two sources of the dataset",
    job({ dataset: { synthetic: {}, persistentVolumeClaim: { claimName: "a" } } }),
    /exactly one of dataset/,
  ],
  [
    "a claim's name in capitals",
    claim({ claimName: "Photos" }),
    /persistentVolumeClaim\.claimName.*"Photos" is the name of no object/,
  ],
  ["a claim without name", claim({}), /persistentVolumeClaim\.claimName: Required value/],
  ["a folder outside of the volume", claim({ claimName: "a", subPath: "../etc" }), /"\.\.\/etc" leaves the volume/],
  ["an absolute folder", claim({ claimName: "a", subPath: "/etc" }), /"\/etc" leaves the volume/],
  [
    "too few drawn pets",
    job({ dataset: { synthetic: { count: 1 } } }),
    /synthetic\.count.*greater than or equal to 10/,
  ],
  ["a work dir in a bucket", job({ workDir: "s3://pets/run" }), /"s3:\/\/pets\/run" is a URI; expected a path within/],
  ["a work dir outside of the volume", job({ workDir: "a/../../b" }), /"a\/\.\.\/\.\.\/b" leaves the volume/],
  [
    "a misspelt fate of checkpoints",
    job({ checkpoint: { retain: "OnSuccess" } }),
    /checkpoint\.retain.*supported values: "Always", "Never"/,
  ],
  ["no checkpoint kept", job({ checkpoint: { keepLast: 0 } }), /checkpoint\.keepLast.*greater than or equal to 1/],
  [
    "checkpoints every minus one steps",
    job({ checkpoint: { everySteps: -1 } }),
    /checkpoint\.everySteps.*greater than or equal to 0/,
  ],
  ["a rule without an action", rule({ exitCodes: [3] }), /rules\[0\]\.action: Required value/],
  [
    "an action that does not exist",
    rule({ action: "Retry" }),
    /"Retry": supported values: "Restart", "RestartIgnoringLimit", "FailJob"/,
  ],
  [
    "the exit code of success as a failure",
    rule({ exitCodes: [0], action: "FailJob" }),
    /exitCodes\[0\].*greater than or equal to 1/,
  ],
  ["an exit code twice", rule({ exitCodes: [3, 3], action: "FailJob" }), /exitCodes\[1\]: Duplicate value/],
  [
    "a pod condition that rules do not know",
    rule({ podConditions: ["Ready"], action: "Restart" }),
    /supported values: "DisruptionTarget"/,
  ],
  [
    "a gang scheduler that does not exist",
    job({ schedulingPolicy: { gang: "Slurm" } }),
    /"Slurm": supported values: "Auto", "None"/,
  ],
  [
    "a ring without a gang",
    job({ workers: 2, schedulingPolicy: { gang: "None" } }),
    /a ring of fixed size would wait forever/,
  ],
  [
    "a queue that its gang scheduler does not have",
    job({ schedulingPolicy: { gang: "Coscheduling", queue: "pets" } }),
    /schedulingPolicy\.queue.*would be ignored; set gang to either/,
  ],
  [
    "a queue's name with a blank",
    job({ schedulingPolicy: { gang: "Kueue", queue: "my pets" } }),
    /"my pets" is the name of no object/,
  ],
  [
    "a priority in words",
    job({ schedulingPolicy: { priorityClassName: "Very high" } }),
    /"Very high" is the name of no object/,
  ],
  [
    "neighbours by what is no label of nodes",
    job({ schedulingPolicy: { topologyKey: "same zone" } }),
    /topologyKey.*"same zone" is no label of nodes/,
  ],
  ["Kueue without a queue", job({ schedulingPolicy: { gang: "Kueue" } }), /gang Kueue needs schedulingPolicy\.queue/],
  [
    "a start that may take no time",
    job({ schedulingPolicy: { startTimeoutSeconds: 0 } }),
    /startTimeoutSeconds.*greater than or equal to 10/,
  ],
  [
    "a deadline of no time",
    job({ runPolicy: { activeDeadlineSeconds: 0 } }),
    /activeDeadlineSeconds.*greater than or equal to 1/,
  ],
  [
    "a time to live below zero",
    job({ runPolicy: { ttlSecondsAfterFinished: -1 } }),
    /ttlSecondsAfterFinished.*greater than or equal to 0/,
  ],
  [
    "a pod policy that does not exist",
    job({ runPolicy: { cleanPodPolicy: "Some" } }),
    /"Some": supported values: "Running", "All", "None"/,
  ],
  ["suspend in words", job({ runPolicy: { suspend: "yes" } }), /runPolicy\.suspend.*must be of type boolean/],
  [
    "a model's name in capitals",
    job({ publish: { modelName: "PetAge" } }),
    /publish\.modelName is "PetAge", expected lower-case/,
  ],
  ["an image with a blank", job({ image: "petage: 1" }), /registry\.example\/petage.*holds no blanks/],
  ["a manager that does not exist", job({ managedBy: "me" }), /managedBy.*supported values: "petage\.dev\/controller"/],
  [
    "a label of pods with a blank",
    job({ podTemplate: { metadata: { labels: { team: "cats and dogs" } } } }),
    /"cats and dogs" is no value of a label/,
  ],
  [
    "a pod template that is no object",
    job({ podTemplate: { spec: "big" } }),
    /podTemplate\.spec.*must be of type object/,
  ],
  ["a misspelt field", job({ wrokers: 2 }), /unknown field "spec\.wrokers"/],
  [
    "a misspelt field further down",
    job({ runPolicy: { suspended: true } }),
    /unknown field "spec\.runPolicy\.suspended"/,
  ],
];

/** What may not be changed: the spec before, what is set in it, and what the API server must say. */
export type BadChange = readonly [what: string, before: Fields, change: Fields, message: RegExp];

const frozen = (field: string): RegExp => new RegExp(`spec\\.${field}.*${field} cannot be changed once the job exists`);

export const BAD_CHANGES: readonly BadChange[] = [
  ["the config", {}, { config: { name: "resnet50_8xb32_in1k" } }, frozen("config")],
  [
    "one override of the config",
    {},
    { config: { name: "resnet18_petage_quickstart", cfgOptions: ["a=1"] } },
    frozen("config"),
  ],
  ["the image", {}, { image: "petage:2" }, frozen("image")],
  ["the image back to the default", { image: "petage:2" }, { image: undefined }, frozen("image")],
  ["the GPU", {}, { gpu: { count: 2 } }, frozen("gpu")],
  ["the resources", {}, { resources: { requests: { cpu: "1" } } }, frozen("resources")],
  ["the data-loader", {}, { dataLoader: { resources: { requests: { cpu: "1" } } } }, frozen("dataLoader")],
  ["the evaluator", {}, { evaluator: { resources: { requests: { cpu: "1" } } } }, frozen("evaluator")],
  ["the dataset", { dataset: { synthetic: { seed: 1 } } }, { dataset: { synthetic: { seed: 2 } } }, frozen("dataset")],
  ["the work dir", {}, { workDir: "b" }, frozen("workDir")],
  ["the weights to start from", {}, { loadFrom: "b" }, frozen("loadFrom")],
  ["the checkpoints", {}, { checkpoint: { keepLast: 5 } }, frozen("checkpoint")],
  ["what is continued", {}, { checkpoint: { resume: "Auto" } }, frozen("checkpoint")],
  ["what is continued, to nothing", { checkpoint: { resume: "Auto" } }, { checkpoint: {} }, frozen("checkpoint")],
  [
    "where checkpoints go",
    { checkpoint: { persistentVolumeClaim: { claimName: "a" } } },
    { checkpoint: { persistentVolumeClaim: { claimName: "b" } } },
    frozen("checkpoint"),
  ],
  ["the failure policy", {}, { failurePolicy: { maxRestarts: 1 } }, frozen("failurePolicy")],
  ["the scheduling policy", {}, { schedulingPolicy: { queue: "b" } }, frozen("schedulingPolicy")],
  ["what is published", { publish: { modelName: "a" } }, { publish: { modelName: "b" } }, frozen("publish")],
  ["who manages it", {}, { managedBy: "kueue.x-k8s.io/multikueue" }, frozen("managedBy")],
  ["the number of workers of a fixed ring", {}, { workers: 2 }, /workers can be changed only where elastic says/],
  [
    "a cancelled job back",
    { runPolicy: { cancel: true } },
    { runPolicy: { cancel: false } },
    /a cancelled job cannot be taken back/,
  ],
];

/** What may be changed while a job runs. */
export const GOOD_CHANGES: readonly (readonly [what: string, before: Fields, change: Fields])[] = [
  ["suspend", {}, { runPolicy: { suspend: true } }],
  ["cancel", {}, { runPolicy: { cancel: true } }],
  ["the deadline", {}, { runPolicy: { activeDeadlineSeconds: 60 } }],
  ["the time to live", {}, { runPolicy: { ttlSecondsAfterFinished: 60 } }],
  [
    "what becomes of its checkpoints",
    { checkpoint: { keepLast: 5 } },
    { checkpoint: { keepLast: 5, retain: "Never" } },
  ],
  ["the pods that stay", {}, { runPolicy: { cleanPodPolicy: "All" } }],
  [
    "the bounds of an elastic ring",
    { workers: 2, elastic: { minWorkers: 1, maxWorkers: 2 } },
    { elastic: { minWorkers: 2, maxWorkers: 8 } },
  ],
  ["the workers of an elastic ring", { workers: 2, elastic: { minWorkers: 1, maxWorkers: 4 } }, { workers: 4 }],
];
