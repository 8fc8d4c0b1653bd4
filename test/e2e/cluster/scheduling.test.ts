import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useCluster } from "../../support/cluster.ts";
import { podGroupManifest, podManifest } from "../../support/pods.ts";
import type { PodStatus } from "../../support/pods.ts";
import { until } from "../../support/until.ts";

const DEADLINE_MS = 30_000;

describe("a cluster of level 2", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);

  before(async () => {
    const nodes = await cluster().addFakeNodes(2, { gpus: 2, labels: { "nvidia.com/gpu.product": "fake" } });
    assert.deepEqual(nodes, ["fake-0", "fake-1"]);
  });

  afterEach(async () => {
    await cluster().kubectl(["delete", "pods,podgroups.scheduling.k8s.io", "--all", "--wait", "--timeout=30s"]);
  });

  const podOf = async (name: string): Promise<PodStatus> => await cluster().get<PodStatus>("pod", name);
  const phaseOf = async (name: string): Promise<string> => (await podOf(name)).status.phase;
  const reaches = async (name: string, phase: string): Promise<PodStatus> =>
    await until(
      `${name} is ${phase}`,
      async () => {
        const pod = await podOf(name);
        return pod.status.phase === phase ? pod : undefined;
      },
      DEADLINE_MS,
    );

  it("runs a pod on a fake node", async () => {
    await cluster().apply(podManifest({ name: "plain", gpus: 1 }));
    const { spec, status } = await reaches("plain", "Running");
    assert.match(spec.nodeName ?? "", /^fake-[01]$/);
    assert.match(status.podIP ?? "", /^10\.6[4-7]\./);
    assert.ok(status.containerStatuses?.every(({ ready }) => ready));
  });

  const ends: readonly (readonly [string, Record<string, string>, string, object])[] = [
    ["completes", { "complete-after": "10ms" }, "Succeeded", { exitCode: 0, reason: "Completed" }],
    ["fails", { "fail-after": "10ms" }, "Failed", { exitCode: 1, reason: "Error" }],
    [
      "is killed",
      { "fail-after": "10ms", "exit-code": "137", reason: "OOMKilled", message: "too much" },
      "Failed",
      { exitCode: 137, reason: "OOMKilled", message: "too much" },
    ],
  ];
  for (const [behaviour, fake, phase, expected] of ends) {
    it(`plays a pod that ${behaviour}`, async () => {
      const annotations = Object.fromEntries(
        Object.entries(fake).map(([key, value]) => [`fake.petage.dev/${key}`, value]),
      );
      await cluster().apply(podManifest({ name: "ending", annotations }));
      const { status } = await reaches("ending", phase);
      const { exitCode, reason, message } = status.containerStatuses?.[0]?.state.terminated ?? {};
      assert.deepEqual({ exitCode, reason, ...(message && { message }) }, expected);
    });
  }

  it("schedules a gang whole or not at all", async () => {
    await cluster().apply(podGroupManifest("gang", 2), podManifest({ name: "gang-0", group: "gang" }));
    await cluster().apply(podManifest({ name: "later" }));
    await reaches("later", "Running"); // so the scheduler has passed the gang's first pod
    assert.equal(await phaseOf("gang-0"), "Pending");
    await cluster().apply(podManifest({ name: "gang-1", group: "gang" }));
    await Promise.all(["gang-0", "gang-1"].map((name) => reaches(name, "Running")));
  });

  it("says why a gang waits for GPUs, and schedules it when they are free", async () => {
    await cluster().apply(podManifest({ name: "greedy-0", gpus: 2 }), podManifest({ name: "greedy-1", gpus: 1 }));
    await Promise.all(["greedy-0", "greedy-1"].map((name) => reaches(name, "Running")));
    const gang = ["gang-0", "gang-1"].map((name) => podManifest({ name, gpus: 1, group: "gang" }));
    await cluster().apply(podGroupManifest("gang", 2), ...gang);
    const path = '{.status.conditions[?(@.type=="PodGroupInitiallyScheduled")].message}';
    const query = ["get", "podgroups.v1beta1.scheduling.k8s.io", "gang", `--output=jsonpath=${path}`];
    const why = await until(
      "the group says why",
      async () => (await cluster().kubectl(query)) || undefined,
      DEADLINE_MS,
    );
    assert.match(why, /minCount \(2\)/);
    assert.deepEqual(await Promise.all(["gang-0", "gang-1"].map(phaseOf)), ["Pending", "Pending"]);
    await cluster().kubectl(["delete", "pod", "greedy-0"]);
    await Promise.all(["gang-0", "gang-1"].map((name) => reaches(name, "Running")));
  });

  it("installs charts that ask for its version of Kubernetes", async () => {
    const chart = mkdtempSync(join(tmpdir(), "petage-chart-"));
    try {
      const about = { apiVersion: "v2", name: "tiny", version: "0.1.0", kubeVersion: ">=1.37.0" };
      const words = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "tiny" }, data: { greeting: "hello" } };
      mkdirSync(join(chart, "templates"));
      writeFileSync(join(chart, "Chart.yaml"), JSON.stringify(about));
      writeFileSync(join(chart, "templates", "words.yaml"), JSON.stringify(words));
      await cluster().helm(["install", "tiny", chart]);
      assert.deepEqual((await cluster().get<{ data: unknown }>("configmap", "tiny")).data, words.data);
      await cluster().helm(["uninstall", "tiny", "--wait"]);
    } finally {
      rmSync(chart, { recursive: true });
    }
  });
});
