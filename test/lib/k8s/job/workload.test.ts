import assert from "node:assert/strict";
import { GANGS, gangOf } from "#lib/k8s/job/gang.ts";
import type { JobStatus } from "#lib/jobs/job-state.ts";
import type { Condition, TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { IN_USE, jobOfWorkload } from "#lib/k8s/job/kueue.ts";
import type { Workload } from "#lib/k8s/job/kueue.ts";
import { flavorNames, joinPodSet, podSetsOf } from "#lib/k8s/job/pod-sets.ts";
import { NATIVE_GANGS } from "#lib/k8s/job/native-gang.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { attemptContext } from "#lib/k8s/job/render.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { priorityClassOf, priorityClassOfWorkload, queueOf, workloadOf } from "#lib/k8s/job/workload.ts";
import type { Priority } from "#lib/k8s/job/workload.ts";
import { planWorkload, standingOf } from "#lib/k8s/job/workload-plan.ts";
import type { Wanted, WorkloadSeen, WorkloadStep } from "#lib/k8s/job/workload-plan.ts";
import { RESOLVED } from "./rendered-job.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const SETTINGS = readSettings({ PETAGE_JOB_IMAGE: "petage:1", PETAGE_JOB_INSTANCE: "release" });
function jobOf(spec: Partial<TrainingJobSpec> = {}, labels: Record<string, string> = {}): TrainingJobObject {
  const metadata = { name: "a", namespace: "ns", uid: "u1", labels };
  return { metadata, spec: { config: { name: "tiny" }, workers: 8, ...spec } };
}

const none: Priority = { value: 0, of: undefined };

function rendered(job: TrainingJobObject, priority = none, version: "v1beta2" | "v1beta1" = "v1beta2"): Workload {
  const context = attemptContext({ job, settings: SETTINGS, resolved: RESOLVED, gangs: [GANGS.Native] });
  return workloadOf(context, { queue: "pets", priority, resolved: RESOLVED, version });
}

describe("what a job asks of Kueue", () => {
  it("is a queue, by the label of Kueue's users or by its own policy, of which the label counts", () => {
    const label = { "kueue.x-k8s.io/queue-name": "labelled" };
    assert.equal(queueOf(jobOf(), []), undefined);
    assert.equal(queueOf(jobOf({ schedulingPolicy: { gang: "Kueue", queue: "pets" } }), []), "pets");
    assert.equal(queueOf(jobOf({ schedulingPolicy: { gang: "Volcano", queue: "pets" } }), []), undefined);
    assert.equal(queueOf(jobOf({}, label), []), "labelled");
    assert.equal(queueOf(jobOf({ schedulingPolicy: { gang: "Kueue", queue: "pets" } }, label), []), "labelled");
  });

  it("is Volcano's where a job leaves open whose it is and the cluster has Volcano, else Kueue's", () => {
    const open = jobOf({ schedulingPolicy: { queue: "pets" } });
    const [native] = NATIVE_GANGS;
    for (const gangs of [[], [native], [GANGS.Coscheduling]]) {
      assert.equal(queueOf(open, gangs), "pets");
      assert.notEqual(gangOf(open, gangs).name, "Volcano");
    }
    assert.equal(queueOf(open, [native, GANGS.Volcano]), undefined);
    assert.equal(gangOf(open, [native, GANGS.Volcano]).name, "Volcano", "else nobody would look at the queue");
    assert.equal(gangOf(open, [native, GANGS.Volcano], true).name, "Gates");
  });

  it("is a Workload of its own, with its pods by their roles", () => {
    const { metadata, spec } = rendered(jobOf({ gpu: { count: 2 } }));
    assert.deepEqual([metadata.name, metadata.namespace, metadata.finalizers], ["trainingjob-a", "ns", [IN_USE]]);
    assert.equal(jobOfWorkload(rendered(jobOf())), "a");
    assert.deepEqual(
      spec.podSets.map(({ name, count, minCount }) => [name, count, minCount]),
      [
        ["trainer", 8, undefined],
        ["data-loader", 1, undefined],
        ["evaluator", 1, undefined],
      ],
    );
    const template = spec.podSets[0]?.template as Pod;
    assert.deepEqual(template.spec.containers[0]?.resources?.limits, { "nvidia.com/gpu": "2" });
    assert.deepEqual([template.spec["schedulingGroup"], template.spec.schedulingGates], [undefined, undefined]);
    assert.deepEqual([spec.queueName, spec.priority, spec.priorityClassRef], ["pets", 0, undefined]);
  });

  it("may be fewer trainers where the job is elastic, and no longer than it says", () => {
    const job = jobOf({ elastic: { minWorkers: 4, maxWorkers: 8 } }, { "kueue.x-k8s.io/max-exec-time-seconds": "60" });
    const { spec } = rendered(job);
    assert.deepEqual([spec.podSets[0]?.count, spec.podSets[0]?.minCount], [8, 4]);
    assert.equal(spec.maximumExecutionTimeSeconds, 60);
  });

  it("is as important as the class that it names, in the words of either version", () => {
    const cases = [
      [jobOf({ schedulingPolicy: { priorityClassName: "low" } }), { kind: "PriorityClass", name: "low" }],
      [jobOf({ podTemplate: { spec: { priorityClassName: "high" } } }), { kind: "PriorityClass", name: "high" }],
      [
        jobOf({ schedulingPolicy: { priorityClassName: "low" } }, { "kueue.x-k8s.io/priority-class": "team" }),
        { kind: "WorkloadPriorityClass", name: "team" },
      ],
      [jobOf(), undefined],
    ] as const;
    for (const [job, of] of cases) {
      assert.deepEqual(priorityClassOf(job), of);
      for (const version of ["v1beta2", "v1beta1"] as const) {
        const workload = rendered(job, { value: 7, of }, version);
        assert.deepEqual([workload.spec.priority, priorityClassOfWorkload(workload)], [7, of], version);
      }
    }
  });
});

const WANTED: Wanted = { queue: "pets", trainers: 8, minTrainers: 4, priorityClass: undefined };

function condition(type: string, status: "True" | "False", says: Partial<Condition> = {}): Condition {
  return { type, status, reason: type, message: type, lastTransitionTime: "2026-01-01T00:00:00Z", ...says };
}

const RESERVED = condition("QuotaReserved", "True");
const ADMITTED = condition("Admitted", "True");
const EVICTED = condition("Evicted", "True", { reason: "Preempted", message: "Preempted by b" });

function workloadWith(
  conditions: readonly Condition[] = [],
  { metadata = {}, spec = {}, trainers = 6 } = {},
): Workload {
  const isReserved = conditions.some(({ type, status }) => type === "QuotaReserved" && status === "True");
  const podSetAssignments = [
    { name: "trainer", count: trainers, flavors: { "nvidia.com/gpu": "h200", cpu: "any" } },
    { name: "data-loader", count: 1, flavors: { cpu: "any" } },
  ];
  return {
    metadata: { name: "trainingjob-a", namespace: "ns", generation: 3, finalizers: [IN_USE], ...metadata },
    spec: {
      queueName: "pets",
      podSets: [
        { name: "trainer", count: 8, minCount: 4 },
        { name: "data-loader", count: 1 },
      ],
      ...spec,
    },
    status: { conditions, ...(isReserved && { admission: { clusterQueue: "all", podSetAssignments } }) },
  };
}

describe("where a job stands in its queue", () => {
  const waits: readonly (readonly [string, Workload | undefined, reason: string, message: RegExp])[] = [
    ["is not there yet", undefined, "Queued", /^Waits in Kueue's queue pets$/],
    ["was not looked at yet", workloadWith(), "Queued", /^Waits in Kueue's queue pets$/],
    [
      "waits for quota",
      workloadWith([condition("QuotaReserved", "False", { message: "insufficient quota" })]),
      "Queued",
      /^insufficient quota$/,
    ],
    ["is evicted", workloadWith([RESERVED, ADMITTED, EVICTED]), "Preempted", /^Preempted by b$/],
    [
      "was evicted and waits again",
      workloadWith([condition("QuotaReserved", "False", { message: "no room" }), EVICTED]),
      "Queued",
      /^no room$/,
    ],
    [
      "is deleted",
      workloadWith([RESERVED, ADMITTED], { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
      "Requeued",
      /was deleted/,
    ],
    ["was ended by somebody else", workloadWith([RESERVED, condition("Finished", "True")]), "Requeued", /was ended/],
    [
      "has less quota than the job wants now",
      workloadWith([RESERVED, ADMITTED], { spec: { podSets: [{ name: "trainer", count: 6 }] } }),
      "Requeued",
      /^It wants 8 workers, and has quota for 6: it queues again$/,
    ],
  ];
  for (const [what, seen, reason, message] of waits) {
    it(`whose Workload ${what}: ${reason}`, () => {
      const standing = standingOf(seen, WANTED);
      assert.ok("queued" in standing);
      assert.equal(standing.queued.reason, reason);
      assert.match(standing.queued.message, message);
    });
  }

  it("is in with the trainers that were admitted, also where it wants fewer by now", () => {
    const admitted = workloadWith([RESERVED, ADMITTED]);
    assert.deepEqual(standingOf(admitted, WANTED), { trainers: 6 });
    assert.deepEqual(standingOf(admitted, { ...WANTED, trainers: 5 }), { trainers: 6 });
    assert.ok("queued" in standingOf(admitted, { ...WANTED, trainers: 9 }));
  });

  it("tells which admission checks it waits for", () => {
    const { status, ...rest } = workloadWith([RESERVED]);
    const admissionChecks = [
      { name: "nodes", state: "Pending", message: "ETA 3 min" },
      { name: "budget", state: "Ready" },
    ];
    const standing = standingOf({ ...rest, status: { ...status, admissionChecks } }, WANTED);
    assert.match(
      JSON.stringify(standing),
      /Has quota, and waits for admission checks: nodes is Pending \(ETA 3 min\)"/,
    );
  });
});

describe("what is done next with the Workload of a job", () => {
  const running: JobStatus["phase"] = "Running";
  const step = (seen: Partial<WorkloadSeen>): WorkloadStep | undefined =>
    planWorkload(
      { workload: undefined, wanted: WANTED, status: { phase: running, message: "" }, isActive: false, ...seen },
      NOW,
    );
  const ready = condition("PodsReady", "True", { reason: "Started" });
  const admitted = workloadWith([RESERVED, ADMITTED, ready]);
  const deleted = workloadWith([RESERVED, ADMITTED], { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const done = { phase: "Succeeded", message: "Training is complete" } as const;
  const cases: readonly (readonly [string, Partial<WorkloadSeen>, WorkloadStep["kind"] | undefined])[] = [
    ["is made for a job that asks for a queue", {}, "create"],
    ["is made when pods from before are gone", { isActive: true }, undefined],
    ["is not made for a job that asks for none", { wanted: undefined }, undefined],
    ["is left alone while it waits", { workload: workloadWith(), status: { phase: "Queued", message: "" } }, undefined],
    ["moves to another queue", { workload: workloadWith(), wanted: { ...WANTED, queue: "other" } }, "update"],
    ["changes with the job while it waits", { workload: workloadWith(), wanted: { ...WANTED, trainers: 9 } }, "update"],
    ["is left alone once the job runs", { workload: admitted, isActive: true }, undefined],
    ["stays where it is, once admitted", { workload: admitted, wanted: { ...WANTED, queue: "other" } }, undefined],
    ["stays for a job that wants less", { workload: admitted, wanted: { ...WANTED, trainers: 5 } }, undefined],
    ["goes for one that wants more", { workload: admitted, wanted: { ...WANTED, trainers: 9 } }, "delete"],
    ["goes after the pods", { workload: admitted, wanted: { ...WANTED, trainers: 9 }, isActive: true }, undefined],
    ["goes when its user suspends the job", { workload: admitted, wanted: undefined }, "delete"],
    ["is ended with the job", { workload: admitted, status: done }, "status"],
    [
      "is let go after it was ended",
      { workload: workloadWith([condition("Finished", "True")]), status: done },
      "release",
    ],
    ["is made anew when somebody ended it", { workload: workloadWith([condition("Finished", "True")]) }, "delete"],
    [
      "keeps its quota while pods end",
      { workload: workloadWith([RESERVED, ADMITTED, EVICTED]), isActive: true },
      undefined,
    ],
    ["gives its quota back when they have", { workload: workloadWith([RESERVED, ADMITTED, EVICTED]) }, "status"],
    [
      "waits for another turn then",
      { workload: workloadWith([EVICTED]), status: { phase: "Queued", message: "" } },
      undefined,
    ],
    ["that is deleted stays until pods have ended", { workload: deleted, isActive: true }, undefined],
    ["that is deleted is let go when they have", { workload: deleted }, "release"],
  ];
  for (const [what, seen, kind] of cases) it(what, () => assert.equal(step(seen)?.kind, kind));

  it("follows the class of Kueue that the job names, also while it runs; that of pods is settled", () => {
    const team = (name: string) => ({ kind: "WorkloadPriorityClass", name }) as const;
    const priorityClassRef = { group: "kueue.x-k8s.io", kind: "WorkloadPriorityClass", name: "low" };
    const seen = {
      workload: workloadWith([RESERVED, ADMITTED, ready], { spec: { priorityClassRef } }),
      isActive: true,
    };
    assert.equal(step({ ...seen, wanted: { ...WANTED, priorityClass: team("high") } })?.kind, "prioritize");
    assert.equal(step({ ...seen, wanted: { ...WANTED, priorityClass: team("low") } }), undefined);
    const ofPods = { ...WANTED, priorityClass: { kind: "PriorityClass", name: "high" } as const };
    assert.equal(step({ workload: admitted, isActive: true, wanted: ofPods }), undefined);
    const waiting = { workload: workloadWith(), status: { phase: "Queued", message: "" } } as const;
    assert.equal(step({ ...waiting, wanted: ofPods })?.kind, "update");
  });

  function conditionsAfter(seen: Partial<WorkloadSeen>): Record<string, string> {
    const next = step(seen);
    assert.ok(next?.kind === "status");
    const { conditions } = next.status as { conditions: Condition[] };
    return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  }

  it("says how the job ended, and keeps its other conditions", () => {
    assert.equal(conditionsAfter({ workload: admitted, status: done })["Finished"], "True Succeeded");
    const failed = conditionsAfter({ workload: admitted, status: { phase: "Cancelled", message: "Cancelled" } });
    assert.deepEqual([failed["Finished"], failed["Admitted"]], ["True Failed", "True Admitted"]);
  });

  it("takes the admission back of who was evicted; only who was preempted queues again at once", () => {
    const after = conditionsAfter({ workload: workloadWith([RESERVED, ADMITTED, EVICTED]) });
    assert.equal(after["QuotaReserved"]?.slice(0, 5), "False");
    assert.equal(after["Admitted"], "False NoReservation");
    assert.equal(after["Requeued"], "True Preempted");
    const next = step({ workload: workloadWith([RESERVED, ADMITTED, EVICTED]) });
    assert.ok(next?.kind === "status");
    const { admission, accumulatedPastExecutionTimeSeconds } = next.status as Record<string, unknown>;
    assert.deepEqual([admission, accumulatedPastExecutionTimeSeconds], [null, 86_400 + 3 * 3600 + 4 * 60 + 5]);
    const late = condition("Evicted", "True", { reason: "PodsReadyTimeout" });
    assert.equal(conditionsAfter({ workload: workloadWith([RESERVED, late]) })["Requeued"], "False PodsReadyTimeout");
  });

  it("says whether its pods are ready, and that they are again", () => {
    const started = { workload: workloadWith([RESERVED, ADMITTED]), isActive: true };
    assert.equal(conditionsAfter(started)["PodsReady"], "True Started");
    const restarting = { phase: "Restarting", message: "" } as const;
    const lost = { workload: admitted, status: restarting };
    assert.equal(conditionsAfter(lost)["PodsReady"], "False WaitForRecovery");
    const waiting = condition("PodsReady", "False", { reason: "WaitForRecovery" });
    assert.equal(
      conditionsAfter({ workload: workloadWith([RESERVED, ADMITTED, waiting]) })["PodsReady"],
      "True Recovered",
    );
    assert.equal(
      step({ workload: workloadWith([RESERVED, ADMITTED]), status: { phase: "Starting", message: "" } }),
      undefined,
    );
  });
});

describe("pods that Kueue admitted", () => {
  const flavors = new Map([
    ["h200", { metadata: { name: "h200" }, spec: { nodeLabels: { gpu: "h200" }, tolerations: [{ key: "gpu" }] } }],
    ["any", { metadata: { name: "any" } }],
  ]);
  const update = { name: "trainer", annotations: { reservation: "r1" }, nodeSelector: { pool: "new" } };
  const { status, ...rest } = workloadWith([RESERVED, ADMITTED]);
  const admissionChecks = [{ name: "nodes", state: "Ready", podSetUpdates: [update] }];
  const podSets = podSetsOf({ ...rest, status: { ...status, admissionChecks } }, flavors);
  const pod: Pod = {
    metadata: { name: "a-0-0", labels: { mine: "1" } },
    spec: { containers: [], tolerations: [{ key: "gpu" }] },
  };
  const trainer = podSets.get("trainer");

  it("run on nodes of their flavors, and as admission checks want them", () => {
    assert.deepEqual(flavorNames(workloadWith([RESERVED])), ["h200", "any"]);
    assert.ok(trainer);
    const { metadata, spec } = joinPodSet(pod, trainer);
    assert.deepEqual(spec.nodeSelector, { gpu: "h200", pool: "new" });
    assert.deepEqual(spec["tolerations"], [{ key: "gpu" }], "each once");
    assert.deepEqual(metadata.annotations, { reservation: "r1" });
    assert.deepEqual([metadata.labels?.["mine"], metadata.labels?.["kueue.x-k8s.io/podset"]], ["1", "trainer"]);
    assert.deepEqual(podSets.get("data-loader")?.nodeSelector, {});
  });

  it("are refused where what they say themselves is otherwise", () => {
    assert.ok(trainer);
    const other = { ...pod, spec: { ...pod.spec, nodeSelector: { gpu: "h100" } } };
    assert.throws(() => joinPodSet(other, trainer), /nodeSelector gpu=h200, and they have gpu=h100/);
  });
});
