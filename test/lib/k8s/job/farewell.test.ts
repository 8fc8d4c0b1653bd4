import assert from "node:assert/strict";
import fc from "fast-check";
import { LABELS, workerOf } from "#lib/k8s/job/names.ts";
import { exitOf } from "#lib/k8s/job/observe.ts";
import { CHECKPOINTS_FINALIZER, farewellEvent, FAREWELL_MS, MAX_CLEANERS } from "#lib/k8s/job/farewell.ts";
import { nextFarewell, wantedFinalizers } from "#lib/k8s/job/farewell.ts";
import type { FarewellStep } from "#lib/k8s/job/farewell.ts";
import { cleanerName, cleanerOf } from "#lib/k8s/job/cleaner.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { job as jobWith, podsOf, SETTINGS } from "./rendered-job.ts";

const NOW = Date.parse("2026-01-02T04:00:00Z");
const RUN = "work_dirs/tiny/20260102_030405_01234";
const STATUS = { workDir: RUN, startTime: "2026-01-02T03:05:00Z" };
const UNTIL = NOW + FAREWELL_MS;
const NEVER = { checkpoint: { retain: "Never" } } as const;

function leaving(spec: Partial<TrainingJobSpec> = NEVER, status: TrainingJobObject["status"] = STATUS) {
  const { metadata, ...job } = jobWith(spec);
  const finalizers = ["other.example/keep", CHECKPOINTS_FINALIZER];
  return { ...job, metadata: { ...metadata, finalizers }, ...(status && { status }) };
}

/** As `kubectl delete --cascade=orphan` marks it. */
function orphaning({ metadata, ...job }: TrainingJobObject): TrainingJobObject {
  return { ...job, metadata: { ...metadata, finalizers: [...(metadata.finalizers ?? []), "orphan"] } };
}

const [WORKER] = podsOf({}).values();

/** A pod of the job, its trainer unless another is given. */
function pod(
  phase: string,
  { of = WORKER, ...metadata }: Partial<Pod["metadata"]> & { of?: Pod | undefined } = {},
): Pod {
  assert.ok(of);
  return { ...of, metadata: { ...of.metadata, ...metadata }, status: { phase } };
}

function cleaner(phase: string, message = "", tried = 0): Pod {
  const terminated = { exitCode: 1, message, finishedAt: `2026-01-02T03:5${tried}:00Z` };
  const containerStatuses = phase === "Failed" ? [{ name: "cleaner", state: { terminated } }] : [];
  return { ...cleanerOf(leaving(), SETTINGS, tried), status: { phase, containerStatuses } };
}

const ended = pod("Succeeded");
const at = (ms: number): string => new Date(ms).toISOString();

