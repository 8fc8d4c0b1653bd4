import assert from "node:assert/strict";
import type { TrainingJobSpec, TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { useCluster } from "#test/support/cluster.ts";
import { fake, JobCluster, POD_GROUPS } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";

const NAMESPACE = "disturbed";

/** What is done to a running job of two workers, and how it stands when it runs again. */
const DISTURBANCES: readonly {
  readonly what: string;
  readonly name: string;
  readonly spec?: Partial<TrainingJobSpec>;
  readonly disturb: (jobs: JobCluster, name: string) => Promise<unknown>;
  readonly leads: Pick<TrainingJobStatus, "phase" | "attempt" | "restarts"> & { readonly restartsIgnored?: number };
  readonly failure: { readonly exitCode?: number; readonly reason: string; readonly message: RegExp };
}[] = [
  {
    what: "a trainer that fails is restarted with all the others",
    name: "fails",
    disturb: (jobs, name) => jobs.obey(`${name}-0-1`, { "fail-after": "0s", message: "out of luck" }),
    leads: { phase: "Running", attempt: 1, restarts: 1 },
    failure: { exitCode: 1, reason: "Error", message: /^trainer-1 ended with exit code 1 \(on node .*: out of luck$/ },
  },
  {
    what: "a pod that somebody deletes is a failure",
    name: "deleted",
    disturb: (jobs, name) => jobs.deletePod(`${name}-0-0`),
    leads: { phase: "Running", attempt: 1, restarts: 1 },
    failure: { reason: "Deleted", message: /^trainer-0 was lost \(Deleted, on node / },
  },
  {
    what: "a data-loader that is lost is a failure of the job",
    name: "no-data",
    disturb: (jobs, name) => jobs.deletePod(`${name}-0-data-loader`),
    leads: { phase: "Running", attempt: 1, restarts: 1 },
    failure: { reason: "Deleted", message: /^data-loader was lost/ },
  },
  {
    what: "an eviction is nobody's fault: the restart does not count",
    name: "evicted",
    spec: { failurePolicy: { maxRestarts: 0 } },
    disturb: (jobs, name) => jobs.evict(`${name}-0-1`),
    leads: { phase: "Running", attempt: 1, restarts: 0, restartsIgnored: 1 },
    failure: { reason: "EvictionByEvictionAPI", message: /^trainer-1 was lost \(EvictionByEvictionAPI/ },
  },
  {
    what: "a rule can let a job fail for an eviction",
    name: "fragile",
    spec: { failurePolicy: { rules: [{ podConditions: ["DisruptionTarget"], action: "FailJob" }] } },
    disturb: (jobs, name) => jobs.evict(`${name}-0-1`),
    leads: { phase: "Failed", attempt: 0, restarts: 0 },
    failure: { reason: "EvictionByEvictionAPI", message: /./ },
  },
  {
    what: "a rule can let restarts after an exit code go uncounted",
    name: "forgiven",
    spec: { failurePolicy: { maxRestarts: 0, rules: [{ exitCodes: [9], action: "RestartIgnoringLimit" }] } },
    disturb: (jobs, name) => jobs.obey(`${name}-0-0`, { "fail-after": "0s", "exit-code": "9" }),
    leads: { phase: "Running", attempt: 1, restarts: 0, restartsIgnored: 1 },
    failure: { exitCode: 9, reason: "Error", message: /./ },
  },
  {
    what: "a worker that fell with another is not to blame",
    name: "victim",
    async disturb(jobs, name) {
      await Promise.all([
        jobs.obey(`${name}-0-0`, { "fail-after": "0s", "exit-code": "75" }),
        jobs.obey(`${name}-0-1`, { "fail-after": "0s", "exit-code": "137", reason: "OOMKilled" }),
      ]);
    },
    leads: { phase: "Running", attempt: 1, restarts: 1 },
    failure: { exitCode: 137, reason: "OOMKilled", message: /^trainer-1 was killed by SIGKILL \(OOMKilled/ },
  },
];

describe("jobs of a cluster that are disturbed", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);
  let jobs: JobCluster;
  let controller: TestController;

  before("a controller, and jobs that run and are disturbed", async () => {
    await cluster().addFakeNodes(2, { gpus: 64 });
    jobs = await JobCluster.prepare(cluster().kubeconfig, NAMESPACE);
    controller = await jobs.startController();
    await Promise.all(
      DISTURBANCES.map(async ({ name, spec, disturb }) => {
        await jobs.apply(name, { workers: 2, gpu: {}, ...spec });
        await jobs.isIn(name, "Running");
        await disturb(jobs, name);
      }),
    );
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  const runsAt = async (name: string, attempt: number): Promise<TrainingJobObject> =>
    await jobs.reaches(name, ({ status }) => status?.phase === "Running" && status.attempt === attempt);

  for (const { what, name, leads, failure } of DISTURBANCES) {
    it(what, async () => {
      const { phase, attempt } = leads;
      const { status } = await jobs.reaches(
        name,
        ({ status: now }) => now?.phase === phase && now?.attempt === attempt && now?.lastFailure !== undefined,
      );
      const { lastFailure, restarts, restartsIgnored = 0 } = status ?? {};
      assert.deepEqual([restarts, restartsIgnored], [leads.restarts, leads.restartsIgnored ?? 0]);
      assert.deepEqual([lastFailure?.exitCode, lastFailure?.reason], [failure.exitCode, failure.reason]);
      assert.match(lastFailure?.message ?? "", failure.message);
      assert.match(lastFailure?.worker ?? "", new RegExp(`^${name}-0-`));
      assert.match(lastFailure?.node ?? "", /^fake-\d$/);
    });
  }

  it("replaces all pods and the group, and keeps the pod that failed for its log", async () => {
    const { metadata, status } = await runsAt("fails", 1);
    const names = (await jobs.pods("fails")).map((pod) => pod.metadata.name).toSorted();
    assert.deepEqual(names, ["fails-0-1", "fails-1-0", "fails-1-1", "fails-1-data-loader", "fails-1-evaluator"]);
    const groups = (await jobs.list(POD_GROUPS)).map((group) => group.metadata.name);
    const ours = groups.filter((group) => group.startsWith("fails-"));
    assert.deepEqual(ours, [`fails-${metadata.uid?.slice(0, 8)}-1`]);
    assert.equal(status?.workers?.summary, "2/2");
    assert.equal(status?.nextRetryTime, undefined);
    await jobs.hasEvents("fails", ["Warning Error"]);
  });

  it("stops pods of a job that is suspended, and runs it again as a new attempt", async () => {
    const name = "paused";
    await jobs.apply(name, { workers: 2, gpu: {} });
    await jobs.isIn(name, "Running");
    await jobs.change(name, { runPolicy: { suspend: true } });
    const { status } = await jobs.isIn(name, "Suspended");
    assert.deepEqual(await jobs.pods(name), []);
    assert.equal(status?.conditions?.find(({ type }) => type === "Suspended")?.status, "True");
    assert.equal(status?.startTime, undefined, "time does not run");
    await jobs.change(name, { runPolicy: { suspend: false } });
    const again = await runsAt(name, 1);
    assert.equal(again.status?.restarts, 0);
    assert.equal(again.status?.conditions?.find(({ type }) => type === "Suspended")?.status, "False");
    await jobs.hasEvents(name, ["Normal Suspended"]);
  });

  it("makes nothing of a job that is suspended from the beginning, until it is let go", async () => {
    const name = "on-hold";
    await jobs.apply(name, { runPolicy: { suspend: true }, ...fake({ "complete-after": "1ms" }) });
    await jobs.isIn(name, "Suspended");
    assert.deepEqual(await jobs.pods(name), []);
    await jobs.change(name, { runPolicy: { suspend: false } });
    const { status } = await jobs.isIn(name, "Succeeded");
    assert.equal(status?.attempt, 0);
  });

  it("cancels a job: its pods go, and it ends", async () => {
    const name = "unwanted";
    await jobs.apply(name, { workers: 2, gpu: {} });
    await jobs.isIn(name, "Running");
    await jobs.change(name, { runPolicy: { cancel: true } });
    const { status } = await jobs.isIn(name, "Cancelled");
    assert.equal(status?.message, "Cancelled by request");
    assert.deepEqual(await jobs.pods(name), []);
    await jobs.hasEvents(name, ["Normal Cancelled"]);
  });

  it("changes the size of an elastic job with `kubectl scale`, up and down", async () => {
    const name = "rubber";
    const elastic = { minWorkers: 1, maxWorkers: 4 };
    await jobs.apply(name, { workers: 2, elastic, gpu: {} });
    await jobs.isIn(name, "Running");
    let attempt = 0;
    for (const size of [4, 1]) {
      await cluster().kubectl(["scale", "tj", name, `--replicas=${size}`, `--namespace=${NAMESPACE}`]);
      const { status } = await runsAt(name, ++attempt);
      assert.deepEqual([status?.workers?.summary, status?.restarts], [`${size}/${size}`, 0]);
      const trainers = (await jobs.pods(name)).filter(
        ({ metadata }) => metadata.labels?.["petage.dev/role"] === "trainer",
      );
      assert.equal(trainers.length, size);
    }
  });

  it("notices a change of when a condition holds, and of nothing else", async () => {
    const name = "steady";
    const { status: before } = await (async () => {
      await jobs.apply(name, { elastic: { minWorkers: 1, maxWorkers: 4 } });
      return await jobs.isIn(name, "Running");
    })();
    await jobs.change(name, { runPolicy: { ttlSecondsAfterFinished: 60 } });
    const seen = await jobs.reaches(name, ({ metadata, status }) => status?.observedGeneration === metadata.generation);
    assert.notEqual(seen.status?.observedGeneration, before?.observedGeneration);
    const times = ({ conditions = [] }: TrainingJobStatus): string[] =>
      conditions.map(({ type, status, lastTransitionTime }) => `${type} ${status} ${lastTransitionTime}`);
    assert.deepEqual(times(seen.status ?? {}), times(before ?? {}));
  });

  it("goes on elsewhere when a node drives its pods out", async () => {
    const name = "driven-out";
    const [node = ""] = await cluster().addFakeNodes(1, {
      gpus: 2,
      prefix: "doomed",
      labels: { "nvidia.com/gpu.product": "doomed" },
    });
    await cluster().addFakeNodes(1, { gpus: 2, prefix: "spare", labels: { "nvidia.com/gpu.product": "doomed" } });
    await jobs.apply(name, { workers: 2, gpu: { product: "doomed" }, failurePolicy: { maxRestarts: 0 } });
    await jobs.isIn(name, "Running");
    const taken = (await jobs.pods(name)).filter(({ spec }) => spec.nodeName === node).length;
    const other = taken > 0 ? node : "spare-0";
    await cluster().kubectl(["taint", "nodes", other, "broken=yes:NoExecute"]);
    const { status } = await runsAt(name, 1);
    assert.deepEqual([status?.restarts, status?.restartsIgnored], [0, 1]);
    assert.equal(status?.lastFailure?.reason, "DeletionByTaintManager");
    const nodes = (await jobs.pods(name)).flatMap(({ spec, metadata }) =>
      metadata.labels?.["petage.dev/attempt"] === "1" ? [spec.nodeName] : [],
    );
    assert.ok(!nodes.includes(other), nodes.join());
  });
});
