import assert from "node:assert/strict";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { controllerOf } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import type { AuditEvent } from "../../../../scripts/cluster/audit.ts";
import { useCluster } from "#test/support/cluster.ts";
import { CONTROLLER_USER_AGENT, fake, JobCluster, POD_GROUPS } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { wasPutOff } from "#test/support/status-writes.ts";
import { until } from "#test/support/until.ts";

const NAMESPACE = "scarce";
const QUOTAS: ResourceType = { group: "", version: "v1", plural: "resourcequotas" };
const PRIORITY_CLASSES: ResourceType = { group: "scheduling.k8s.io", version: "v1", plural: "priorityclasses" };
const dra = (plural: string): ResourceType => ({ group: "resource.k8s.io", version: "v1", plural });
const [RESOURCE_SLICES, DEVICE_CLASSES] = [dra("resourceslices"), dra("deviceclasses")];
const [CLAIM_TEMPLATES, CLAIMS] = [dra("resourceclaimtemplates"), dra("resourceclaims")];
/** Elastic jobs wait half a minute for the rest of their workers. */
const SHRINK_TIMEOUT_MS = 60_000;
/** How long a gang is left in the scheduler's queue. */
const QUEUED_MS = 12_000;

describe("jobs of a cluster that has not enough", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);
  let jobs: JobCluster;
  let poor: JobCluster;
  let controller: TestController;

  /** GPUs that no other test uses. */
  async function pool(product: string, gpus: number): Promise<Partial<TrainingJobSpec>> {
    await cluster().addFakeNodes(1, { gpus, prefix: product, labels: { "nvidia.com/gpu.product": product } });
    return { gpu: { product } };
  }

  before("a controller of several namespaces", async () => {
    const { kubeconfig } = cluster();
    await cluster().addFakeNodes(1);
    jobs = await JobCluster.prepare(kubeconfig, NAMESPACE);
    poor = await JobCluster.prepare(kubeconfig, "poor");
    (await JobCluster.prepare(kubeconfig, "frugal"))[Symbol.dispose]();
    for (const here of [jobs, poor]) await here.apply("early", { workers: 1, ...fake({ "complete-after": "1ms" }) });
    controller = await jobs.startController({ PETAGE_WATCH_NAMESPACES: `${NAMESPACE},poor,frugal` });
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    poor?.[Symbol.dispose]();
    jobs?.[Symbol.dispose]();
  });

  /** The others run meanwhile: it waits for half a minute before it shrinks. */
  before("an elastic job from which a GPU is taken", async () => {
    const gpus = await pool("elastic", 4);
    await jobs.apply("shrinks", { ...gpus, workers: 4, elastic: { minWorkers: 2, maxWorkers: 4 } });
    await jobs.isIn("shrinks", "Running");
    await cluster().patchGpus("elastic-0", 3);
    await jobs.evict("shrinks-0-3");
    await jobs.reaches("shrinks", ({ status }) => status?.attempt === 1);
  });

  /** It has waited longer than it may hold nodes by the time that it is looked at. */
  before("a gang for which there is no room", async () => {
    const schedulingPolicy = { startTimeoutSeconds: QUEUED_MS / 1000 - 2 };
    await jobs.apply("patient", { workers: 2, gpu: { product: "none-such" }, schedulingPolicy });
  });

  it("and not the gang that a job names is told so, and has no pods that would start one by one", async () => {
    await jobs.apply("unhad", { workers: 2, schedulingPolicy: { gang: "Coscheduling" } });
    const { status } = await jobs.reaches("unhad", ({ status: now }) => /This cluster has no/.test(now?.message ?? ""));
    assert.equal(
      status?.message,
      "Cannot create what the job needs: This cluster has no podgroups.scheduling.x-k8s.io, which schedulingPolicy.gang " +
        "Coscheduling is made of. Install kube-scheduler with the plugin Coscheduling, or leave the choice to gang Auto in a new job",
    );
    assert.deepEqual(await jobs.pods("unhad"), []);
    await jobs.hasEvent("unhad", "Warning GangMissing");
    await jobs.deleteJob("unhad");
  });

  it("runs what was there before it in every namespace", async () => {
    for (const here of [jobs, poor]) await here.isIn("early", "Succeeded");
  });

  it("starts the workers of a job together or not at all, and says what is missing", async () => {
    const gpus = await pool("gang", 4);
    await jobs.apply("first", { ...gpus, workers: 3 });
    await jobs.isIn("first", "Running");
    const second = await jobs.apply("second", { ...gpus, workers: 2, ...fake({ "complete-after": "1ms" }) });
    // The scheduler may say something else while it has seen only some of the pods.
    const whole = /^minCount \(4\) cannot be satisfied/;
    const said = await jobs.reaches(
      "second",
      ({ status }) => status?.phase === "Scheduling" && whole.test(status.message ?? ""),
    );
    const gang = said.status?.conditions?.find(({ type }) => type === "GangScheduled");
    assert.deepEqual([gang?.status, gang?.message], ["False", said.status?.message]);
    const group = (await jobs.list<PodGroup>(POD_GROUPS)).find((one) => controllerOf(one) === second.metadata.uid);
    assert.equal(group?.spec.schedulingPolicy.gang.minCount, 4, "with data-loader and evaluator");
    const pods = await jobs.pods("second");
    assert.deepEqual(
      pods.map(({ spec }) => [spec["schedulingGroup"], spec.nodeName]),
      Array.from({ length: 4 }, () => [{ podGroupName: group?.metadata.name }, undefined]),
      "none of them runs",
    );
    await jobs.change("first", { runPolicy: { cancel: true } });
    await jobs.isIn("second", "Succeeded", 60_000);
  });

  it("gives all pods of a job and their group one priority, wherever the job names its class", async () => {
    const client = jobs.client;
    await client.create<PriorityClass>(PRIORITY_CLASSES, { metadata: { name: "low" }, value: 1000 });
    const polite = { metadata: { name: "polite" }, value: 2000, preemptionPolicy: "Never" };
    await client.create<PriorityClass>(PRIORITY_CLASSES, polite);
    const template = { podTemplate: { spec: { priorityClassName: "polite" } } };
    await jobs.apply("plain", { workers: 2 });
    await jobs.apply("low", { workers: 2, schedulingPolicy: { priorityClassName: "low" } });
    await jobs.apply("polite", { workers: 2, ...template });
    await jobs.apply("both", { workers: 2, schedulingPolicy: { priorityClassName: "low" }, ...template });
    for (const [name, priority] of Object.entries({ plain: 0, low: 1000, polite: 2000, both: 2000 })) {
      const job = await jobs.isIn(name, "Running");
      const group = (await jobs.list<PodGroup>(POD_GROUPS)).find((one) => controllerOf(one) === job.metadata.uid);
      const pods = await jobs.pods(name);
      assert.deepEqual(
        [group, ...pods].map((object) => object?.spec.priority),
        Array(5).fill(priority),
        name,
      );
      await jobs.deleteJob(name);
    }
  });

  it("comes onto nodes of one topology where that is required, and onto any where it is preferred", async () => {
    const rack = "example.com/rack";
    const labelled = (name: string): Record<string, string> => ({ "nvidia.com/gpu.product": "racks", [rack]: name });
    for (const [name, gpus] of Object.entries({ small: 1, large: 2, tiny: 1 })) {
      await cluster().addFakeNodes(1, { gpus, prefix: `rack-${name}`, labels: labelled(name) });
    }
    const near = { topologyKey: rack, topologyMode: "Required" } as const;
    const racks = { workers: 2, gpu: { product: "racks" } };
    await jobs.apply("near", { ...racks, schedulingPolicy: near });
    const { metadata } = await jobs.isIn("near", "Running");
    const nodes = (await jobs.pods("near")).map(({ spec }) => spec.nodeName);
    assert.deepEqual(nodes, Array(4).fill("rack-large-0"), "where there is room for all");
    const group = (await jobs.list<PodGroup>(POD_GROUPS)).find((one) => controllerOf(one) === metadata.uid);
    assert.deepEqual(group?.spec.schedulingConstraints, { topology: [{ key: rack }] });
    await jobs.apply("nowhere", { ...racks, schedulingPolicy: near });
    await jobs.isIn("nowhere", "Scheduling");
    await jobs.apply("anywhere", { ...racks, schedulingPolicy: { topologyKey: rack } });
    await jobs.isIn("anywhere", "Running");
    assert.equal((await jobs.get("nowhere")).status?.phase, "Scheduling");
    for (const name of ["near", "nowhere", "anywhere"]) await jobs.deleteJob(name);
  });

  it("makes room as a whole for one of a higher priority, and goes on when that has ended", async () => {
    await jobs.client.create<PriorityClass>(PRIORITY_CLASSES, { metadata: { name: "urgent" }, value: 3000 });
    const gpus = await pool("preempted", 2);
    await jobs.apply("victim", { ...gpus, workers: 2, failurePolicy: { maxRestarts: 0 } });
    const { metadata } = await jobs.isIn("victim", "Running");
    const group = (await jobs.list<PodGroup>(POD_GROUPS)).find((one) => controllerOf(one) === metadata.uid);
    assert.deepEqual(group?.spec.disruptionMode, { all: {} });
    const urgent = { schedulingPolicy: { priorityClassName: "urgent" } };
    await jobs.apply("urgent", { ...gpus, ...urgent, workers: 1 });
    await jobs.isIn("urgent", "Running", 60_000);
    const { status } = await jobs.reaches("victim", ({ status: now }) => now?.attempt === 1);
    assert.deepEqual([status?.restarts, status?.restartsIgnored], [0, 1]);
    await jobs.change("urgent", { runPolicy: { cancel: true } });
    await jobs.isIn("victim", "Running", 60_000);
    await jobs.deleteJob("victim");
  });

  it("gets GPUs by claims, one for each trainer", async () => {
    const [node = ""] = await cluster().addFakeNodes(1, { prefix: "claimed" });
    const driver = "gpu.example.com";
    const devices = ["gpu-0", "gpu-1"].map((name) => ({ name }));
    const slice = { driver, nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices };
    await jobs.client.create(RESOURCE_SLICES, withSpec({ name: "claimed" }, slice));
    const expression = `device.driver == "${driver}"`;
    await jobs.client.create(DEVICE_CLASSES, withSpec({ name: driver }, { selectors: [{ cel: { expression } }] }));
    const requests = [{ name: "gpu", exactly: { deviceClassName: driver } }];
    const template = { spec: { devices: { requests } } };
    await jobs.client.create(CLAIM_TEMPLATES, withSpec({ name: "one-gpu", namespace: NAMESPACE }, template));
    const gpu = { resourceClaimTemplateName: "one-gpu" };
    await jobs.apply("claims", { workers: 2, gpu });
    await jobs.isIn("claims", "Running");
    const trainers = (await jobs.pods("claims")).filter(({ metadata }) => /-[01]$/.test(metadata.name));
    assert.deepEqual(
      trainers.map(({ spec }) => spec.nodeName),
      [node, node],
    );
    assert.equal((await jobs.list(CLAIMS)).length, 2);
    await jobs.apply("no-claims", { workers: 2, gpu, ...fake({ "complete-after": "1ms" }) });
    await jobs.isIn("no-claims", "Scheduling");
    await jobs.change("claims", { runPolicy: { cancel: true } });
    await jobs.isIn("no-claims", "Succeeded", 60_000);
  });

  it("gives up an attempt that holds nodes and does not become ready in time, and tries again", async () => {
    await jobs.apply("stuck", {
      ...(await pool("stuck", 2)),
      workers: 2,
      schedulingPolicy: { startTimeoutSeconds: 10 },
      ...fake({ "start-after": "3600s" }),
    });
    const { status } = await jobs.reaches("stuck", ({ status: now }) => now?.nextRetryTime !== undefined);
    assert.match(status?.message ?? "", /^(Restarting after: )?Not all workers were ready after 10 s/);
    const waiting = await jobs.isIn("stuck", "Restarting");
    assert.deepEqual([waiting.status?.restarts, waiting.status?.restartsIgnored, waiting.status?.attempt], [0, 1, 1]);
    assert.ok(Date.parse(waiting.status?.nextRetryTime ?? "") > Date.now());
    assert.deepEqual(await jobs.pods("stuck"), [], "what it held is given back");
    await jobs.deleteJob("stuck");
  });

  it("keeps the place of a gang in the scheduler's queue, however long it waits there", async () => {
    const { status } = await jobs.reaches("patient", waitsLongerThan(QUEUED_MS), 60_000);
    assert.deepEqual([status?.phase, status?.attempt, status?.restartsIgnored ?? 0], ["Scheduling", 0, 0]);
    assert.match(status?.message ?? "", /^minCount \(4\) cannot be satisfied/);
    await pool("none-such", 2);
    const { status: later } = await jobs.isIn("patient", "Running");
    assert.equal(later?.attempt, 0);
  });

  it("says why a job waits that asks for a queue of Kueue where there is none, or where it may not", async () => {
    const schedulingPolicy = { gang: "Kueue", queue: "pets" } as const;
    await jobs.apply("unheard", { schedulingPolicy });
    const { status } = await jobs.isIn("unheard", "Queued");
    assert.match(status?.message ?? "", /^The job asks for a queue of Kueue, and the controller may not use it\. Set /);
    using alone = await JobCluster.prepare(cluster().kubeconfig, "no-kueue");
    await using _allowed = await alone.startController({ PETAGE_USE_KUEUE: "true" });
    await alone.apply("unheard", { schedulingPolicy });
    const { status: missing } = await alone.isIn("unheard", "Queued");
    assert.match(
      missing?.message ?? "",
      /this cluster has none \(kueue\.x-k8s\.io\)\. Install it, or ask for no queue$/,
    );
    for (const here of [jobs, alone]) assert.deepEqual(await here.pods("unheard"), []);
  });

  it("says that a quota is exceeded, and goes on when it is raised", async () => {
    const metadata = { name: "few", namespace: "poor" };
    const quota = { metadata, spec: { hard: { pods: "2" } } };
    await poor.client.create(QUOTAS, quota);
    await poor.apply("too-many", { workers: 2, ...fake({ "complete-after": "1ms" }) });
    const { status } = await poor.reaches("too-many", ({ status: now }) => now?.message?.includes("quota") ?? false);
    assert.match(status?.message ?? "", /^Cannot create what the job needs: .*exceeded quota: few/);
    assert.equal(status?.conditions?.find(({ type }) => type === "Running")?.reason, "QuotaExceeded");
    assert.ok((await poor.pods("too-many")).length <= 2);
    await poor.client.merge(QUOTAS, metadata, { patch: { spec: { hard: { pods: "10" } } } });
    const { status: end } = await poor.isIn("too-many", "Succeeded", 60_000);
    assert.deepEqual([end?.attempt, end?.restarts], [0, 0]);
  });

  it("goes on with fewer workers when GPUs are taken from an elastic job", async () => {
    const { status } = await jobs.reaches(
      "shrinks",
      (job: TrainingJobObject) => job.status?.phase === "Running" && (job.status.attempt ?? 0) > 1,
      SHRINK_TIMEOUT_MS,
    );
    assert.deepEqual([status?.workers?.summary, status?.restarts, status?.restartsIgnored], ["3/4", 0, 1]);
    await jobs.hasEvent("shrinks", "Normal Resizing");
  });

  it("costs the API server little: six writes more than pods, its events, and no reading", async () => {
    const gpus = await pool("frugal", 4);
    const metadata = { name: "straight", namespace: "frugal" };
    const spec = {
      config: { name: "resnet18_petage_quickstart" },
      workers: 4,
      ...gpus,
      ...fake({ "complete-after": "2500ms" }),
    };
    const beginning = Date.now();
    await cluster().apply({ apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", metadata, spec });
    const wait = ["wait", "tj/straight", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s"];
    await cluster().kubectl([...wait, "--namespace=frugal"]);
    const calls = await until("the helpers have been told to end", () => {
      const ours = cluster().auditLog().filter(isController("frugal", beginning));
      return ours.some(({ verb }) => verb.startsWith("delete")) && ours;
    });
    const counts = new Map<string, number>();
    for (const { verb, resource } of calls) {
      counts.set(`${verb} ${resource}`, (counts.get(`${verb} ${resource}`) ?? 0) + 1);
    }
    const told = JSON.stringify(Object.fromEntries(counts));
    assert.equal(counts.get("create pods"), 6);
    assert.deepEqual(
      calls.filter(({ verb }) => verb === "get" || verb === "list"),
      [],
    );
    const due = calls.filter((call) => call.verb !== "watch" && !wasPutOff(call));
    const [events, writes] = [due.filter(isOfEvent).length, due.filter((call) => !isOfEvent(call)).length];
    assert.ok(writes <= 6 + 6 && events >= 4, told);
    console.log(`      ${writes} writes: ${told}`);
  });
});

function isOfEvent({ resource }: AuditEvent): boolean {
  return resource === "events";
}

function waitsLongerThan(ms: number): (job: TrainingJobObject) => boolean {
  return ({ metadata }) => Date.now() - Date.parse(metadata.creationTimestamp ?? "") > ms;
}

/** Calls of the controller; the test itself asks for this namespace with kubectl alone. */
function isController(namespace: string, since: number): (event: AuditEvent) => boolean {
  return (event) =>
    event.userAgent === CONTROLLER_USER_AGENT && event.namespace === namespace && event.receivedAt.getTime() >= since;
}

interface PodGroup extends KubeObject {
  readonly spec: {
    readonly schedulingPolicy: { readonly gang: { readonly minCount: number } };
    readonly priority?: number;
    readonly disruptionMode?: object;
    readonly schedulingConstraints?: object;
  };
}

function withSpec(metadata: KubeObject["metadata"], spec: object): KubeObject {
  return { metadata, spec } as KubeObject;
}

interface PriorityClass extends KubeObject {
  readonly value: number;
  readonly preemptionPolicy?: string;
}
