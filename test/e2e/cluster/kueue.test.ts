import assert from "node:assert/strict";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { preparePetage, SMALL_VALUES } from "../../../scripts/cluster/petage.ts";
import { CHART } from "../../../scripts/deploy.ts";
import { imageSupport } from "../../../scripts/image/store.ts";
import { consoleReport } from "../../../scripts/setup/report.ts";
import { useCluster } from "../../support/cluster.ts";
import { useHelm } from "../../support/helm.ts";
import { until } from "../../support/until.ts";

const NAMESPACE = "petage";
const API = "kueue.x-k8s.io/v1beta2";
const GPUS = 2;
const SAVED_EVERY = 2;
/** Building the image the first time, on a busy machine. */
const SETUP_TIMEOUT_MS = 30 * 60_000;
const JOB_TIMEOUT_MS = 10 * 60_000;
/** It takes minutes, and the API server's level shows the same of pods that only look like it. */
const IS_WANTED = process.env["PETAGE_KUEUE_STORY"] === "on";

(IS_WANTED ? describe : describe.skip)("petage and Kueue on real nodes (PETAGE_KUEUE_STORY=on)", function () {
  this.timeout(3 * JOB_TIMEOUT_MS);
  const cluster = useCluster(3, { kueue: true });
  const helm = useHelm();

  before("images, a release that may use Kueue, and a queue", async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    const support = imageSupport();
    if (!support.available) {
      console.log(`      Left out: petage in containers: ${support.why}`);
      this.skip();
    }
    await preparePetage(cluster(), { namespace: NAMESPACE, gpus: GPUS }, consoleReport());
    const flags = [
      "--wait",
      "--timeout",
      "5m",
      ...SMALL_VALUES,
      "--set",
      "controller.kueue=true,inference.enabled=false",
    ];
    const place = ["--kubeconfig", cluster().kubeconfig, "--namespace", NAMESPACE];
    await helm.run("install", "petage", CHART, ...flags, ...place);
    const amounts = { cpu: 100, memory: "100Gi", "nvidia.com/gpu": GPUS };
    const resources = Object.entries(amounts).map(([name, nominalQuota]) => ({ name, nominalQuota }));
    const group = { coveredResources: Object.keys(amounts), flavors: [{ name: "any", resources }] };
    const preemption = { withinClusterQueue: "LowerPriority" };
    const spec = { namespaceSelector: {}, preemption, resourceGroups: [group] };
    await cluster().apply(
      { apiVersion: API, kind: "ResourceFlavor", metadata: { name: "any" } },
      { apiVersion: API, kind: "WorkloadPriorityClass", metadata: { name: "urgent" }, value: 100 },
      { apiVersion: API, kind: "ClusterQueue", metadata: { name: "pets" }, spec },
      {
        apiVersion: API,
        kind: "LocalQueue",
        metadata: { name: "pets", namespace: NAMESPACE },
        spec: { clusterQueue: "pets" },
      },
    );
  });

  async function submit(name: string, epochs: number, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await cluster().apply({
      apiVersion: "petage.dev/v1alpha1",
      kind: "TrainingJob",
      metadata: { name, namespace: NAMESPACE, labels: { "kueue.x-k8s.io/queue-name": "pets", ...labels } },
      spec: {
        workers: GPUS,
        gpu: { count: 1 },
        resources: { requests: { cpu: "300m", memory: "512Mi" } },
        config: { name: "resnet18_petage_quickstart", cfgOptions: [`train_cfg.max_epochs=${epochs}`] },
        dataset: { synthetic: { count: 400 } },
        checkpoint: { everySteps: SAVED_EVERY },
      },
    });
  }

  async function reaches(name: string, wanted: (job: TrainingJobObject) => boolean): Promise<TrainingJobObject> {
    let last: TrainingJobObject | undefined;
    const look = async (): Promise<TrainingJobObject | undefined> => {
      last = await cluster().get<TrainingJobObject & Record<string, unknown>>("tj", name, `--namespace=${NAMESPACE}`);
      return wanted(last) ? last : undefined;
    };
    return await until(`job ${name} is as wanted`, look, JOB_TIMEOUT_MS).catch((cause: unknown) => {
      throw new Error(`${String(cause)}: ${JSON.stringify(last?.status, undefined, 1)}`, { cause });
    });
  }

  const isIn = (name: string, phase: string): Promise<TrainingJobObject> =>
    reaches(name, ({ status }) => status?.phase === phase);

  it("a preempted job goes on from its checkpoint and ends as one that was let alone, without a restart", async () => {
    await submit("alone", 3);
    const { status: alone } = await isIn("alone", "Succeeded");
    await submit("humble", 3);
    await reaches("humble", ({ status }) => (status?.lastCheckpoint?.step ?? 0) >= SAVED_EVERY);
    await submit("urgent", 1, { "kueue.x-k8s.io/priority-class": "urgent" });
    const { status: queued } = await isIn("humble", "Queued");
    assert.ok((queued?.lastCheckpoint?.step ?? 0) >= SAVED_EVERY);
    await isIn("urgent", "Succeeded");
    const { status: humble } = await isIn("humble", "Succeeded");
    assert.deepEqual([humble?.attempt, humble?.restarts, humble?.restartsIgnored ?? 0], [1, 0, 0]);
    assert.equal(humble?.progress?.step, alone?.progress?.step);
    const [expected = NaN, loss = NaN] = [alone?.progress?.loss, humble?.progress?.loss];
    console.log(`      last loss ${expected} undisturbed, ${loss} preempted`);
    assert.ok(Math.abs(loss - expected) <= 1e-4 * Math.abs(expected), `${loss} instead of ${expected}`);
  });
});
