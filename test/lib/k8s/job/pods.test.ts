import assert from "node:assert/strict";
import type { Container, Pod } from "#lib/k8s/job/pod.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { defined } from "#lib/base/assert.ts";
import { podsOf, RESOLVED, SETTINGS, VARIABLES } from "./rendered-job.ts";
import type { Options } from "./rendered-job.ts";

const podOf = (name: string, spec?: Partial<TrainingJobSpec>, options?: Options): Pod =>
  defined(podsOf(spec, options).get(name), name);
const variable = (pod: Pod, name: string): unknown => {
  const env = pod.spec.containers[0]?.["env"] as { name: string; value?: string }[];
  return env.find((candidate) => candidate.name === name)?.value;
};

describe("the pods of a job", () => {
  it("are its trainers, one data-loader, and an evaluator where the config validates", () => {
    assert.deepEqual([...podsOf().keys()], ["job-0-data-loader", "job-0-evaluator", "job-0-0", "job-0-1"]);
    const resolved = { ...RESOLVED, validates: false };
    assert.deepEqual([...podsOf({}, { resolved }).keys()], ["job-0-data-loader", "job-0-0", "job-0-1"]);
  });

  it("are as many data-loaders as the job asks for, all of which the trainers know", () => {
    const pods = podsOf({ dataLoader: { replicas: 2 } });
    const second = pods.get("job-0-data-loader-1");
    assert.ok(second);
    assert.deepEqual(workerOf(second), { role: "data-loader", rank: 1, attempt: 0 });
    assert.equal(variable(second, "PETAGE_DATA_LOADER_INDEX"), "1");
    for (const name of ["job-0-0", "job-0-1", "job-0-evaluator"]) {
      assert.equal(variable(pods.get(name) ?? assert.fail(name), "PETAGE_DATA_LOADERS"), "2");
    }
    const only = podOf("job-0-data-loader");
    assert.deepEqual(
      [only.metadata.labels?.["petage.dev/rank"], variable(only, "PETAGE_DATA_LOADER_INDEX")],
      [undefined, undefined],
    );
  });

  for (const name of podsOf().keys()) {
    it(`${name} may do nothing, belongs to its job, and bears the release`, () => {
      const { metadata, spec } = podOf(name);
      assert.equal(spec["automountServiceAccountToken"], false);
      assert.deepEqual(spec["securityContext"], {
        runAsNonRoot: true,
        runAsUser: 10001,
        seccompProfile: { type: "RuntimeDefault" },
      });
      assert.deepEqual(spec.containers[0]?.["securityContext"], {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.equal(metadata.ownerReferences?.[0]?.uid, "0123456789ab");
      assert.equal(metadata.labels?.["petage.dev/instance"], "release");
    });
  }

  it("know the password of NATS by reference alone", () => {
    const pod = podOf("job-0-1");
    assert.equal(variable(pod, "NATS_URL"), "nats://worker:$(NATS_PASSWORD)@nats:4222");
    assert.match(JSON.stringify(pod), /"secretKeyRef":\{"name":"nats-secret","key":"worker-password"\}/);
  });

  it("serve TLS and know their job by Secrets that they get by reference, and leave health to kubelet", () => {
    const secrets = { keySecret: "job-secret", tlsSecret: "tls-secret" };
    for (const name of podsOf().keys()) {
      const pod = podOf(name, {}, { settings: { ...SETTINGS, ...secrets } });
      const container = defined(pod.spec.containers[0], name);
      const text = JSON.stringify(pod);
      assert.match(text, /"PETAGE_JOB_KEY","valueFrom":\{"secretKeyRef":\{"name":"job-secret","key":"job-key"\}/);
      assert.match(text, /\{"name":"tls","secret":\{"secretName":"tls-secret"\}\}/);
      assert.match(text, /\{"name":"tls","mountPath":"\/etc\/petage-tls","readOnly":true\}/);
      assert.equal(variable(pod, "PETAGE_TLS_CA"), "/etc/petage-tls/ca.crt");
      assert.equal(variable(pod, "PETAGE_TLS_SERVER_NAME"), "petage-worker");
      for (const probe of ["readinessProbe", "livenessProbe"]) {
        const { grpc } = container[probe] as { grpc: { port: number } };
        assert.equal(String(grpc.port), variable(pod, "PETAGE_HEALTH_PORT"));
      }
    }
    assert.doesNotMatch(JSON.stringify([...podsOf().values()]), /tls|JOB_KEY|HEALTH_PORT/);
  });

  it("run on nodes of the architecture that their image is for, where that is said", () => {
    const settings = readSettings({ ...VARIABLES, PETAGE_JOB_ARCH: "arm64" });
    const gpu = { gpu: { product: "H200" } };
    const selectors = [...podsOf(gpu, { settings }).values()].map(({ spec }) => spec.nodeSelector);
    const arm = { "kubernetes.io/arch": "arm64" };
    const trainer = { ...arm, "nvidia.com/gpu.product": "H200" };
    assert.deepEqual(selectors, [arm, arm, trainer, trainer]);
    assert.equal(podOf("job-0-data-loader").spec.nodeSelector, undefined);
  });

  it("get GPUs as trainers only", () => {
    const gpu = { gpu: { resourceName: "nvidia.com/gpu", count: 2, product: "H200" } };
    assert.deepEqual(podOf("job-0-0", gpu).spec.containers[0]?.resources?.limits, { "nvidia.com/gpu": "2" });
    assert.deepEqual(podOf("job-0-0", gpu).spec.nodeSelector, { "nvidia.com/gpu.product": "H200" });
    assert.equal(podOf("job-0-evaluator", gpu).spec.containers[0]?.resources?.limits, undefined);
  });

  it("get GPUs by a claim as trainers only", () => {
    const gpu = { gpu: { resourceClaimTemplateName: "one-gpu" } };
    const { spec } = podOf("job-0-0", gpu);
    assert.deepEqual(spec["resourceClaims"], [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }]);
    const resources = spec.containers[0]?.resources as { limits?: object; claims?: object[] } | undefined;
    assert.deepEqual([resources?.limits, resources?.claims], [undefined, [{ name: "gpu" }]]);
    assert.doesNotMatch(JSON.stringify(podOf("job-0-evaluator", gpu)), /claims|resourceClaims/);
  });

  it("ask for CPU and memory in every container, as a quota may want", () => {
    const given = { requests: { cpu: "3", memory: "5Gi" } };
    const { spec } = podOf("job-0-data-loader", { dataset: { synthetic: {} }, dataLoader: { resources: given } });
    const containers = [...(spec["initContainers"] as Container[]), ...spec.containers];
    assert.deepEqual(
      containers.map(({ name, resources }) => [name, resources]),
      [
        ["draw-pets", given],
        ["data-loader", given],
      ],
    );
  });

  it("mount data where it is read and outputs where they are written", () => {
    const mounts = (name: string): unknown =>
      (defined(podOf(name).spec.containers[0], name)["volumeMounts"] as { mountPath: string; readOnly?: boolean }[])
        .filter(({ mountPath }) => mountPath.startsWith("/var/lib/petage"))
        .map(
          ({ mountPath, readOnly = false }) => `${mountPath.slice("/var/lib/petage/".length)}${readOnly ? " ro" : ""}`,
        );
    assert.deepEqual(mounts("job-0-data-loader"), ["data ro"]);
    assert.deepEqual(mounts("job-0-evaluator"), ["work_dirs ro"]);
    assert.deepEqual(mounts("job-0-0"), ["work_dirs"]);
  });

  it("read where they have something mounted, and where the cluster says", () => {
    const roots = (name: string, options: Options = {}): unknown =>
      variable(podOf(name, {}, options), "PETAGE_READ_ROOTS");
    assert.equal(roots("job-0-data-loader"), "data:/var/lib/petage/data");
    assert.equal(roots("job-0-evaluator"), "work_dirs:/var/lib/petage/work_dirs");
    assert.equal(roots("job-0-0"), undefined);
    const settings = readSettings({ ...VARIABLES, PETAGE_JOB_READ_ROOTS: "/opt/pets:/opt/more" });
    assert.equal(roots("job-0-data-loader", { settings }), "data:/var/lib/petage/data:/opt/pets:/opt/more");
  });

  it("decode photos as large as the cluster says", () => {
    const settings = readSettings({ ...VARIABLES, PETAGE_JOB_MAX_IMAGE_PIXELS: "200000000" });
    const most = (name: string, options: Options): unknown =>
      variable(podOf(name, {}, options), "PETAGE_MAX_IMAGE_PIXELS");
    assert.equal(most("job-0-data-loader", { settings }), "200000000");
    assert.equal(most("job-0-0", { settings }), undefined);
    assert.equal(most("job-0-data-loader", {}), undefined);
  });

  const resumes: readonly (readonly [what: string, TrainingJobSpec["checkpoint"], Options, expected?: string])[] = [
    ["anew where nothing is said", {}, {}],
    ["from the newest of the work dir with Auto", { resume: "Auto" }, {}, "auto"],
    ["anew with Never", { resume: "Never" }, { resolved: { ...RESOLVED, resume: true } }],
    ["as the config says where the job says nothing", {}, { resolved: { ...RESOLVED, resume: true } }, "auto"],
    ["from a checkpoint that is named", { resume: "work_dirs/a/epoch_3" }, {}, "work_dirs/a/epoch_3"],
  ];
  for (const [what, checkpoint, options, expected] of resumes) {
    it(`begin ${what}`, () => {
      assert.equal(
        variable(podOf("job-0-0", { ...(checkpoint && { checkpoint }) }, options), "PETAGE_RESUME_FROM"),
        expected,
      );
    });
  }

  it("keep away from nodes that could not run them, in every alternative of an affinity of their own", () => {
    const terms = [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, { matchExpressions: [] }];
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } };
    const affinity = podOf(
      "job-0-0",
      { podTemplate: { spec: { affinity: { nodeAffinity } } } },
      { excludedNodes: ["bad"] },
    ).spec["affinity"] as { nodeAffinity: typeof nodeAffinity };
    const { nodeSelectorTerms } = affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    const matchFields = [{ key: "metadata.name", operator: "NotIn", values: ["bad"] }];
    assert.deepEqual(
      nodeSelectorTerms,
      terms.map((term) => ({ ...term, matchFields })),
    );
  });

  it("may all run where a template lets trainers run, but are not all drawn there", () => {
    const gpuNodes = { key: "nvidia.com/gpu", operator: "Exists" };
    const spec = { tolerations: [gpuNodes], imagePullSecrets: [{ name: "mine" }], nodeSelector: { pool: "gpu" } };
    for (const pod of podsOf({ podTemplate: { spec } }).values()) {
      assert.deepEqual((pod.spec["tolerations"] as object[]).at(-1), gpuNodes, pod.metadata.name);
      assert.deepEqual(pod.spec["imagePullSecrets"], [{ name: "pull" }, { name: "mine" }], pod.metadata.name);
      const isTrainer = pod.metadata.labels?.["petage.dev/role"] === "trainer";
      assert.deepEqual(pod.spec.nodeSelector, isTrainer ? { pool: "gpu" } : undefined);
    }
  });

  it("take what a template adds, but not its claim to be another job's", () => {
    const podTemplate = {
      metadata: { labels: { team: "pets", "petage.dev/job": "other" } },
      spec: { schedulingGates: [{ name: "mine" }], brandNew: true },
    };
    const pod = podOf("job-0-0", { podTemplate });
    assert.deepEqual([pod.metadata.labels?.["team"], pod.metadata.labels?.["petage.dev/job"]], ["pets", "job"]);
    assert.equal(pod.spec["brandNew"], true);
    assert.equal(podOf("job-0-data-loader", { podTemplate }).spec["brandNew"], undefined);
  });
});
