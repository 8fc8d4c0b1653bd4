import assert from "node:assert/strict";
import { CHECKPOINTS_FINALIZER } from "#lib/k8s/job/farewell.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { useCluster } from "#test/support/cluster.ts";
import { fake, JobCluster } from "#test/support/cluster-controller.ts";
import type { Behaviour } from "#test/support/cluster-controller.ts";
import { Replica } from "#test/support/controller-replica.ts";
import { until } from "#test/support/until.ts";

/** The garbage collector learns of a new kind of resource within half a minute. */
const GC_TIMEOUT_MS = 60_000;
const NAMESPACES = { group: "", version: "v1", plural: "namespaces" };
const DELETE = ["delete", "tj", "--namespace=farewell", "--wait=false"];
const NEVER = { checkpoint: { retain: "Never" } } as const;

describe("jobs whose folder goes with them", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);
  let jobs: JobCluster;
  let ending: JobCluster;
  let controller: Replica;

  before("a controller", async () => {
    const { kubeconfig } = cluster();
    await cluster().addFakeNodes(2, { gpus: 4 });
    jobs = await JobCluster.prepare(kubeconfig, "farewell");
    ending = await JobCluster.prepare(kubeconfig, "ending");
    await start();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
    ending?.[Symbol.dispose]();
  });

  async function start(): Promise<void> {
    const watched = ["farewell", "ending"];
    controller = await Replica.start({
      kubeconfig: cluster().kubeconfig,
      namespace: "farewell",
      watched,
      lease: "only",
    });
  }

  async function running(name: string, spec: Partial<TrainingJobSpec> = NEVER, where = jobs): Promise<void> {
    await where.apply(name, { workers: 2, ...spec });
    await where.reaches(name, ({ status }) => status?.phase === "Running" && status.workDir !== undefined);
  }

  const cleanersOf = async (job: string): Promise<readonly Pod[]> =>
    (await jobs.pods(job)).filter(({ metadata }) => metadata.labels?.["petage.dev/role"] === "cleaner");

  /** Waits for the pod that removes the folder, and lets it end like this. */
  async function cleans(job: string, behaviour: Behaviour = { "complete-after": "1ms" }, tried = 0): Promise<Pod> {
    const found = await until(`try ${tried} of ${job}`, async () => (await cleanersOf(job))[tried], GC_TIMEOUT_MS);
    const alive = (await jobs.pods(job)).filter((pod) => workerOf(pod) && pod.status?.phase === "Running");
    assert.deepEqual(
      alive.map(({ metadata }) => metadata.name),
      [],
      "who writes into the folder that is removed",
    );
    await jobs.obey(found.metadata.name, behaviour);
    return found;
  }

  const isGone = async (name: string, where = jobs): Promise<void> => {
    const look = async (): Promise<boolean> => (await where.get(name).catch(() => undefined)) === undefined;
    await until(`job ${name} is gone`, look, GC_TIMEOUT_MS);
  };

  it("stay until it has been removed, which is after the last of their pods", async () => {
    await running("deleted");
    const { metadata, status } = await jobs.get("deleted");
    assert.deepEqual(metadata.finalizers, [CHECKPOINTS_FINALIZER]);
    await jobs.deleteJob("deleted");
    const { spec } = await cleans("deleted");
    const command = spec.containers[0]?.["command"] as string[];
    assert.deepEqual(command.slice(4), ["remove-run", status?.workDir, "--uid", metadata.uid]);
    await isGone("deleted");
    await jobs.hasEvent("deleted", "Normal CheckpointsRemoved");
  });

  it("go so also when their time is over", async () => {
    await jobs.apply("short-lived", {
      ...NEVER,
      runPolicy: { ttlSecondsAfterFinished: 1 },
      ...fake({ "complete-after": "1ms" }),
    });
    await cleans("short-lived");
    await isGone("short-lived");
  });

  it("go though the controller was killed meanwhile", async () => {
    await running("taken-over");
    await jobs.deleteJob("taken-over");
    const made = await until("the cleaner", async () => (await cleanersOf("taken-over"))[0]);
    await controller.kill();
    await jobs.obey(made.metadata.name, { "complete-after": "1ms" });
    await start();
    await isGone("taken-over");
    await jobs.hasEvent("taken-over", "Normal CheckpointsRemoved");
  });

  it("go without it where it cannot be removed, and say so", async () => {
    await running("stubborn");
    await jobs.deleteJob("stubborn");
    const failing = { "fail-after": "1ms", message: "EACCES: permission denied" };
    for (const tried of [0, 1, 2]) await cleans("stubborn", failing, tried);
    await isGone("stubborn");
    await jobs.hasEvent("stubborn", "Warning CheckpointsKept");
  });

  it("leave it where that is said in the end", async () => {
    await running("spared");
    await jobs.change("spared", { checkpoint: { retain: "Always" } });
    await jobs.reaches("spared", ({ metadata }) => metadata.finalizers === undefined);
    await jobs.deleteJob("spared");
    await isGone("spared");
    assert.deepEqual(await cleanersOf("spared"), []);
  });

  it("go at once where nothing ran, or somebody else runs them", async () => {
    await jobs.apply("never-ran", { ...NEVER, runPolicy: { suspend: true } });
    await jobs.isIn("never-ran", "Suspended");
    await jobs.apply("foreign", { ...NEVER, managedBy: "kueue.x-k8s.io/multikueue" });
    for (const name of ["never-ran", "foreign"]) {
      await jobs.deleteJob(name);
      await isGone(name);
      assert.deepEqual(await cleanersOf(name), []);
    }
  });

  it("do not hold up the end of their namespace", async () => {
    await running("last", NEVER, ending);
    await ending.client.delete(NAMESPACES, { name: "ending" });
    await isGone("last", ending);
  });

  it("are held also by kubectl delete --cascade=foreground, which does not take away what removes it", async () => {
    await running("foreground");
    await cluster().kubectl([...DELETE, "foreground", "--cascade=foreground"]);
    await cleans("foreground");
    await isGone("foreground");
    await jobs.hasEvent("foreground", "Normal CheckpointsRemoved");
    await until("its pods are gone", async () => (await jobs.pods("foreground")).length === 0, GC_TIMEOUT_MS);
  });

  it("leave it to their pods where kubectl delete --cascade=orphan leaves these", async () => {
    await running("orphans");
    await cluster().kubectl([...DELETE, "orphans", "--cascade=orphan"]);
    await isGone("orphans");
    await jobs.hasEvent("orphans", "Warning CheckpointsKept");
    const left = await jobs.pods("orphans");
    assert.ok(left.length > 0 && left.every(({ status }) => status?.phase === "Running"), "nobody takes them away");
  });
});
