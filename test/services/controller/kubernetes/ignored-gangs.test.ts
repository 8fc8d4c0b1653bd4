import assert from "node:assert/strict";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";

const NAMESPACE = "scattered";
/** How long an attempt may hold nodes before it is given up, and also before it is told why. */
const PATIENCE_SECONDS = 10;
const TIMEOUT_MS = 60_000;
const SAID =
  /Not all workers were ready after 10 s: The scheduler gave places to 3 of 4 workers that must start together: it leaves their group out of account\. Groups need kube-scheduler with --feature-gates=GenericWorkload=true/;

describe("jobs of a cluster whose scheduler leaves their groups out of account", function () {
  this.timeout(180_000);
  const cluster = useCluster(2, { schedulesGangs: false });
  let jobs: JobCluster;
  let controller: TestController;

  /** Room for one of two trainers, and for all that helps them. */
  async function halfRoom(product: string): Promise<Partial<TrainingJobSpec>> {
    await cluster().addFakeNodes(1, { gpus: 1, prefix: product, labels: { "nvidia.com/gpu.product": product } });
    return { workers: 2, gpu: { product } };
  }

  before("a controller, and gangs of which only a part fits", async () => {
    await cluster().addFakeNodes(1);
    jobs = await JobCluster.prepare(cluster().kubeconfig, NAMESPACE);
    const schedulingPolicy = { startTimeoutSeconds: PATIENCE_SECONDS };
    await jobs.apply("auto", { ...(await halfRoom("auto")), schedulingPolicy });
    await jobs.apply("native", {
      ...(await halfRoom("native")),
      schedulingPolicy: { ...schedulingPolicy, gang: "Native" },
    });
    controller = await jobs.startController();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  it("go on with petage's own gates, and say so", async () => {
    const { status } = await jobs.reaches("auto", ({ status: now }) => now?.attempt === 1, TIMEOUT_MS);
    assert.deepEqual([status?.restarts, status?.restartsIgnored], [0, 1]);
    const waiting = await jobs.reaches("auto", ({ status: now }) => now?.phase === "Scheduling");
    assert.equal(
      waiting.status?.message,
      "Waiting for room: 2 nvidia.com/gpu wanted, 1 nvidia.com/gpu there, 1 nvidia.com/gpu free",
    );
    await jobs.hasEvent("auto", "Warning GangIgnored");
    assert.ok(
      (await jobs.pods("auto")).every(({ spec }) => spec.nodeName === undefined),
      "nothing is held",
    );
    await cluster().patchGpus("auto-0", 2);
    await jobs.isIn("auto", "Running", TIMEOUT_MS);
  });

  it("are told what their scheduler lacks where they insist on it", async () => {
    await jobs.reaches("native", ({ status }) => SAID.test(status?.message ?? ""), TIMEOUT_MS);
  });
});
