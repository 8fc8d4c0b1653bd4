import assert from "node:assert/strict";
import { readStatus, writeStatus } from "#lib/jobs/status.ts";
import type { TrainingJob, TrainingJobStatus } from "#lib/jobs/training-job.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { JobStatus } from "#lib/jobs/job-state.ts";
import { exited, NOW, observed, ready } from "#test/support/observed-job.ts";

const METADATA = { name: "my-1-job", namespace: "ns", uid: "0123", generation: 2 };

function job(status?: TrainingJobStatus): TrainingJob {
  return { metadata: METADATA, spec: { config: { name: "tiny" }, workers: 2 }, ...(status && { status }) };
}

function written(status: JobStatus, { before, now = NOW }: { before?: TrainingJobStatus; now?: number } = {}) {
  const { workers } = observed({ trainers: [ready, exited({ code: 0 })] });
  return writeStatus({ job: job(before), status, workers, facts: {}, runDir: "work_dirs/tiny/1", now });
}

/** Everything that a plan may remember. */
const EVERYTHING: JobStatus = {
  phase: "Stopping",
  reason: "OOMKilled",
  message: "trainer-1 was killed",
  attempt: 3,
  workers: 2,
  sizedFor: 4,
  nextWorkers: 3,
  created: true,
  restarts: 1,
  restartsIgnored: 2,
  resumedStep: 500,
  nextRetryTime: NOW + 10_000,
  startTime: NOW - 5_000,
  attemptTime: NOW - 1_000,
  heldSince: NOW - 500,
  completionTime: null,
  lastFailure: {
    worker: { role: "trainer", rank: 1, attempt: 3 },
    exit: { code: 137, signal: "SIGKILL", at: NOW - 100, message: "", reason: "OOMKilled", node: "node-1" },
    reason: "OOMKilled",
    message: "trainer-1 was killed",
  },
  ending: "Restarting",
  nodeFailures: { "node-1": 1 },
  gangIgnored: true,
};

describe("the status of a job", () => {
  const kept: readonly { readonly what: string; readonly status: JobStatus }[] = [
    { what: "nothing yet", status: { ...INITIAL_STATUS, phase: "Starting", reason: "Starting" } },
    { what: "everything", status: EVERYTHING },
    {
      what: "the failure of a helper",
      status: {
        ...EVERYTHING,
        lastFailure: {
          worker: { role: "data-loader", rank: 0, attempt: 3 },
          exit: { code: null, signal: null, at: NOW - 100, message: "", reason: "Deleted" },
          reason: "Deleted",
          message: "data-loader was lost",
        },
      },
    },
  ];
  for (const { what, status } of kept) {
    it(`keeps what the plan remembers between two looks: ${what}`, () => {
      assert.deepEqual(readStatus(job(written(status))), status);
    });
  }

  it("is the beginning of all where there is none", () => assert.deepEqual(readStatus(job()), INITIAL_STATUS));

  it("counts the workers of this attempt, and says of which generation it is", () => {
    const { workers, observedGeneration } = written({ ...EVERYTHING, attempt: 0 });
    assert.deepEqual(workers, { desired: 2, created: 2, ready: 1, succeeded: 1, failed: 0, summary: "1/2" });
    assert.equal(observedGeneration, 2);
    assert.equal(written(EVERYTHING).workers?.created, 0, "those of earlier attempts are others");
  });

  it("changes the time of a condition when it changes, and only then", () => {
    const running: JobStatus = { ...INITIAL_STATUS, phase: "Running", reason: "Training", created: true };
    const first = written(running);
    const later = written({ ...running, message: "Still training" }, { before: first, now: NOW + 1_000 });
    const last = written({ ...running, phase: "Succeeded" }, { before: later, now: NOW + 2_000 });
    const since = (status: TrainingJobStatus, type: string): number =>
      Date.parse(status.conditions?.find((condition) => condition.type === type)?.lastTransitionTime ?? "");
    assert.deepEqual(
      [since(first, "Running"), since(later, "Running"), since(last, "Running")],
      [NOW, NOW, NOW + 2_000],
    );
    assert.deepEqual([since(last, "Admitted"), since(last, "GangScheduled")], [NOW, NOW]);
    assert.deepEqual([since(first, "Complete"), since(last, "Complete")], [Number.NaN, NOW + 2_000]);
  });

  it("has a condition for every end, and each says what it is about", () => {
    const before = written({
      ...INITIAL_STATUS,
      phase: "Running",
      reason: "Training",
      message: "Training",
      created: true,
    });
    const ends: readonly (readonly [JobStatus["phase"], type: string, reason: string])[] = [
      ["Succeeded", "Complete", "Completed"],
      ["Failed", "Failed", "OOMKilled"],
      ["Cancelled", "Cancelled", "Cancelled"],
    ];
    for (const [phase, type, reason] of ends) {
      const { conditions = [] } = written({ ...EVERYTHING, phase, reason, message: `${reason}.` }, { before });
      const said = conditions.map((one) => [one.type, one.status, one.reason, one.message]);
      const placed = phase === "Succeeded";
      assert.deepEqual(said, [
        ["Admitted", "True", "Admitted", "The config is valid, and what the job names is there"],
        placed
          ? ["GangScheduled", "True", "Scheduled", "Every pod of the attempt has a node"]
          : ["GangScheduled", "False", reason, `${reason}.`],
        ["Running", "False", reason, `${reason}.`],
        [type, "True", reason, `${reason}.`],
      ]);
    }
  });

  it("does not say of pods that a job stops which never had a node that they had one", () => {
    const waiting: JobStatus = { ...INITIAL_STATUS, phase: "Scheduling", reason: "WaitingForNodes", created: true };
    const stopping: JobStatus = { ...waiting, phase: "Stopping", reason: "Cancelled" };
    const isScheduled = (status: TrainingJobStatus): string | undefined =>
      status.conditions?.find(({ type }) => type === "GangScheduled")?.status;
    const before = written(waiting);
    assert.deepEqual([isScheduled(before), isScheduled(written(stopping, { before }))], ["False", "False"]);
  });

  it("counts of an elastic job how many it has of those that it wants", () => {
    const shrunk = { ...EVERYTHING, attempt: 0, workers: 1 };
    assert.equal(written(shrunk).workers?.summary, "1/2");
  });

  it("forgets at the end what only the plan needs, and keeps the result of what succeeded", () => {
    const result = { modelUri: "work_dirs/tiny/1/epoch_1", metrics: {} };
    const end = (phase: JobStatus["phase"]): TrainingJobStatus =>
      writeStatus({
        job: job(),
        status: { ...EVERYTHING, phase },
        workers: [],
        facts: { result },
        runDir: "x",
        now: NOW,
      });
    assert.deepEqual([end("Succeeded").control, end("Succeeded").result], [undefined, result]);
    assert.deepEqual([end("Failed").control, end("Failed").result], [undefined, undefined]);
  });
});
