import assert from "node:assert/strict";
import { plan, wakeTime } from "#lib/jobs/plan.ts";
import type { Action, JobStatus, Observed, ObservedWorker } from "#lib/jobs/job-state.ts";
import { exited, NOW, observed, ready } from "#test/support/observed-job.ts";
import type { Situation } from "#test/support/observed-job.ts";

const queued = { reason: "Queued", message: "insufficient unused quota for nvidia.com/gpu" };
const preempted = { reason: "Preempted", message: "Preempted to accommodate a workload" };
/** Of a job that has no workers. */
const none = { workers: 0, sizedFor: 0, created: false, startTime: null, attemptTime: null, heldSince: null } as const;

function of(situation: Situation, workers?: readonly ObservedWorker[]): Observed {
  const seen = observed(situation);
  return workers ? { ...seen, workers } : seen;
}

function statusOf(actions: readonly Action[]): JobStatus | undefined {
  const action = actions.find(({ kind }) => kind === "set-status");
  return action?.kind === "set-status" ? action.status : undefined;
}

describe("plan, of a job in a queue", () => {
  it("starts nothing, says what the queue says, and keeps its place for however long", () => {
    const waiting = of({ status: { ...none, phase: "Pending" }, rest: { queued } }, []);
    const actions = plan(waiting, NOW);
    const status = statusOf(actions);
    assert.deepEqual([status?.phase, status?.reason, status?.message], ["Queued", queued.reason, queued.message]);
    assert.equal(actions.length, 1);
    const later = { ...waiting, status: { ...waiting.status, ...status } };
    assert.deepEqual(plan(later, NOW + 1e9), [], "no start timeout, no deadline");
    assert.equal(wakeTime(later, NOW), null);
  });

  it("begins once it is let in, with as many workers as its spec has then", () => {
    const waiting = of({ spec: { workers: 6, minWorkers: 4 }, status: { ...none, phase: "Queued", attempt: 1 } }, []);
    const pending = statusOf(plan(waiting, NOW));
    assert.deepEqual([pending?.phase, pending?.reason], ["Pending", "QuotaReserved"]);
    const started = plan({ ...waiting, status: { ...waiting.status, ...pending } }, NOW);
    assert.equal(started.filter((action) => action.kind === "start" && action.worker.role === "trainer").length, 6);
    assert.equal(statusOf(started)?.sizedFor, 6);
  });

  it("stops its workers at once when its place is taken back, which counts as no restart", () => {
    const stopping = statusOf(plan(of({ rest: { queued: preempted } }), NOW));
    assert.deepEqual(
      [stopping?.phase, stopping?.ending, stopping?.reason, stopping?.message],
      ["Stopping", "Queued", "Preempted", preempted.message],
    );
    const asked = plan(of({ status: { ...stopping }, rest: { queued: preempted } }), NOW);
    assert.deepEqual(
      asked.map((action) => action.kind === "stop" && action.worker.role),
      ["trainer", "trainer"],
    );
    const gone = exited({ code: 143 });
    const ended = of({
      trainers: [gone, gone],
      dataLoader: gone,
      status: { ...stopping },
      rest: { queued, checkpointStep: 7 },
    });
    const next = statusOf(plan(ended, NOW));
    assert.deepEqual(
      [next?.phase, next?.attempt, next?.restarts, next?.restartsIgnored, next?.resumedStep, next?.startTime],
      ["Queued", 1, 0, 0, 7, null],
    );
  });

  it("whose workers had done the last step has succeeded, whatever its queue says", () => {
    const done = exited({ code: 0 });
    const status = statusOf(plan(of({ trainers: [done, done], rest: { queued: preempted } }), NOW));
    assert.equal(status?.phase, "Succeeded");
  });

  it("waits for its user first where that has suspended it, and for the queue afterwards", () => {
    const waiting = { status: { ...none, phase: "Queued" as const }, rest: { queued, suspendRequested: true } };
    assert.equal(statusOf(plan(of(waiting, []), NOW))?.ending, "Suspended");
    const resumed = of({ status: { ...none, phase: "Suspended" }, rest: { queued } }, []);
    assert.equal(statusOf(plan(resumed, NOW))?.phase, "Pending");
  });

  it("keeps its place over restarts: who is in, is in", () => {
    const status = { ...none, phase: "Restarting" as const, attempt: 1 };
    const actions = plan(of({ status }, [{ role: "trainer", rank: 0, attempt: 0, process: ready }]), NOW);
    assert.ok(actions.some(({ kind }) => kind === "start"));
  });
});
