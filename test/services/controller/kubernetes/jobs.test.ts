import assert from "node:assert/strict";
import { GANGS } from "#lib/k8s/job/gang.ts";
import { render } from "#lib/k8s/job/render.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS, PODS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { Phase } from "#lib/jobs/job-state.ts";
import { ConfigResolver } from "#services/controller/kubernetes/resolve.ts";
import { useCluster } from "#test/support/cluster.ts";
import { controllerEnvironment, fake, JobCluster, POD_GROUPS } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { podManifest } from "#test/support/pods.ts";
import { until } from "#test/support/until.ts";

const END_TIMEOUT_MS = 60_000;
/** The garbage collector learns of a new kind of resource within half a minute. */
const GC_TIMEOUT_MS = 60_000;

/** Everything that `wanted` says is so in `actual`, which may say more. */
function assertWithin(actual: unknown, wanted: unknown, path = ""): void {
  // The API server leaves out values that are empty.
  if (typeof wanted !== "object" || wanted === null) return assert.deepEqual(actual ?? "", wanted, path);
  assert.ok(typeof actual === "object" && actual !== null, `${path} is missing`);
  for (const [key, value] of Object.entries(wanted)) {
    assertWithin((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
  }
}

/** Whatever follows from its annotations, this is how each job ends. */
const LIVES: readonly {
  readonly what: string;
  readonly name: string;
  readonly spec: Partial<TrainingJobSpec>;
  readonly ends: Phase;
  /** Whole, or a part of it. */
  readonly message: string | RegExp;
  readonly restarts?: number;
  readonly ignored?: number;
  /** All events, in the order in which they were recorded. */
  readonly events: readonly string[];
  readonly failure?: { readonly exitCode?: number; readonly reason: string };
}[] = [
  {
    what: "a job that goes straight succeeds, and records nothing that leads off its way",
    name: "straight",
    spec: { workers: 2, gpu: { count: 1 }, ...fake({ "complete-after": "500ms" }) },
    ends: "Succeeded",
    message: "Training is complete",
    events: [],
  },
  {
    what: "a job that always fails is restarted as often as it may, and the message says how often that was",
    name: "hopeless",
    spec: {
      failurePolicy: { maxRestarts: 1 },
      ...fake({ "fail-after": "100ms", message: "no photos" }),
    },
    ends: "Failed",
    message: /^trainer-0 ended with exit code 1 \(on node fake-\d\): no photos \(after 1 restarts without a new checkp/,
    restarts: 1,
    events: ["Warning Error", "Warning Error"],
    failure: { exitCode: 1, reason: "Error" },
  },
  {
    what: "a user's error is not tried again",
    name: "user-error",
    spec: fake({ "fail-after": "100ms", "exit-code": "3", message: "bad_config.py: no such key" }),
    ends: "Failed",
    message: /exit code 3.*bad_config\.py: no such key/,
    events: ["Warning Error"],
    failure: { exitCode: 3, reason: "Error" },
  },
  {
    what: "a rule names exit codes with which a job fails at once",
    name: "fail-rule",
    spec: {
      failurePolicy: { maxRestarts: 5, rules: [{ exitCodes: [42], action: "FailJob" }] },
      ...fake({ "fail-after": "100ms", "exit-code": "42", reason: "OOMKilled" }),
    },
    ends: "Failed",
    message: /^trainer-0 ended with exit code 42 \(OOMKilled, on node fake-\d\)$/,
    events: ["Warning OOMKilled"],
    failure: { exitCode: 42, reason: "OOMKilled" },
  },
  {
    what: "a job of which a trainer was stopped has not succeeded, and is not restarted",
    name: "stopped",
    spec: {
      workers: 2,
      failurePolicy: { maxRestarts: 5 },
      ...fake({ "fail-after": "100ms", "exit-code": "4", message: "TrainerService.Stop ended training" }),
    },
    ends: "Failed",
    message: /^trainer-\d ended with exit code 4 .*: TrainerService\.Stop ended training$/,
    events: ["Warning Stopped"],
    failure: { exitCode: 4, reason: "Stopped" },
  },
  {
    what: "a job that runs too long fails",
    name: "late",
    spec: { runPolicy: { activeDeadlineSeconds: 2 } },
    ends: "Failed",
    message: "Ran longer than its deadline of 2 s",
    events: ["Warning DeadlineExceeded"],
  },
  {
    what: "an error in a config is told with file, line and what was meant, and no pod is made",
    name: "bad-config",
    spec: { config: { inline: "model = dict(\n    typ='x'\n" } },
    ends: "Failed",
    message: /config\.py:\d+/,
    events: ["Warning ConfigInvalid"],
  },
  {
    what: "the name of a config that does not exist is told with the one that was meant",
    name: "unknown-config",
    spec: { config: { name: "resnet18_petage_quikstart" } },
    ends: "Failed",
    message: /resnet18_petage_quikstart[^]*resnet18_petage_quickstart/,
    events: ["Warning ConfigInvalid"],
  },
  {
    what: "a pod template that makes no pod fails the job with the words of the API server",
    name: "bad-template",
    spec: { podTemplate: { spec: { hostAliases: [{ ip: "nowhere", hostnames: ["x"] }] } } },
    ends: "Failed",
    message: /^Cannot create what the job needs: .*hostAliases.*nowhere/,
    events: ["Warning InvalidPod"],
  },
  {
    what: "a field of a pod template that no pod has fails the job instead of being dropped",
    name: "misspelt-template",
    spec: { podTemplate: { spec: { tolerationz: [] } } },
    ends: "Failed",
    message: /^Cannot create what the job needs: .*unknown field "spec\.tolerationz"/,
    events: ["Warning InvalidPod"],
  },
];

describe("jobs of a cluster", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);
  let jobs: JobCluster;
  let controller: TestController;

  before("a controller, and all jobs at once", async () => {
    await cluster().addFakeNodes(4, { gpus: 4 });
    jobs = await JobCluster.prepare(cluster().kubeconfig, "jobs");
    controller = await jobs.startController();
    await Promise.all(LIVES.map(({ name, spec }) => jobs.apply(name, spec)));
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    jobs?.[Symbol.dispose]();
  });

  async function ended(name: string): Promise<TrainingJobObject> {
    return await jobs.reaches(name, ({ status }) => isTerminal(status?.phase), END_TIMEOUT_MS);
  }

  for (const life of LIVES) {
    it(life.what, async () => {
      const { status } = await ended(life.name);
      assert.equal(status?.phase, life.ends, status?.message);
      if (typeof life.message === "string") assert.equal(status?.message, life.message);
      else assert.match(status?.message ?? "", life.message);
      assert.equal(status?.restarts ?? 0, life.restarts ?? 0);
      assert.equal(status?.restartsIgnored ?? 0, life.ignored ?? 0);
      assert.notEqual(status?.completionTime, undefined);
      if (life.failure) assertWithin(status?.lastFailure, life.failure, "lastFailure");
      else assert.equal(status?.lastFailure, undefined);
      await until("its pods are gone", async () => (await jobs.pods(life.name)).every(hasEnded));
      await jobs.hasEvents(life.name, life.events);
    });
  }

  it("tells the straight way of a job in events, and counts what happens again", async () => {
    await ended("straight");
    const life = ["Created", "Admitted", "Running", "Completed"].map((reason) => `Normal ${reason}`);
    await until("all has been told", async () => (await jobs.told("straight")).join() === life.join());
    await ended("hopeless");
    const created = async (): Promise<boolean> =>
      (await jobs.told("hopeless")).filter((event) => event === "Normal Created").length === 2;
    await until("both attempts have been told", created);
  });

  it("has a condition for every end, which `kubectl wait` waits for", async () => {
    await jobs.apply("given-up", { runPolicy: { cancel: true } });
    const ends = { straight: "Complete", hopeless: "Failed", "given-up": "Cancelled" };
    for (const [name, type] of Object.entries(ends)) {
      const wait = ["wait", `tj/${name}`, `--for=condition=${type}`, "--namespace=jobs", "--timeout=30s"];
      assert.match(await cluster().kubectl(wait), /condition met/);
      await cluster().kubectl(["wait", `tj/${name}`, "--for=jsonpath={.status.completionTime}", "--namespace=jobs"]);
    }
  });

  it("says in every condition since when it holds", async () => {
    const { status, metadata } = await ended("straight");
    const conditions = Object.fromEntries((status?.conditions ?? []).map((condition) => [condition.type, condition]));
    const holds = Object.entries(conditions).map(([type, { status: value }]) => `${type} ${value}`);
    assert.deepEqual(holds.toSorted(), ["Admitted True", "Complete True", "GangScheduled True", "Running False"]);
    const since = (type: string): number => Date.parse(conditions[type]?.lastTransitionTime ?? "");
    assert.ok(since("Admitted") >= Date.parse(metadata.creationTimestamp ?? ""));
    assert.ok(since("Admitted") < since("Complete"), "nothing has happened to it since the beginning");
    assert.equal(since("Running"), since("Complete"));
    assert.equal(conditions["Complete"]?.reason, "Completed");
  });

  it("keeps the pods that have ended, for their logs, and no others", async () => {
    await ended("straight");
    const left = await until("the helpers are gone", async () => {
      const pods = await jobs.pods("straight");
      return pods.length <= 2 && pods;
    });
    assert.deepEqual(left.map(({ metadata }) => metadata.name).toSorted(), ["straight-0-0", "straight-0-1"]);
  });

  it("makes what `petage job render` says it would make", async () => {
    const job = await jobs.apply("rendered", { workers: 3, gpu: { count: 2 }, dataset: { synthetic: { count: 10 } } });
    await jobs.isIn("rendered", "Running");
    const settings = readSettings(controllerEnvironment(jobs.namespace, jobs.kubeconfig));
    const resolved = await new ConfigResolver(jobs.client).resolve(job);
    const wanted = render({ job, settings, resolved, gangs: [GANGS.Native] });
    const made: readonly KubeObject[] = [
      ...(await jobs.list(CONFIG_MAPS)).filter(isOwnedBy(job)),
      ...(await jobs.list(POD_GROUPS)).filter(isOwnedBy(job)),
      ...(await jobs.list<Pod>({ group: "", version: "v1", plural: "pods" })).filter(isOwnedBy(job)),
    ];
    const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name).toSorted();
    assert.deepEqual(names(made), names(wanted));
    for (const object of wanted) {
      const found = made.find(({ metadata }) => metadata.name === object.metadata.name);
      const { apiVersion: _, kind: __, ...fields } = object; // a list does not repeat them
      assertWithin(found, fields, object.metadata.name);
    }
    await jobs.change("rendered", { runPolicy: { cancel: true } });
    assert.equal((await ended("rendered")).status?.phase, "Cancelled");
  });

  it("leaves jobs alone that somebody else manages", async () => {
    await jobs.apply("foreign", { managedBy: "kueue.x-k8s.io/multikueue" });
    await jobs.apply("after-it", fake({ "complete-after": "1ms" }));
    await ended("after-it");
    assert.equal((await jobs.get("foreign")).status, undefined);
    assert.deepEqual(await jobs.pods("foreign"), []);
  });

  it("waits for a ConfigMap that is not there, and goes on when it is", async () => {
    await jobs.apply("waits", { config: { configMapRef: { name: "mine" } }, ...fake({ "complete-after": "1ms" }) });
    const { status } = await jobs.reaches("waits", ({ status: now }) => now?.message?.includes("mine") ?? false);
    assert.equal(status?.phase, "Pending");
    const admitted = status.conditions?.find(({ type }) => type === "Admitted");
    assert.deepEqual([admitted?.status, admitted?.reason], ["False", "ConfigMapNotFound"]);
    assert.match(status.message ?? "", /kubectl create configmap mine --from-file=config\.py/);
    const data = { "config.py": "_base_ = ['./resnet/resnet18_petage_quickstart.py']\n" };
    await jobs.client.create(CONFIG_MAPS, { metadata: { name: "mine", namespace: "jobs" }, data } as KubeObject);
    assert.equal((await ended("waits")).status?.phase, "Succeeded");
  });

  it("says that a pod of somebody else has the name of one of its own, and goes on when that is gone", async () => {
    const stranger = podManifest({ name: "taken-0-0" }) as Pod;
    const metadata = { ...stranger.metadata, namespace: jobs.namespace };
    await jobs.client.create(PODS, { ...stranger, metadata });
    await jobs.apply("taken", fake({ "complete-after": "1ms" }));
    const { status } = await jobs.reaches("taken", ({ status: now }) => /taken-0-0 exists/.test(now?.message ?? ""));
    assert.match(status?.message ?? "", /is not this job's\. .*kubectl delete pod taken-0-0 --namespace jobs/);
    await jobs.client.delete(PODS, metadata, { gracePeriodSeconds: 0 });
    assert.equal((await ended("taken")).status?.phase, "Succeeded");
  });

  it("cancels a job whose ConfigMap never came", async () => {
    await jobs.apply("never", { config: { configMapRef: { name: "absent" } } });
    await jobs.reaches("never", ({ status }) => status?.message?.includes("absent") ?? false);
    await jobs.change("never", { runPolicy: { cancel: true } });
    assert.equal((await ended("never")).status?.phase, "Cancelled");
  });

  it("shows in `kubectl get tj` what one wants to know", async () => {
    await ended("straight");
    const [head = "", ...rows] = (await cluster().kubectl(["get", "tj", "--namespace=jobs"])).split("\n");
    assert.deepEqual(head.trim().split(/\s+/), ["NAME", "PHASE", "READY", "RESTARTS", "EPOCH", "AGE"]);
    const row = rows.find((line) => line.startsWith("straight "));
    assert.match(row ?? "", /^straight\s+Succeeded\s+0\/2\s+0\s+\d+s/);
  });

  it("deletes a job that has ended when its time is over, and with it all that is its own", async () => {
    const job = await jobs.apply("short-lived", {
      runPolicy: { ttlSecondsAfterFinished: 1 },
      ...fake({ "complete-after": "1ms" }),
    });
    await until(
      "it is gone",
      async () => (await jobs.get("short-lived").catch(() => undefined)) === undefined,
      GC_TIMEOUT_MS,
    );
    await until("its pods are gone", async () => (await jobs.pods("short-lived")).length === 0, GC_TIMEOUT_MS);
    await until("its config is gone", async () => !(await jobs.list(CONFIG_MAPS)).some(isOwnedBy(job)), GC_TIMEOUT_MS);
    await until("its groups are gone", async () => !(await jobs.list(POD_GROUPS)).some(isOwnedBy(job)), GC_TIMEOUT_MS);
  });

  it("lets everything of a job go that is deleted while it runs", async () => {
    const job = await jobs.apply("deleted", { workers: 2 });
    await jobs.isIn("deleted", "Running");
    await jobs.deleteJob("deleted");
    await until("its pods are gone", async () => (await jobs.pods("deleted")).length === 0, GC_TIMEOUT_MS);
    await until("its groups are gone", async () => !(await jobs.list(POD_GROUPS)).some(isOwnedBy(job)), GC_TIMEOUT_MS);
  });

  const policies = [
    { policy: "Running", left: ["trainer"] },
    { policy: "All", left: [] },
    { policy: "None", left: ["data-loader", "evaluator", "trainer"] },
  ] as const;
  for (const { policy, left } of policies) {
    it(`cleanPodPolicy ${policy} leaves of a job that has ended: ${left.join(", ") || "nothing"}`, async () => {
      const name = `clean-${policy.toLowerCase()}`;
      await jobs.apply(name, { runPolicy: { cleanPodPolicy: policy }, ...fake({ "complete-after": "1ms" }) });
      assert.equal((await ended(name)).status?.phase, "Succeeded");
      const roles = async (): Promise<string[]> =>
        (await jobs.pods(name)).map(({ metadata }) => metadata.labels?.["petage.dev/role"] ?? "").toSorted();
      await until("only these are left", async () => (await roles()).join() === left.join());
    });
  }
});

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function isOwnedBy({ metadata: { uid } }: TrainingJobObject): (object: KubeObject) => boolean {
  return ({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}
