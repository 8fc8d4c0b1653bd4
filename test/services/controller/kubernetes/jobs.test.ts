import assert from "node:assert/strict";
import type { TrainingJobSpec } from "#lib/k8s/job/training-job.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";

/** What kwok makes of the trainers of a job: `{ "complete-after": "1s" }`. */
function fake(behaviour: Readonly<Record<string, string>>): Pick<TrainingJobSpec, "podTemplate"> {
  const annotations = Object.entries(behaviour).map(([key, value]) => [`fake.petage.dev/${key}`, value]);
  return { podTemplate: { metadata: { annotations: Object.fromEntries(annotations) as Record<string, string> } } };
}

describe("the controller of a cluster", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);
  let jobs: JobCluster;
  let controller: TestController;

  before("a controller", async () => {
    await cluster().addFakeNodes(2, { gpus: 4 });
    jobs = await JobCluster.prepare(cluster().kubeconfig, "jobs");
    controller = await jobs.startController();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  it("makes a gang of pods, watches it run, and says when it is done", async () => {
    await jobs.apply("plain", { workers: 2, gpu: { count: 1 }, ...fake({ "complete-after": "1s" }) });
    const running = await jobs.isIn("plain", "Running");
    assert.deepEqual(running.status?.workers, {
      desired: 2,
      created: 2,
      ready: 2,
      succeeded: 0,
      failed: 0,
      summary: "2/2",
    });
    const names = (await jobs.pods("plain")).map(({ metadata }) => metadata.name);
    assert.deepEqual(names.toSorted(), ["plain-0-0", "plain-0-1", "plain-0-data-loader", "plain-0-evaluator"]);
    const { status } = await jobs.isIn("plain", "Succeeded");
    assert.equal(status?.message, "Training is complete");
  });
});
