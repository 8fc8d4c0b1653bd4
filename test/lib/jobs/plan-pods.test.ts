import assert from "node:assert/strict";
import { plan, wakeTime } from "#lib/jobs/plan.ts";
import { NO_SCHEDULER } from "#lib/jobs/job-state.ts";
import type { JobStatus, WorkerState } from "#lib/jobs/job-state.ts";
import { gated, homeless, NOW, observed, POD_SPEC, ready, starting } from "#test/support/observed-job.ts";
import type { Situation } from "#test/support/observed-job.ts";

const HOUR_MS = 3_600_000;

/** What becomes of the status; undefined when it stays. */
function next(situation: Situation, now = NOW): JobStatus | undefined {
  const action = plan(observed(situation), now).find(({ kind }) => kind === "set-status");
  return action?.kind === "set-status" ? action.status : undefined;
}

const notReady: Situation = { trainers: [ready, starting] };
const beginning = { phase: "Starting", reason: "Starting", message: "Waiting for trainer-1" } as const;

describe("plan, of pods that start together", () => {
  it("lets a running job be whose worker fails a probe, however long ago it began", () => {
    const old = { attemptTime: NOW - HOUR_MS, startTime: NOW - HOUR_MS };
    assert.deepEqual(plan(observed({ ...notReady, status: old }), NOW), []);
  });

  it("gives an attempt up that does not become ready in time, says why, and tries again later", () => {
    const problem = { reason: "ImagePullBackOff", message: "ImagePullBackOff: no such image" };
    const trainers: WorkerState[] = [ready, { ...starting, problem }];
    const late = { ...beginning, attemptTime: NOW - 600_001 };
    const status = next({ trainers, status: late });
    assert.deepEqual(
      [status?.phase, status?.ending, status?.reason, status?.restarts, status?.restartsIgnored],
      ["Stopping", "Restarting", "StartTimeout", 0, 1],
    );
    assert.equal(status?.message, "Not all workers were ready after 600 s: trainer-1: ImagePullBackOff: no such image");
    assert.equal(status?.nextRetryTime, NOW + POD_SPEC.backoff.firstMs);
    assert.equal(
      next({ trainers: notReady.trainers ?? [], status: { ...beginning, attemptTime: NOW - 600_000 } }),
      undefined,
    );
  });

  it("keeps its place in a queue for as long as nobody holds anything, and counts from when somebody does", () => {
    const since = NOW - 24 * HOUR_MS;
    for (const queued of [homeless, gated]) {
      const waiting = { trainers: [queued, queued], dataLoader: queued, rest: { fits: false } };
      const status = next({ ...waiting, status: { ...beginning, attemptTime: since } });
      assert.deepEqual([status?.phase, status?.heldSince, status?.restartsIgnored], ["Scheduling", null, 0]);
    }
    const placed = { trainers: [starting, homeless], dataLoader: homeless };
    const queued = { ...beginning, attemptTime: since, heldSince: null };
    assert.equal(next({ ...placed, status: queued })?.heldSince, NOW, "the first of them has a node");
    const held = { ...queued, heldSince: NOW - 600_001 };
    assert.equal(next({ ...placed, status: held })?.reason, "StartTimeout");
    assert.equal(next({ ...placed, status: { ...held, heldSince: NOW - 600_000 } })?.phase, "Scheduling");
    assert.equal(wakeTime(observed({ ...placed, status: { ...held, heldSince: NOW } }), NOW), NOW + 600_001);
  });

  it("notices a scheduler that starts those one by one that it was to start together, and asks it no more", () => {
    const problem = { reason: "Unschedulable", message: "0/3 nodes are available" };
    const scattered = { trainers: [starting, { ...homeless, problem }], dataLoader: starting };
    const gang = { minCount: 3, needs: "its gate", isReplaceable: true };
    const status = (heldMs: number): NonNullable<Situation["status"]> => ({
      ...beginning,
      attemptTime: NOW - HOUR_MS,
      heldSince: NOW - heldMs,
    });
    const noticed = next({ ...scattered, status: status(60_001), rest: { gang } });
    assert.deepEqual(
      [
        noticed?.phase,
        noticed?.ending,
        noticed?.reason,
        noticed?.gangIgnored,
        noticed?.restarts,
        noticed?.restartsIgnored,
      ],
      ["Stopping", "Restarting", "GangIgnored", true, 0, 1],
    );
    const told =
      "The scheduler gave places to 2 of 3 workers that must start together: it leaves their group out of account";
    assert.equal(noticed?.message, `${told}. Groups need its gate`);
    assert.equal(wakeTime(observed({ ...scattered, status: status(0), rest: { gang } }), NOW), NOW + 60_001);

    const named = next({ ...scattered, status: status(60_001), rest: { gang: { ...gang, isReplaceable: false } } });
    assert.deepEqual([named?.phase, named?.reason, named?.gangIgnored], ["Scheduling", "GangIgnored", false]);
    assert.equal(named?.message, noticed?.message);

    const short = { spec: { startTimeoutMs: 10_000 }, status: status(10_001), rest: { gang } };
    assert.equal(next({ ...scattered, ...short })?.reason, "GangIgnored", "before the attempt is given up as slow");
    for (const [what, situation] of Object.entries({
      "it may still be at it": { ...scattered, status: status(60_000), rest: { gang } },
      "nobody was asked": { ...scattered, status: status(60_001) },
      "enough have places": { ...scattered, status: status(60_001), rest: { gang: { ...gang, minCount: 2 } } },
      "none was refused": { trainers: [starting, homeless], status: status(60_001), rest: { gang } },
    })) {
      assert.notEqual(next(situation)?.reason, "GangIgnored", what);
    }
  });

  it("lets pods in together when there is room, or when nobody knows", () => {
    const waiting = { trainers: [gated, gated], dataLoader: gated, status: beginning };
    for (const rest of [{ fits: true }, {}]) {
      const actions = plan(observed({ ...waiting, rest }), NOW);
      assert.deepEqual(
        actions.map(({ kind }) => kind),
        ["admit", "admit", "admit"],
      );
    }
    const held = next({ ...waiting, rest: { fits: false } });
    assert.deepEqual([held?.phase, held?.reason], ["Scheduling", "WaitingForNodes"]);
    const short = next({ ...waiting, rest: { fits: false, shortage: "3 gpus wanted, 2 gpus there, 1 gpus free" } });
    assert.equal(short?.message, "Waiting for room: 3 gpus wanted, 2 gpus there, 1 gpus free");
  });

  it("says what is known of one worker rather than that nothing is known of the others", () => {
    const unseen = { ...homeless, problem: { reason: NO_SCHEDULER, message: "nobody has looked" } };
    const claimless = { ...homeless, problem: { reason: "NoResourceClaim", message: "no claim" } };
    const status = next({ dataLoader: unseen, trainers: [unseen, claimless], status: beginning });
    assert.deepEqual([status?.reason, status?.message], ["NoResourceClaim", "no claim"]);
  });

  it("names no worker for what is said of a node, which all of them wait for", () => {
    const problem = { reason: "Unschedulable", message: "0/3 nodes are available" };
    const status = next({ trainers: [{ ...homeless, problem }, homeless], status: beginning });
    assert.deepEqual(
      [status?.phase, status?.reason, status?.message],
      ["Scheduling", "Unschedulable", problem.message],
    );
  });

  it("waits before it tries again, but no longer than it ever would, where a clock was set back", () => {
    const waiting = { phase: "Restarting", reason: "Restarting", attempt: 1, workers: 0, created: false } as const;
    const at = (now: number) => {
      const status = { ...waiting, nextRetryTime: NOW + 10_000, attemptTime: null };
      return plan({ ...observed({ status }), workers: [] }, now).some(({ kind }) => kind === "start");
    };
    assert.deepEqual(
      [at(NOW), at(NOW + 9_999), at(NOW + 10_000), at(NOW + HOUR_MS), at(NOW - HOUR_MS)],
      [false, false, true, true, true],
    );
  });

  it("is not moved by a clock that jumps, where no time limit was set", () => {
    for (const jumpMs of [-HOUR_MS, HOUR_MS, 24 * HOUR_MS]) {
      assert.deepEqual(plan(observed({}), NOW + jumpMs), [], `${jumpMs} ms`);
    }
    const wake = wakeTime(observed({}), NOW + HOUR_MS);
    assert.equal(wake, null);
  });
});
