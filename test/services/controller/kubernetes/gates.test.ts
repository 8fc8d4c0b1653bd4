import assert from "node:assert/strict";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { PODS } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { useCluster } from "#test/support/cluster.ts";
import { fake, JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { podManifest } from "#test/support/pods.ts";

const NAMESPACE = "gated";
const PRIORITY_CLASSES: ResourceType = { group: "scheduling.k8s.io", version: "v1", plural: "priorityclasses" };
/** Elastic jobs wait half a minute for the rest of their workers, and room that others make is seen every ten seconds. */
const ROOM_TIMEOUT_MS = 60_000;

describe("jobs of a cluster that starts no gangs together", function () {
  this.timeout(180_000);
  const cluster = useCluster(2, { gangs: false });
  let jobs: JobCluster;
  let controller: TestController;

  /** GPUs that no other test uses. */
  async function pool(product: string, gpus: number, nodes = 1): Promise<Partial<TrainingJobSpec>> {
    await cluster().addFakeNodes(nodes, { gpus, prefix: product, labels: { "nvidia.com/gpu.product": product } });
    return { gpu: { product } };
  }

  /** A pod of somebody else that uses GPUs. */
  async function occupy(name: string, product: string, gpus: number): Promise<void> {
    const { metadata, spec } = podManifest({ name, gpus }) as Pod;
    const nodeSelector = { "nvidia.com/gpu.product": product };
    const pod = { metadata: { ...metadata, namespace: NAMESPACE }, spec: { ...spec, nodeSelector } };
    await jobs.client.create<Pod>(PODS, pod);
  }

  async function says(name: string, message: string): Promise<void> {
    await jobs.reaches(name, ({ status }) => status?.message === message, ROOM_TIMEOUT_MS);
  }

  before("a controller, and an elastic job for which there is not room enough", async () => {
    await cluster().addFakeNodes(1);
    jobs = await JobCluster.prepare(cluster().kubeconfig, NAMESPACE);
    controller = await jobs.startController();
    const gpus = await pool("elastic", 3, 2);
    await jobs.apply("elastic", { ...gpus, workers: 8, elastic: { minWorkers: 2, maxWorkers: 8 } });
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  it("counts what others use, says what is short, and starts a gang when there is room for all of it", async () => {
    const gpus = await pool("shared", 4);
    await occupy("notebook", "shared", 2);
    await jobs.apply("neighbour", { ...gpus, workers: 3, ...fake({ "complete-after": "1ms" }) });
    await says("neighbour", "Waiting for room: 3 nvidia.com/gpu wanted, 4 nvidia.com/gpu there, 2 nvidia.com/gpu free");
    assert.ok(
      (await jobs.pods("neighbour")).every(({ spec }) => spec.nodeName === undefined),
      "none of them runs",
    );
    await jobs.deletePod("notebook");
    const { status } = await jobs.isIn("neighbour", "Succeeded", ROOM_TIMEOUT_MS);
    assert.equal(status?.attempt, 0);
  });

  it("counts no nodes whose taints a job does not bear", async () => {
    const gpus = await pool("tainted", 2);
    await cluster().kubectl(["taint", "node", "tainted-0", "team=cats:NoSchedule"]);
    await jobs.apply("stranger", { ...gpus, workers: 2 });
    await says("stranger", "Waiting for room: 2 nvidia.com/gpu wanted, 0 nvidia.com/gpu there, 0 nvidia.com/gpu free");
    const tolerations = [{ key: "team", value: "cats" }];
    await jobs.apply("friend", { ...gpus, workers: 2, podTemplate: { spec: { tolerations } } });
    await jobs.isIn("friend", "Running");
  });

  it("lets those of a higher priority in first, whoever came first", async () => {
    await jobs.client.create<KubeObject>(PRIORITY_CLASSES, { metadata: { name: "urgent" }, value: 10 } as KubeObject);
    const gpus = await pool("queue", 2);
    await occupy("blocker", "queue", 1);
    await jobs.apply("early", { ...gpus, workers: 2 });
    await jobs.isIn("early", "Scheduling");
    await jobs.apply("urgent", { ...gpus, workers: 2, schedulingPolicy: { priorityClassName: "urgent" } });
    await jobs.isIn("urgent", "Scheduling");
    await jobs.deletePod("blocker");
    await jobs.isIn("urgent", "Running", ROOM_TIMEOUT_MS);
    assert.equal((await jobs.get("early")).status?.phase, "Scheduling");
    await jobs.change("urgent", { runPolicy: { cancel: true } });
    await jobs.isIn("early", "Running", ROOM_TIMEOUT_MS);
  });

  it("begins an elastic job with the workers that fit, and goes on with fewer when a node goes", async () => {
    const { status } = await jobs.isIn("elastic", "Running", ROOM_TIMEOUT_MS);
    assert.deepEqual([status?.workers?.summary, status?.restarts], ["6/8", 0]);
    await cluster().kubectl(["delete", "node", "elastic-0"]);
    const shrunk = await jobs.reaches(
      "elastic",
      (job) => job.status?.phase === "Running" && job.status.workers?.summary === "3/8",
      2 * ROOM_TIMEOUT_MS,
    );
    assert.equal(shrunk.status?.restartsIgnored, 1 + (status?.restartsIgnored ?? 0));
  });
});
