import assert from "node:assert/strict";
import { STOPPED_EXIT_CODE, TERMINATED_EXIT_CODE } from "#lib/jobs/job-state.ts";
import type { JobStatus, WorkerState } from "#lib/jobs/job-state.ts";
import { plan } from "#lib/jobs/plan.ts";
import { exited, NOW, observed, POD_SPEC, ready } from "#test/support/observed-job.ts";

const STOPPED = "TrainerService.Stop ended training after step 20 of 1600";
const done = exited({ code: 0 });
const stopped = exited({ code: STOPPED_EXIT_CODE, message: STOPPED });
const terminated = exited({ code: TERMINATED_EXIT_CODE });
const lost = exited({ code: 75, at: NOW - 200 });
const stopping = (ending: JobStatus["ending"]): Partial<JobStatus> => ({ phase: "Stopping", ending });

/** Success means that every trainer did the last step, and nothing else does. */
const CASES: readonly {
  readonly what: string;
  readonly trainers: readonly WorkerState[];
  readonly status?: Partial<JobStatus>;
  readonly asked?: { readonly cancelRequested?: true; readonly suspendRequested?: true };
  /** The next phase, with where a job that stops will end. */
  readonly becomes: string;
}[] = [
  { what: "did the last step", trainers: [done, done], becomes: "Succeeded" },
  { what: "were stopped", trainers: [stopped, stopped], becomes: "Stopping: Failed" },
  { what: "were stopped, one of them so far", trainers: [stopped, ready], becomes: "Stopping: Failed" },
  { what: "were stopped or had done the last step", trainers: [done, stopped], becomes: "Stopping: Failed" },
  { what: "were stopped, or lost who was", trainers: [lost, stopped], becomes: "Stopping: Failed" },
  { what: "got a SIGTERM, one of them", trainers: [terminated, ready], becomes: "Stopping: Restarting" },
  {
    what: "did the last step, and the job was cancelled",
    trainers: [done, done],
    asked: { cancelRequested: true },
    becomes: "Succeeded",
  },
  {
    what: "did the last step, and the job was suspended",
    trainers: [done, done],
    asked: { suspendRequested: true },
    becomes: "Succeeded",
  },
  {
    what: "did the last step before they heard that they should end",
    trainers: [done, done],
    status: stopping("Suspended"),
    becomes: "Succeeded",
  },
  {
    what: "ended as the cancelled job had them",
    trainers: [terminated, stopped],
    status: stopping("Cancelled"),
    becomes: "Cancelled",
  },
  {
    what: "ended as the suspended job had them",
    trainers: [terminated, stopped],
    status: stopping("Suspended"),
    becomes: "Suspended",
  },
  {
    what: "ended as the cancelled job had them, one after the last step",
    trainers: [done, terminated],
    status: stopping("Cancelled"),
    becomes: "Cancelled",
  },
];

describe("a job whose trainers", () => {
  for (const launcher of ["one machine", "a cluster"]) {
    const spec = { startsTogether: launcher === "a cluster", maxRestarts: 9 };
    for (const { what, trainers, status = {}, asked = {}, becomes } of CASES) {
      it(`${what} becomes ${becomes} on ${launcher}`, () => {
        const situation = { spec, status, trainers, dataLoader: exited({ code: 0, at: NOW - 10 }), rest: asked };
        const action = plan(observed(situation), NOW).find(({ kind }) => kind === "set-status");
        assert.ok(action?.kind === "set-status");
        const { phase, ending } = action.status;
        assert.equal(phase === "Stopping" ? `${phase}: ${ending}` : phase, becomes);
      });
    }
  }

  it("were stopped says so, though others of them fell with it", () => {
    const [action] = plan(observed({ trainers: [lost, stopped], rest: { spec: POD_SPEC } }), NOW);
    assert.ok(action?.kind === "set-status");
    assert.equal(action.status.message, `trainer-1 ended with exit code 4: ${STOPPED}`);
    assert.equal(action.status.reason, "Stopped");
  });
});
