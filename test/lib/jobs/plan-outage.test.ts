import assert from "node:assert/strict";
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

  it("says so once, and that it trains again when NATS is back", () => {
    const waiting = statusOf(observed({ rest: { outage: OUTAGE } }));
    assert.deepEqual(plan(observed({ status: waiting, rest: { outage: OUTAGE } }), NOW), []);
    const { reason, message } = statusOf(observed({ status: waiting }));
    assert.deepEqual([reason, message], ["Training", "Training on 2 workers"]);
  });
});