describe("the folder of a job that is deleted", () => {
  const failures = [0, 1, 2].map((tried) => cleaner("Failed", `EACCES ${tried}`, tried));
  const cases: readonly {
    readonly what: string;
    readonly job?: TrainingJobObject;
    readonly pods?: readonly Pod[];
    readonly since?: number;
    readonly step: FarewellStep;
  }[] = [
    { what: "stays by default", job: leaving({}), pods: [ended], step: { kind: "let-go", folder: "none" } },
    {
      what: "stays where that was said in the end",
      job: leaving({ checkpoint: { retain: "Always" } }),
      step: { kind: "let-go", folder: "none" },
    },
    {
      what: "is nobody's business here where somebody else runs the job",
      job: leaving({ ...NEVER, managedBy: "kueue.x-k8s.io/multikueue" }),
      pods: [pod("Running")],
      step: { kind: "let-go", folder: "none" },
    },
    { what: "is not known of", job: leaving(NEVER, {}), pods: [ended], step: { kind: "let-go", folder: "none" } },
    {
      what: "is not there where nothing ran",
      job: leaving(NEVER, { workDir: RUN, attempt: 0, phase: "Queued" }),
      step: { kind: "let-go", folder: "none" },
    },
    {
      what: "goes where the job was suspended when it was deleted",
      job: leaving(NEVER, { workDir: RUN, attempt: 1, phase: "Suspended" }),
      step: { kind: "clean", tried: 0 },
    },
    {
      what: "stays with pods that are to outlive it, also before the garbage collector has freed them",
      job: orphaning(leaving()),
      pods: [pod("Running")],
      step: { kind: "let-go", folder: { why: "its pods were to outlive it" } },
    },
    { what: "waits for pods, which have to end", pods: [pod("Running"), ended], step: { kind: "stop" } },
    { what: "waits also for pods that have not begun", pods: [pod("Pending")], step: { kind: "stop" } },
    {
      what: "waits until they have ended, or count as lost with their node",
      pods: [pod("Running", { deletionTimestamp: at(NOW) })],
      step: { kind: "wait", until: NOW + 60_001 },
    },
    {
      what: "goes when a pod is lost with its node",
      pods: [pod("Running", { deletionTimestamp: at(NOW - 60_001) })],
      step: { kind: "clean", tried: 0 },
    },
    {
      what: "stays where pods do not end",
      pods: [pod("Running", { deletionTimestamp: at(NOW) })],
      since: NOW - FAREWELL_MS,
      step: { kind: "let-go", folder: { why: "1 of its pods have not ended after 15 minutes" } },
    },
    {
      what: "stays where the pods were orphaned",
      pods: [pod("Running", { ownerReferences: [] })],
      step: { kind: "let-go", folder: { why: "its pods were to outlive it" } },
    },
    { what: "goes when all pods have ended", pods: [ended, pod("Failed")], step: { kind: "clean", tried: 0 } },
    { what: "goes when all pods are gone", step: { kind: "clean", tried: 0 } },
    { what: "is being removed", pods: [cleaner("Running")], step: { kind: "wait", until: UNTIL } },
    { what: "is gone", pods: [ended, cleaner("Succeeded")], step: { kind: "let-go", folder: "removed" } },
    { what: "is tried again", pods: failures.slice(0, 1), step: { kind: "clean", tried: 1 } },
    {
      what: "is being tried again",
      pods: [...failures.slice(0, 1), cleaner("Pending", "", 1)],
      step: { kind: "wait", until: UNTIL },
    },
    {
      what: "stays when every try failed, for the reason of the last",
      pods: failures.toReversed(),
      step: { kind: "let-go", folder: { why: "3 tries failed: EACCES 2" } },
    },
    {
      what: "is gone where the last try succeeded",
      pods: [...failures.slice(0, 2), cleaner("Succeeded", "", 2)],
      since: NOW - FAREWELL_MS,
      step: { kind: "let-go", folder: "removed" },
    },
    {
      what: "stays where no node takes the pod that would remove it",
      pods: [cleaner("Pending")],
      since: NOW - FAREWELL_MS,
      step: { kind: "let-go", folder: { why: "it could not be removed within 15 minutes" } },
    },
  ];
  for (const { what, job = leaving(), pods = [], since = NOW, step } of cases) {
    it(what, () => assert.deepEqual(nextFarewell({ job, pods, since }, NOW), step));
  }

  const phases = fc.constantFrom("Pending", "Running", "Succeeded", "Failed");
  const deletions = fc.option(fc.integer({ min: -120_000, max: 60_000 }), { nil: undefined });
  const somePod = fc.tuple(phases, fc.option(fc.nat(2)), deletions).map(([phase, tried, deletedMs]) =>
    pod(phase, {
      ...(tried !== null && { of: cleaner(phase, "", tried) }),
      ...(deletedMs !== undefined && { deletionTimestamp: at(NOW + deletedMs) }),
    }),
  );

  it("is never being removed while a worker lives, and never keeps a job longer than it may", () => {
    fc.assert(
      fc.property(fc.array(somePod, { maxLength: 6 }), fc.nat(2 * FAREWELL_MS), (pods, ageMs) => {
        const step = nextFarewell({ job: leaving(), pods, since: NOW - ageMs }, NOW);
        const isAlive = (one: Pod): boolean => workerOf(one) !== undefined && exitOf(one, NOW) === undefined;
        if (step.kind === "clean") assert.ok(!pods.some(isAlive));
        if (step.kind === "clean") assert.ok(step.tried < MAX_CLEANERS);
        if (ageMs >= FAREWELL_MS) assert.equal(step.kind, "let-go");
        if (step.kind === "wait") assert.ok(step.until > NOW && step.until <= NOW - ageMs + FAREWELL_MS);
      }),
    );
  });
});

