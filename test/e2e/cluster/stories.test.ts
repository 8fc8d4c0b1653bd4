import assert from "node:assert/strict";
import { useCluster } from "../../support/cluster.ts";
import { NAMESPACE, outcomeOf, Release } from "./release.ts";

/** What befalls jobs on real nodes, told to its end. That takes minutes, so it is a command of its own. */
const TOLD = process.env["PETAGE_NODE_STORIES"] === "on";
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STORY_TIMEOUT_MS = 15 * 60_000;
const ZONE = "topology.kubernetes.io/zone";

function onlyWhenAsked(): void {
  before("whether they are told", function () {
    if (TOLD) return;
    console.log("      Left out: PETAGE_NODE_STORIES=on npx mocha test/e2e/cluster/stories.test.ts tells them");
    this.skip();
  });
}

describe("stories of jobs on nodes whose scheduler knows gangs", function () {
  this.timeout(STORY_TIMEOUT_MS);
  onlyWhenAsked();
  const cluster = useCluster(3);
  let release: Release;
  let undisturbed: object;

  before("petage, two nodes and a run without trouble", async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    release = await Release.install(cluster(), 2);
    await release.addNode(2);
    for (const [node, zone] of [
      ["node1", "a"],
      ["node2", "b"],
    ] as const) {
      await release.kubectl("label", "node", node, `${ZONE}=${zone}`);
    }
    await release.start("plain");
    undisturbed = outcomeOf(await release.succeeds("plain"));
  });

  it("a job with a priority class trains as without", async () => {
    const priority = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "urgent" } };
    await cluster().apply({ ...priority, value: 1000 });
    await release.start("urgent", { schedulingPolicy: { priorityClassName: "urgent" } });
    assert.deepEqual(outcomeOf(await release.succeeds("urgent")), undisturbed);
  });

  it("a job that must stay together has all its pods in one zone", async () => {
    await release.start("together", { schedulingPolicy: { topologyKey: ZONE, topologyMode: "Required" } });
    await release.trains("together");
    const nodes = new Set((await release.nodesOf("together")).values());
    assert.equal(nodes.size, 1, [...nodes].join(", "));
    assert.deepEqual(outcomeOf(await release.succeeds("together")), undisturbed);
  });
});

describe("stories of jobs on nodes whose scheduler knows no gangs", function () {
  this.timeout(STORY_TIMEOUT_MS);
  onlyWhenAsked();
  const cluster = useCluster(3, { gangs: false });
  let release: Release;
  let undisturbed: object;

  before("petage, two nodes and a run without trouble", async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    release = await Release.install(cluster(), 1);
    await release.addNode(1);
    await release.start("plain");
    undisturbed = outcomeOf(await release.succeeds("plain"));
  });

  it("a gang is let in by the controller, one trainer on each node", async () => {
    await release.start("gated");
    await release.trains("gated");
    const nodes = await release.nodesOf("gated");
    assert.notEqual(nodes.get("gated-0-0"), nodes.get("gated-0-1"));
    assert.deepEqual(outcomeOf(await release.succeeds("gated")), undisturbed);
  });

  it("an elastic job whose node is lost goes on with the trainer that is left, from the checkpoint", async () => {
    await release.start("elastic", {
      elastic: { minWorkers: 1, maxWorkers: 2 },
      config: { name: "resnet18_petage_quickstart", cfgOptions: ["train_cfg.max_epochs=8"] },
    });
    await release.reaches("elastic", ({ status }) => (status?.lastCheckpoint?.step ?? 0) > 0);
    await cluster().loseNode("node2");
    const { status } = await release.succeeds("elastic");
    assert.equal(status?.workers?.succeeded, 1);
    assert.equal(status.progress?.epoch, 8);
    assert.equal(status.progress.step, status.progress.maxSteps);
    const lost = status.progress.lostSteps ?? 0;
    assert.ok(lost <= 5, `${lost} steps were done twice`);
  });
});

describe("stories of jobs on nodes whose quota is Kueue's", function () {
  this.timeout(STORY_TIMEOUT_MS);
  onlyWhenAsked();
  const cluster = useCluster(3, { kueue: true });
  const LONG = { config: { name: "resnet18_petage_quickstart", cfgOptions: ["train_cfg.max_epochs=3"] } };
  const QUEUE = { "kueue.x-k8s.io/queue-name": "pets" };
  let release: Release;

  before("petage and a queue with quota for one job", async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    release = await Release.install(cluster(), 2, ["--set", "controller.kueue=true,inference.enabled=false"]);
    await cluster().apply(...queueOf(2));
  });

  it("a preempted job goes on from its checkpoint and ends as one that was let alone, without a restart", async () => {
    await release.start("alone", LONG, QUEUE);
    const { status: alone } = await release.succeeds("alone");
    await release.start("humble", LONG, QUEUE);
    await release.reaches("humble", ({ status }) => (status?.lastCheckpoint?.step ?? 0) > 0);
    await release.start("urgent", {}, { ...QUEUE, "kueue.x-k8s.io/priority-class": "urgent" });
    const { status: queued } = await release.reaches("humble", ({ status }) => status?.phase === "Queued");
    assert.ok((queued?.lastCheckpoint?.step ?? 0) > 0);
    await release.succeeds("urgent");
    const { status: humble } = await release.succeeds("humble");
    assert.deepEqual([humble?.attempt, humble?.restarts, humble?.restartsIgnored ?? 0], [1, 0, 0]);
    assert.equal(humble?.progress?.step, alone?.progress?.step);
    const [expected = NaN, loss = NaN] = [alone?.progress?.loss, humble?.progress?.loss];
    assert.ok(Math.abs(loss - expected) <= 1e-4 * Math.abs(expected), `${loss} instead of ${expected}`);
  });
});

/** A LocalQueue `pets` with so many GPUs, and a class that goes before the others in it. */
function queueOf(gpus: number): object[] {
  const apiVersion = "kueue.x-k8s.io/v1beta2";
  const amounts = { cpu: 100, memory: "100Gi", "nvidia.com/gpu": gpus };
  const resources = Object.entries(amounts).map(([name, nominalQuota]) => ({ name, nominalQuota }));
  const group = { coveredResources: Object.keys(amounts), flavors: [{ name: "any", resources }] };
  const preemption = { withinClusterQueue: "LowerPriority" };
  const metadata = { name: "pets" };
  return [
    { apiVersion, kind: "ResourceFlavor", metadata: { name: "any" } },
    { apiVersion, kind: "WorkloadPriorityClass", metadata: { name: "urgent" }, value: 100 },
    {
      apiVersion,
      kind: "ClusterQueue",
      metadata,
      spec: { namespaceSelector: {}, preemption, resourceGroups: [group] },
    },
    {
      apiVersion,
      kind: "LocalQueue",
      metadata: { ...metadata, namespace: NAMESPACE },
      spec: { clusterQueue: "pets" },
    },
  ];
}
