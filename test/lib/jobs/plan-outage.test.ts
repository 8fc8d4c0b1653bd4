import assert from "node:assert/strict";
import { GROW_INTERVAL_MS } from "#lib/jobs/elastic.ts";
import type { JobStatus, Observed } from "#lib/jobs/job-state.ts";
import { plan } from "#lib/jobs/plan.ts";
import { NOW, observed } from "#test/support/observed-job.ts";

const OUTAGE = { since: NOW, givesUpAt: NOW + 600_000 };

function statusOf(given: Observed): JobStatus {
  const action = plan(given, NOW).find(({ kind }) => kind === "set-status");
  return action?.kind === "set-status" ? action.status : assert.fail("no status is set");
}

describe("plan, while NATS is away", () => {
  it("says that the job waits, and until when; that is no failure and stops nobody", () => {
    const waiting = plan(observed({ rest: { outage: OUTAGE } }), NOW);
    assert.deepEqual(
      waiting.map(({ kind }) => kind),
      ["set-status"],
    );
    const { phase, reason, message, restarts } = statusOf(observed({ rest: { outage: OUTAGE } }));
    assert.deepEqual([phase, reason, restarts], ["Running", "WaitingForNats", 0]);
    const [since, end] = [OUTAGE.since, OUTAGE.givesUpAt].map((instant) => new Date(instant).toISOString());
    assert.equal(message, `Waiting for NATS since ${since}, gives up at ${end}`);
  });

  it("is no time to grow", () => {
    const spec = { workers: 4, minWorkers: 2 };
    const fewer = { spec, status: { sizedFor: 4, attemptTime: NOW - GROW_INTERVAL_MS - 1 } };
    assert.equal(statusOf(observed({ ...fewer, rest: { room: 2 } })).reason, "Resizing");
    assert.equal(statusOf(observed({ ...fewer, rest: { room: 2, outage: OUTAGE } })).reason, "WaitingForNats");
  });

  it("says so once, and that it trains again when NATS is back", () => {
    const waiting = statusOf(observed({ rest: { outage: OUTAGE } }));
    assert.deepEqual(plan(observed({ status: waiting, rest: { outage: OUTAGE } }), NOW), []);
    const { reason, message } = statusOf(observed({ status: waiting }));
    assert.deepEqual([reason, message], ["Training", "Training on 2 workers"]);
  });
});