describe("the finalizer of a job", () => {
  const { metadata } = leaving();
  const bare = { ...metadata, finalizers: ["other.example/keep"] };
  const cases: readonly (readonly [string, TrainingJobObject, readonly string[] | undefined])[] = [
    [
      "is there from the beginning where its folder goes with it",
      { ...leaving(), metadata: bare },
      metadata.finalizers,
    ],
    ["stays", leaving(), undefined],
    ["is not there where its folder stays", { ...leaving({}), metadata: bare }, undefined],
    ["goes where its folder is to stay after all", leaving({ checkpoint: { retain: "Always" } }), bare.finalizers],
  ];
  for (const [what, job, wanted] of cases) it(what, () => assert.deepEqual(wantedFinalizers(job), wanted));
});

describe("what is told of the folder of a deleted job", () => {
  it("is nothing where there was none", () => assert.equal(farewellEvent(leaving(), "none", SETTINGS), undefined));

  it("names what was removed", () => {
    const event = { type: "Normal", reason: "CheckpointsRemoved", message: `${RUN} has been removed` };
    assert.deepEqual(farewellEvent(leaving(), "removed", SETTINGS), event);
  });

  it("says where the folder is that stays, and why", () => {
    const own = leaving({ checkpoint: { retain: "Never", persistentVolumeClaim: { claimName: "mine" } } });
    for (const [job, claim] of [[leaving(), "output-claim"] as const, [own, "mine"] as const]) {
      const message = `${RUN} stays on the claim ${claim}: it is late. Remove it by hand`;
      const event = { type: "Warning", reason: "CheckpointsKept", message };
      assert.deepEqual(farewellEvent(job, { why: "it is late" }, SETTINGS), event);
    }
  });
});

describe("the pod that removes the folder of a job", () => {
  it("removes that folder alone, of the volume that the job writes to, with the controller's own image", () => {
    const claim = { claimName: "mine", subPath: "team" };
    const job = leaving({ image: "old:1", checkpoint: { retain: "Never", persistentVolumeClaim: claim } });
    const { spec } = cleanerOf(job, SETTINGS, 0);
    const [container] = spec.containers;
    assert.equal(container?.image, "petage:1");
    const command = `node --import tsx cli/main.ts remove-run ${RUN} --uid 0123456789ab`;
    assert.deepEqual(container["command"], command.split(" "));
    assert.deepEqual(container["volumeMounts"], [
      { name: "output", mountPath: "/var/lib/petage/work_dirs", subPath: "team" },
      { name: "tmp", mountPath: "/tmp" },
    ]);
    assert.deepEqual((spec["volumes"] as unknown[])[0], {
      name: "output",
      persistentVolumeClaim: { claimName: "mine" },
    });
  });

  it("may do no more than its siblings, belongs to the job, and is none of its workers", () => {
    const made = cleanerOf(leaving(), SETTINGS, 1);
    for (const field of ["securityContext", "serviceAccountName", "automountServiceAccountToken", "imagePullSecrets"]) {
      assert.deepEqual(made.spec[field], WORKER?.spec[field], field);
    }
    assert.deepEqual(made.spec.containers[0]?.["securityContext"], WORKER?.spec.containers[0]?.["securityContext"]);
    assert.deepEqual(
      made.metadata.ownerReferences?.map(({ uid }) => uid),
      ["0123456789ab"],
    );
    assert.equal(made.metadata.labels?.[LABELS.instance], "release");
    assert.equal(workerOf(made), undefined);
  });

  it("may run where the job's pods may, as whom they run, and needs no GPU", () => {
    const tolerations = [{ key: "gpus", operator: "Exists" }];
    const template = { spec: { tolerations, securityContext: { runAsUser: 7 }, hostAliases: [{ ip: "10.0.0.1" }] } };
    const { spec } = cleanerOf(leaving({ ...NEVER, gpu: { count: 4 }, podTemplate: template }), SETTINGS, 0);
    assert.deepEqual(spec["tolerations"], tolerations);
    assert.equal((spec["securityContext"] as { runAsUser: number }).runAsUser, 7);
    assert.equal(spec["hostAliases"], undefined);
    assert.deepEqual(spec.containers[0]?.resources, { requests: { cpu: "100m", memory: "256Mi" } });
  });

  it("has a name of its own at every try, short enough for the longest name of a job", () => {
    const { metadata, ...job } = leaving();
    const long = { ...job, metadata: { ...metadata, name: "n".repeat(45) } };
    assert.equal(cleanerName(long, 2), `${"n".repeat(45)}-01234567-clean-2`);
    assert.ok(cleanerName(long, MAX_CLEANERS).length <= 63);
  });
});
