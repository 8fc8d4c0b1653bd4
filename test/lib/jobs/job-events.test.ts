import assert from "node:assert/strict";
import { eventsBetween } from "#lib/jobs/job-events.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { JobStatus } from "#lib/jobs/job-state.ts";

const waiting: JobStatus = {
  ...INITIAL_STATUS,
  phase: "Scheduling",
  reason: "WaitingForNodes",
  message: "Waiting",
  created: true,
};
const running: JobStatus = { ...waiting, phase: "Running", reason: "Training", message: "Training on 2 workers" };
const stopping: JobStatus = { ...running, phase: "Stopping", reason: "OOMKilled", message: "trainer-1 was killed" };
const next: JobStatus = { ...stopping, phase: "Restarting", reason: "Restarting", attempt: 1, created: false };
const checkpoint = (step: number) => ({ uri: `work_dirs/a/1/iter_${step}`, epoch: 1, step, sha256: "" });

/** What is told on the way from one status to the next, as "Type Reason: message". */
function told(...way: readonly JobStatus[]): string[] {
  return way.slice(1).flatMap((status, index) => {
    const before = { status: way[index] ?? INITIAL_STATUS };
    return eventsBetween(before, { status }).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  });
}

describe("the events of a job", () => {
  it("tell the straight way, each station once, also where several are passed at once", () => {
    const done: JobStatus = { ...running, phase: "Succeeded", reason: "Completed", message: "Training is complete" };
    const life = [
      "Normal Created: All pods of attempt 0 have been made",
      "Normal Admitted: Every pod of attempt 0 has a node",
      "Normal Running: Training on 2 workers",
      "Normal Completed: Training is complete",
    ];
    assert.deepEqual(told(INITIAL_STATUS, waiting, waiting, running, running, done, done), life);
    assert.deepEqual(told(INITIAL_STATUS, running, done), life);
  });

  it("tell what leads off it once, and every attempt anew", () => {
    assert.deepEqual(told(running, stopping, next, { ...running, attempt: 1 }), [
      "Warning OOMKilled: trainer-1 was killed",
      "Normal Created: All pods of attempt 1 have been made",
      "Normal Admitted: Every pod of attempt 1 has a node",
      "Normal Running: Training on 2 workers",
    ]);
    const paused: JobStatus = { ...stopping, reason: "Suspended", message: "Suspended by request" };
    assert.deepEqual(told(running, paused), ["Normal Suspended: Suspended by request"]);
    const queued: JobStatus = { ...next, phase: "Queued", reason: "Queued", message: "No quota" };
    const again: JobStatus = { ...queued, phase: "Starting", reason: "Starting", message: "Starting trainer-0" };
    assert.deepEqual(told({ ...stopping, reason: "Preempted" }, queued, { ...queued, message: "Still none" }, again), [
      "Normal Queued: No quota",
      "Normal QuotaReserved: Let in by its queue",
    ]);
  });

  it("tell of pods that never had a node only that they were made", () => {
    const cancelled: JobStatus = {
      ...waiting,
      phase: "Stopping",
      reason: "Cancelled",
      message: "Cancelled by request",
    };
    assert.deepEqual(told(INITIAL_STATUS, waiting, cancelled), [
      "Normal Created: All pods of attempt 0 have been made",
      "Normal Cancelled: Cancelled by request",
    ]);
  });

  it("tell of checkpoints that are new", () => {
    const between = (before: number | undefined, now: number | undefined): string[] =>
      eventsBetween(
        { status: running, checkpoint: before === undefined ? undefined : checkpoint(before) },
        { status: running, checkpoint: now === undefined ? undefined : checkpoint(now) },
      ).map(({ reason, message }) => `${reason} ${message}`);
    assert.deepEqual(between(undefined, 0), ["Checkpoint Step 0: work_dirs/a/1/iter_0"]);
    assert.deepEqual(between(4, 8), ["Checkpoint Step 8: work_dirs/a/1/iter_8"]);
    assert.deepEqual([between(8, 8), between(8, 4), between(8, undefined)], [[], [], []]);
  });
});
