import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { Workload } from "#lib/k8s/job/kueue.ts";
import { workloadsOf } from "#lib/k8s/job/kueue.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { CHART } from "../../../../scripts/deploy.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { until } from "#test/support/until.ts";

const NAMESPACE = "queued";
const API = "kueue.x-k8s.io/v1beta2";
/** Of the nodes whose quota Kueue counts; there are others. */
const POOL = { "pets.example/pool": "counted" };
const WORKLOADS = workloadsOf("v1beta2");
/** Kueue looks at a queue again when something changes in it, a little later. */
const TURN_TIMEOUT_MS = 60_000;

describe("jobs in queues of Kueue", function () {
  this.timeout(180_000);
  const cluster = useCluster(2, { kueue: true });
  let jobs: JobCluster;
  let controller: TestController;
  let kubeconfig = "";
  const startController = async (more: Record<string, string> = {}): Promise<TestController> =>
    await jobs.startController({ PETAGE_USE_KUEUE: "true", KUBECONFIG: kubeconfig, ...more });

  before("a controller, and nodes of which Kueue counts some", async () => {
    await cluster().addFakeNodes(2, { gpus: 64, prefix: "counted", labels: POOL });
    await cluster().addFakeNodes(2, { gpus: 64, prefix: "other" });
    jobs = await JobCluster.prepare(cluster().kubeconfig, NAMESPACE);
    const flavor = {
      apiVersion: API,
      kind: "ResourceFlavor",
      metadata: { name: "counted" },
      spec: { nodeLabels: POOL },
    };
    await cluster().apply(flavor);
    kubeconfig = await controllerKubeconfig();
    controller = await startController();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  /** May do what the chart lets it, and no more. */
  async function controllerKubeconfig(): Promise<string> {
    await grant("controller.readPods=true");
    const token = await cluster().kubectl(["create", "token", "petage-controller", "--namespace", NAMESPACE]);
    const admin = JSON.parse(readFileSync(cluster().kubeconfig, "utf8")) as { users: readonly { name: string }[] };
    const users = admin.users.map(({ name }) => ({ name, user: { token: token.trim() } }));
    const path = join(cluster().folder, "controller.kubeconfig");
    writeFileSync(path, JSON.stringify({ ...admin, users }));
    return path;
  }

  /** What the chart lets a controller do that may use Kueue. */
  async function grant(values: string): Promise<void> {
    const shown = ["--namespace", NAMESPACE, "--show-only", "templates/controller/rbac.yaml"];
    const set = ["--set", `controller.kueue=true,${values}`];
    const rights = await cluster().helm(["template", "petage", CHART, ...set, ...shown]);
    await cluster().kubectl(["apply", "--namespace", NAMESPACE, "--filename=-"], { input: rights });
  }

  /** A queue of its own with some GPUs. */
  async function queue(name: string, gpus: number, spec: object = {}): Promise<void> {
    const amounts = { cpu: 1000, memory: "1000Gi", "nvidia.com/gpu": gpus };
    const resources = Object.entries(amounts).map(([resource, nominalQuota]) => ({ name: resource, nominalQuota }));
    const groups = [{ coveredResources: Object.keys(amounts), flavors: [{ name: "counted", resources }] }];
    const clusterQueue = { namespaceSelector: {}, resourceGroups: groups, ...spec };
    await cluster().apply(
      { apiVersion: API, kind: "ClusterQueue", metadata: { name }, spec: clusterQueue },
      { apiVersion: API, kind: "LocalQueue", metadata: { name, namespace: NAMESPACE }, spec: { clusterQueue: name } },
    );
  }

  /** A job that asks for a queue as Kueue's users do. */
  async function submit(name: string, spec: Partial<TrainingJobSpec> = {}, labels: Record<string, string> = {}) {
    const job: TrainingJobObject = {
      apiVersion: "petage.dev/v1alpha1",
      kind: "TrainingJob",
      metadata: { name, namespace: NAMESPACE, labels },
      spec: { config: { name: "resnet18_petage_quickstart" }, workers: 2, gpu: {}, ...spec },
    };
    return await jobs.client.create<TrainingJobObject>(TRAINING_JOBS, job, { strict: true });
  }

  const inQueue = (name: string): Record<string, string> => ({ "kueue.x-k8s.io/queue-name": name });

  async function workloadOf(job: string): Promise<Workload | undefined> {
    const all = await jobs.list<Workload>(WORKLOADS);
    return all.find(({ metadata }) => metadata.name === `trainingjob-${job}`);
  }

  async function changeWorkload(job: string, patch: object, subresource?: "status"): Promise<void> {
    const place = { namespace: NAMESPACE, name: `trainingjob-${job}`, ...(subresource && { subresource }) };
    await jobs.client.merge(WORKLOADS, place, { patch });
  }

  async function finish(job: string, attempt = 0): Promise<void> {
    const trainers = (await jobs.pods(job)).filter(
      ({ metadata }) => metadata.labels?.["petage.dev/role"] === "trainer",
    );
    const current = trainers.filter(({ metadata }) => metadata.labels?.["petage.dev/attempt"] === String(attempt));
    await Promise.all(current.map(({ metadata }) => jobs.obey(metadata.name, { "complete-after": "0s" })));
    await jobs.isIn(job, "Succeeded");
  }

  const isQueuedBy = (pattern: RegExp) => (job: TrainingJobObject) =>
    job.status?.phase === "Queued" && pattern.test(job.status.message ?? "");

  it("wait suspended, without pods, until there is quota, and give it back when they end", async () => {
    await queue("one", 2);
    await submit("first", {}, inQueue("one"));
    await jobs.isIn("first", "Running");
    await submit("second", { schedulingPolicy: { gang: "Kueue", queue: "one", startTimeoutSeconds: 10 } });
    const { status } = await jobs.reaches("second", isQueuedBy(/insufficient unused quota for nvidia\.com\/gpu/));
    const suspended = status?.conditions?.find(({ type }) => type === "Suspended");
    assert.deepEqual([suspended?.status, suspended?.reason, suspended?.message], ["True", "Queued", status?.message]);
    assert.deepEqual(await jobs.pods("second"), []);
    await finish("first");
    const { status: after } = await jobs.isIn("second", "Running", TURN_TIMEOUT_MS);
    assert.deepEqual([after?.attempt, after?.restarts, after?.restartsIgnored ?? 0], [0, 0, 0]);
    const table = await cluster().kubectl(["get", "workloads.kueue.x-k8s.io", "--namespace", NAMESPACE]);
    assert.match(table, /^trainingjob-first +one +one +True +True +/m);
    const done = (await workloadOf("first"))?.status?.conditions?.find(({ type }) => type === "Finished");
    assert.deepEqual([done?.status, done?.reason, done?.message], ["True", "Succeeded", "Training is complete"]);
    await jobs.hasEvents("second", ["Normal Queued", "Normal QuotaReserved"]);
  });

  it("run on the nodes of their flavor, trainers and helpers alike", async () => {
    await queue("placed", 2);
    await submit("placed", { schedulingPolicy: { queue: "placed" } }); // whose queue it is, it leaves open
    await jobs.isIn("placed", "Running");
    for (const { metadata, spec } of await jobs.pods("placed")) {
      assert.equal(spec.nodeSelector?.["pets.example/pool"], "counted", metadata.name);
      assert.match(spec.nodeName ?? "", /^counted-/);
      assert.equal(metadata.labels?.["kueue.x-k8s.io/podset"], metadata.labels?.["petage.dev/role"]);
    }
  });

  it("make room for more important ones, which counts as no restart, and go on from their checkpoint afterwards", async () => {
    await queue("ranked", 2, { preemption: { withinClusterQueue: "LowerPriority" } });
    await cluster().apply(
      { apiVersion: API, kind: "WorkloadPriorityClass", metadata: { name: "urgent" }, value: 100 },
      { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "humble" }, value: 10 },
    );
    await submit("humble", { schedulingPolicy: { priorityClassName: "humble" } }, inQueue("ranked"));
    await jobs.isIn("humble", "Running");
    const before = await workloadOf("humble");
    assert.deepEqual([before?.spec.priority, before?.spec.priorityClassRef?.name], [10, "humble"]);
    await submit("urgent", {}, { ...inQueue("ranked"), "kueue.x-k8s.io/priority-class": "urgent" });
    await jobs.isIn("urgent", "Running", TURN_TIMEOUT_MS);
    const { status } = await jobs.isIn("humble", "Queued");
    assert.deepEqual([status?.attempt, status?.restarts, status?.restartsIgnored ?? 0], [1, 0, 0]);
    assert.deepEqual(await jobs.pods("humble"), []);
    await jobs.hasEvent("humble", "Warning Preempted");
    await finish("urgent");
    await jobs.isIn("humble", "Running", TURN_TIMEOUT_MS);
    const resumed = (await jobs.pods("humble")).map((pod) => variable(pod, "PETAGE_RESUME_FROM"));
    assert.ok(resumed.includes("run"), `from its own last checkpoint: ${JSON.stringify(resumed)}`);
    assert.equal((await workloadOf("humble"))?.metadata.uid, before?.metadata.uid, "in the place that it had");
  });

  it("begin with as many workers as there is quota for, where they are elastic", async () => {
    await queue("partial", 6);
    await submit("elastic", { workers: 8, elastic: { minWorkers: 4, maxWorkers: 8 } }, inQueue("partial"));
    const { status } = await jobs.isIn("elastic", "Running");
    assert.equal(status?.workers?.summary, "6/8");
    const before = await workloadOf("elastic");
    const assigned = before?.status?.admission?.podSetAssignments ?? [];
    assert.equal(assigned.find(({ name }) => name === "trainer")?.count, 6);
    await jobs.change("elastic", { workers: 5 });
    const smaller = await jobs.reaches("elastic", ({ status: now }) => now?.workers?.summary === "5/5");
    assert.equal(smaller.status?.phase, "Running");
    assert.equal((await workloadOf("elastic"))?.metadata.uid, before?.metadata.uid, "within what was admitted");
  });

  it("keep their quota while they restart, and say so to Kueue", async () => {
    await queue("steady", 2);
    await submit("restarts", {}, inQueue("steady"));
    await jobs.isIn("restarts", "Running");
    const before = await workloadOf("restarts");
    await jobs.obey("restarts-0-1", { "fail-after": "0s" });
    await jobs.reaches("restarts", ({ status }) => status?.phase === "Running" && status.attempt === 1);
    const isRecovered = async (): Promise<boolean> => {
      const ready = (await workloadOf("restarts"))?.status?.conditions?.find(({ type }) => type === "PodsReady");
      return ready?.status === "True" && (ready.reason === "Recovered" || ready.reason === "Started");
    };
    await until("Kueue knows that its pods are ready", isRecovered);
    const after = await workloadOf("restarts");
    assert.deepEqual(after?.status?.admission, before?.status?.admission);
    assert.equal(after?.metadata.uid, before?.metadata.uid);
  });

  it("give all back when they are deleted, waiting or running", async () => {
    await queue("left", 2);
    await submit("leaves", {}, inQueue("left"));
    await jobs.isIn("leaves", "Running");
    await submit("gives-up", {}, inQueue("left"));
    await jobs.isIn("gives-up", "Queued");
    await submit("comes", {}, inQueue("left"));
    await jobs.isIn("comes", "Queued");
    for (const name of ["gives-up", "leaves"]) await jobs.deleteJob(name);
    await jobs.isIn("comes", "Running", TURN_TIMEOUT_MS);
    await until(
      "their Workloads are gone",
      async () => !(await workloadOf("leaves")) && !(await workloadOf("gives-up")),
    );
  });

  it("give it back also where their deletion waits for all that is theirs, and their folder is removed", async () => {
    await queue("awaited", 2);
    const name = "awaited-by-all";
    await submit(name, { checkpoint: { retain: "Never" } }, inQueue("awaited"));
    await jobs.isIn(name, "Running");
    await cluster().kubectl(["delete", "tj", name, `--namespace=${NAMESPACE}`, "--cascade=foreground", "--wait=false"]);
    const isCleaner = ({ metadata }: Pod): boolean => metadata.labels?.["petage.dev/role"] === "cleaner";
    const cleaner = await until("the cleaner", async () => (await jobs.pods(name)).find(isCleaner), TURN_TIMEOUT_MS);
    await jobs.obey(cleaner.metadata.name, { "complete-after": "1ms" });
    await until("it is gone", async () => !(await jobs.get(name).catch(() => undefined)), TURN_TIMEOUT_MS);
    assert.equal(await workloadOf(name), undefined);
  });

  it("go with all that waits for them, and make room for one of the same name", async () => {
    await queue("again", 2);
    await submit("again", {}, inQueue("again"));
    await jobs.isIn("again", "Running");
    await jobs.deleteJob("again");
    const { metadata } = await submit("again", {}, inQueue("again")); // its Workload and pods are still there
    await jobs.isIn("again", "Running", TURN_TIMEOUT_MS);
    const owner = (await workloadOf("again"))?.metadata.ownerReferences?.[0]?.uid;
    assert.equal(owner, metadata.uid);
    const foreground = ["--cascade=foreground", "--timeout=60s"];
    await cluster().kubectl(["delete", "tj", "again", "--namespace", NAMESPACE, ...foreground]);
    assert.equal(await workloadOf("again"), undefined);
  });

  it("outlive the controller, also by one that watches all namespaces", async () => {
    await queue("restarted", 2);
    await submit("runs", {}, inQueue("restarted"));
    await jobs.isIn("runs", "Running");
    await submit("waits", {}, inQueue("restarted"));
    await jobs.isIn("waits", "Queued");
    await controller[Symbol.asyncDispose]();
    await grant("controller.watchAllNamespaces=true");
    controller = await startController({ PETAGE_WATCH_NAMESPACES: "*" });
    await finish("runs");
    assert.equal((await jobs.get("runs")).status?.attempt, 0);
    const { status } = await jobs.isIn("waits", "Running", TURN_TIMEOUT_MS);
    assert.equal(status?.attempt, 0);
  });

  it("leave the queue while their users have suspended them", async () => {
    await queue("suspendable", 2);
    await submit("paused", {}, inQueue("suspendable"));
    await jobs.isIn("paused", "Running");
    await jobs.change("paused", { runPolicy: { suspend: true } });
    await jobs.isIn("paused", "Suspended");
    await until("its Workload is gone", async () => !(await workloadOf("paused")));
    await jobs.change("paused", { runPolicy: { suspend: false } });
    const { status } = await jobs.isIn("paused", "Running", TURN_TIMEOUT_MS);
    assert.equal(status?.attempt, 1);
  });

  it("stop when an administrator stops their Workload, or deletes it, and queue again", async () => {
    await queue("stopped", 2);
    await submit("stopped", {}, inQueue("stopped"));
    await jobs.isIn("stopped", "Running");
    await changeWorkload("stopped", { spec: { active: false } });
    await jobs.reaches("stopped", isQueuedBy(/deactivated/));
    assert.deepEqual(await jobs.pods("stopped"), []);
    await changeWorkload("stopped", { spec: { active: true } });
    await jobs.isIn("stopped", "Running", TURN_TIMEOUT_MS);
    const before = await workloadOf("stopped");
    await jobs.client.delete(WORKLOADS, { namespace: NAMESPACE, name: "trainingjob-stopped" });
    const { status } = await jobs.reaches(
      "stopped",
      ({ status: now }) => now?.phase === "Running" && now.attempt === 2,
      TURN_TIMEOUT_MS,
    );
    assert.equal(status?.restarts, 0);
    assert.notEqual((await workloadOf("stopped"))?.metadata.uid, before?.metadata.uid);
  });

  it("wait for admission checks, and get what those add to their pods", async () => {
    const check = { apiVersion: API, kind: "AdmissionCheck", metadata: { name: "ours" } };
    await cluster().apply({ ...check, spec: { controllerName: "pets.example/test" } });
    const active = { type: "Active", status: "True", reason: "Ours", message: "" };
    const conditions = [{ ...active, lastTransitionTime: "2026-01-01T00:00:00Z" }];
    const patch = JSON.stringify({ status: { conditions } });
    await cluster().kubectl([
      "patch",
      "admissioncheck",
      "ours",
      "--subresource=status",
      "--type=merge",
      `--patch=${patch}`,
    ]);
    await queue("checked", 2, { admissionChecksStrategy: { admissionChecks: [{ name: "ours" }] } });
    await submit("checked", {}, inQueue("checked"));
    await jobs.reaches("checked", isQueuedBy(/^Has quota, and waits for admission checks: ours is Pending/));
    const update = { name: "trainer", annotations: { "pets.example/reservation": "r1" } };
    const state = { name: "ours", state: "Ready", message: "", podSetUpdates: [update] };
    const ready = { ...state, lastTransitionTime: "2026-01-01T00:00:00Z" };
    await changeWorkload("checked", { status: { admissionChecks: [ready] } }, "status");
    await jobs.isIn("checked", "Running", TURN_TIMEOUT_MS);
    const trainer = (await jobs.pods("checked")).find(({ metadata }) => metadata.name === "checked-0-0");
    assert.equal(trainer?.metadata.annotations?.["pets.example/reservation"], "r1");
  });

  it("restart and end while Kueue is away, which is told afterwards", async () => {
    await queue("away", 4);
    for (const name of ["goes-on", "ends"]) await submit(name, {}, inQueue("away"));
    for (const name of ["goes-on", "ends"]) await jobs.isIn(name, "Running");
    await cluster().kill("kueue");
    await jobs.obey("goes-on-0-1", { "fail-after": "0s" });
    await jobs.reaches("goes-on", ({ status }) => status?.phase === "Running" && status.attempt === 1);
    await jobs.change("ends", { runPolicy: { cancel: true } });
    await jobs.isIn("ends", "Cancelled");
    await cluster().restart("kueue");
    const isFinished = async (): Promise<boolean> =>
      (await workloadOf("ends"))?.status?.conditions?.some(({ type }) => type === "Finished") ?? false;
    await until("Kueue knows that it has ended", isFinished, TURN_TIMEOUT_MS);
  });

  it("say what they name that is not there, and can be cancelled then", async () => {
    await submit("unranked", {}, { ...inQueue("one"), "kueue.x-k8s.io/priority-class": "no-such-class" });
    await jobs.reaches("unranked", ({ status }) => /no-such-class/.test(status?.message ?? ""));
    await jobs.change("unranked", { runPolicy: { cancel: true } });
    await jobs.isIn("unranked", "Cancelled");
  });

  it("say so where the queue that they name is not there", async () => {
    await submit("lost", {}, inQueue("no-such-queue"));
    await jobs.reaches("lost", isQueuedBy(/no-such-queue/));
    await jobs.reaches("lost", isQueuedBy(/LocalQueue no-such-queue doesn't exist/));
  });
});

function variable({ spec }: Pod, name: string): unknown {
  const environment = (spec.containers[0]?.["env"] ?? []) as readonly { name: string; value?: string }[];
  return environment.find((each) => each.name === name)?.value;
}
