import assert from "node:assert/strict";
import {
  COLLATERAL_EXIT_CODE,
  INITIAL_STATUS,
  TERMINATED_EXIT_CODE,
  USER_ERROR_EXIT_CODE,
  workerLabel,
} from "#lib/jobs/job-state.ts";
import { CAUSE_GRACE_MS } from "#lib/jobs/failure-policy.ts";
import { plan, SURVIVOR_GRACE_MS } from "#lib/jobs/plan.ts";
import type {
  Action,
  Exit,
  JobSpec,
  JobStatus,
  Observed,
  ObservedWorker,
  Role,
  WorkerState,
} from "#lib/jobs/job-state.ts";

const NOW = 1_000_000;

const SPEC: JobSpec = {
  name: "tiny",
  workers: 2,
  minWorkers: 2,
  maxRestarts: 0,
  rules: [],
  ownNatsServer: true,
  dataLoaders: 1,
  evaluator: true,
  startsTogether: false,
  startTimeoutMs: null,
  activeDeadlineMs: null,
  ttlMs: null,
  cleanPolicy: "Running",
  backoff: { firstMs: 0, maximumMs: 0 },
  continueHint: "Continue with: petage train tiny.py --resume",
};

const RUNNING = { phase: "Running", reason: "Training", created: true, startTime: NOW - 1000 } as const;

const starting: WorkerState = { state: "starting" };
const ready: WorkerState = { state: "ready", address: "127.0.0.1:1" };

function exited(exit: Partial<Exit> = {}): WorkerState {
  return { state: "exited", exit: { code: 0, signal: null, at: NOW - 100, message: "", ...exit } };
}

const victim = (at = NOW - 100): WorkerState => exited({ code: COLLATERAL_EXIT_CODE, at, message: "Rank 1 is silent" });
const killed = (at = NOW - 100): WorkerState => exited({ code: null, signal: "SIGKILL", at });

/** Workers by label: `{ "trainer-1": ready }`. */
function workers(states: Readonly<Record<string, WorkerState>>, attempt = 0): ObservedWorker[] {
  return Object.entries(states).map(([label, process]) => {
    const { role = "", rank = "0" } = /^(?<role>[-a-z]+?)(-(?<rank>\d+))?$/.exec(label)?.groups ?? {};
    return { role: role as Role, rank: Number(rank), attempt, process };
  });
}

const HELPERS = { "nats-server": ready, "data-loader": ready, evaluator: ready };
const ALL = { ...HELPERS, "trainer-0": ready, "trainer-1": ready };

interface Situation {
  readonly spec?: Partial<JobSpec>;
  readonly status?: Partial<JobStatus>;
  readonly states?: Readonly<Record<string, WorkerState>>;
  readonly cancelRequested?: boolean;
}

function observed({ spec, status, states = {}, cancelRequested = false }: Situation): Observed {
  return {
    spec: { ...SPEC, ...spec },
    status: { ...INITIAL_STATUS, ...RUNNING, ...status },
    workers: workers(states, status?.attempt ?? 0),
    cancelRequested,
    suspendRequested: false,
    checkpointStep: 0,
  };
}

/** Actions in short: `start trainer-0`, `stop evaluator`, `Running`. */
function short(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.kind === "delete-job") return action.kind;
    if (action.kind !== "set-status") return `${action.kind} ${workerLabel(action.worker)}`;
    const { phase, ending } = action.status;
    return phase === "Stopping" ? `Stopping: ${ending}` : phase;
  });
}

const stopping = (ending: JobStatus["ending"], failedAt: number | null = NOW): Partial<JobStatus> => ({
  phase: "Stopping",
  ending,
  message: "trainer-1 was killed by SIGKILL",
  lastFailure:
    failedAt === null
      ? null
      : {
          worker: { role: "trainer", rank: 1, attempt: 0 },
          exit: { code: null, signal: "SIGKILL", at: failedAt, message: "" },
          reason: "Killed",
          message: "trainer-1 was killed by SIGKILL",
        },
});

describe("plan", () => {
  const rows: readonly (Situation & { readonly name: string; readonly does: readonly string[] })[] = [
    {
      name: "starts what everything else needs first",
      status: { phase: "Pending", startTime: null },
      does: ["start nats-server", "start data-loader", "Starting"],
    },
    {
      name: "starts no NATS server where one is given or none is needed",
      spec: { ownNatsServer: false },
      status: { phase: "Pending" },
      does: ["start data-loader", "Starting"],
    },
    {
      name: "waits until a row is ready",
      status: { phase: "Starting" },
      states: { "nats-server": ready, "data-loader": starting },
      does: [],
    },
    {
      name: "starts as many data-loaders as a job has",
      spec: { dataLoaders: 2 },
      status: { phase: "Starting" },
      states: { "nats-server": ready, "data-loader": ready },
      does: ["start data-loader-1", "Starting"],
    },
    {
      name: "waits until every data-loader serves",
      spec: { dataLoaders: 2 },
      status: { phase: "Starting" },
      states: { "nats-server": ready, "data-loader": ready, "data-loader-1": starting },
      does: [],
    },
    {
      name: "starts the evaluator when the data-loader serves",
      status: { phase: "Starting" },
      states: { "nats-server": ready, "data-loader": ready },
      does: ["start evaluator", "Starting"],
    },
    {
      name: "starts the trainers last",
      status: { phase: "Starting" },
      states: HELPERS,
      does: ["start trainer-0", "start trainer-1", "Starting"],
    },
    {
      name: "starts a trainer that is missing",
      status: { phase: "Starting" },
      states: { ...HELPERS, "trainer-1": starting },
      does: ["start trainer-0", "Starting"],
    },
    { name: "is Running when all are ready", status: { phase: "Starting" }, states: ALL, does: ["Running"] },
    {
      name: "keeps the evaluator out where nothing validates",
      spec: { evaluator: false },
      status: { phase: "Starting" },
      states: { "nats-server": ready, "data-loader": ready },
      does: ["start trainer-0", "start trainer-1", "Starting"],
    },
    {
      name: "lets the other trainers finish when one has",
      status: { message: "Training on 2 workers" },
      states: { ...ALL, "trainer-0": exited() },
      does: [],
    },
    {
      name: "tells the helpers to end when all trainers are done",
      states: { ...HELPERS, "trainer-0": exited(), "trainer-1": exited() },
      does: ["stop nats-server", "stop data-loader", "stop evaluator"],
    },
    {
      name: "does not mind how helpers end once training is done",
      states: {
        "nats-server": killed(),
        "data-loader": exited({ code: 1 }),
        evaluator: exited({ code: TERMINATED_EXIT_CODE }),
        "trainer-0": exited(),
        "trainer-1": exited(),
      },
      does: ["Succeeded"],
    },
    {
      name: "stops to fail when a trainer is killed",
      states: { ...ALL, "trainer-1": killed() },
      does: ["Stopping: Failed"],
    },
    {
      name: "stops to fail when a helper ends, even in order",
      states: { ...ALL, "data-loader": exited() },
      does: ["Stopping: Failed"],
    },
    {
      name: "fails while starting too",
      status: { phase: "Starting" },
      states: { "nats-server": exited({ code: 1 }), "data-loader": starting },
      does: ["Stopping: Failed"],
    },
    {
      name: "restarts while it may",
      spec: { maxRestarts: 1 },
      states: { ...ALL, "trainer-1": killed() },
      does: ["Stopping: Restarting"],
    },
    {
      name: "restarts no more than it may",
      spec: { maxRestarts: 1 },
      status: { restarts: 1 },
      states: { ...ALL, "trainer-1": killed() },
      does: ["Stopping: Failed"],
    },
    {
      name: "does not restart what a user must mend",
      spec: { maxRestarts: 9 },
      states: { ...ALL, "trainer-1": exited({ code: USER_ERROR_EXIT_CODE }) },
      does: ["Stopping: Failed"],
    },
    { name: "cancels when asked to", states: ALL, cancelRequested: true, does: ["Stopping: Cancelled"] },
    {
      name: "cancels before anything was started",
      status: { phase: "Pending" },
      cancelRequested: true,
      does: ["Stopping: Cancelled"],
    },
    {
      name: "ends a job that runs longer than its deadline",
      spec: { activeDeadlineMs: 999 },
      states: ALL,
      does: ["Stopping: Failed"],
    },
    {
      name: "lets a job run until its deadline",
      spec: { activeDeadlineMs: 1000 },
      status: { message: "Training on 2 workers" },
      states: ALL,
      does: [],
    },
    {
      name: "gives the survivors of a failure time to save",
      status: stopping("Failed"),
      states: { ...ALL, "trainer-1": killed() },
      does: [],
    },
    {
      name: "tells survivors to end after their grace",
      status: stopping("Failed", NOW - SURVIVOR_GRACE_MS),
      states: { ...ALL, "trainer-1": killed() },
      does: ["stop trainer-0"],
    },
    {
      name: "blames no victim while the process that it lost may still be seen to end",
      states: { ...ALL, "trainer-0": victim(NOW - CAUSE_GRACE_MS + 1) },
      does: [],
    },
    {
      name: "blames a victim at once where nothing is left that could be to blame",
      states: { "trainer-0": victim(), "trainer-1": victim() },
      does: ["Stopping: Failed"],
    },
    {
      name: "blames a victim at once that ended in the future: the clock of its machine says nothing",
      states: { ...ALL, "trainer-0": victim(NOW + 1) },
      does: ["Stopping: Failed"],
    },
    {
      name: "gives no grace when cancelled: trainers first",
      status: stopping("Cancelled", null),
      states: ALL,
      does: ["stop trainer-0", "stop trainer-1"],
    },
    {
      name: "stops the helpers when the trainers have ended",
      status: stopping("Failed"),
      states: { ...HELPERS, "trainer-0": victim(), "trainer-1": killed() },
      does: ["stop nats-server", "stop data-loader", "stop evaluator"],
    },
    {
      name: "has failed when all have ended",
      status: stopping("Failed"),
      states: { "data-loader": exited(), "trainer-0": exited({ code: 1 }) },
      does: ["Failed"],
    },
    {
      name: "is cancelled when all have ended",
      status: stopping("Cancelled", null),
      states: { "trainer-0": exited() },
      does: ["Cancelled"],
    },
    {
      name: "begins the next attempt when all have ended",
      status: stopping("Restarting"),
      states: { "trainer-0": exited() },
      does: ["Restarting"],
    },
    {
      name: "starts the next attempt from the beginning",
      status: { phase: "Restarting", attempt: 1, restarts: 1 },
      does: ["start nats-server", "start data-loader", "Starting"],
    },
    {
      name: "ends what still lives after the end",
      status: { phase: "Failed" },
      states: { ...HELPERS },
      does: ["stop nats-server", "stop data-loader", "stop evaluator"],
    },
    {
      name: "has nothing to do after the end",
      status: { phase: "Succeeded" },
      states: { "trainer-0": exited() },
      cancelRequested: true,
      does: [],
    },
  ];
  for (const { name, does, ...situation } of rows) {
    it(name, () => assert.deepEqual(short(plan(observed(situation), NOW)), does));
  }

  it("does not count processes of earlier attempts", () => {
    const situation = observed({ status: { phase: "Restarting", attempt: 1, restarts: 1 } });
    const old = workers({ ...ALL, "trainer-0": killed() }, 0);
    assert.deepEqual(short(plan({ ...situation, workers: old }, NOW)).slice(0, 2), [
      "start nats-server",
      "start data-loader",
    ]);
  });

  const roots: readonly {
    name: string;
    states: Readonly<Record<string, WorkerState>>;
    message: string;
    reason: string;
  }[] = [
    {
      name: "the one that ended first",
      states: {
        ...ALL,
        "trainer-0": exited({ code: 1, at: NOW - 5, message: "later" }),
        "data-loader": killed(NOW - 6),
      },
      message: "data-loader was killed by SIGKILL",
      reason: "Killed",
    },
    {
      name: "not a victim that ended before the cause was seen to end",
      states: {
        ...ALL,
        "trainer-0": victim(NOW - 9),
        "trainer-1": exited({ code: 1, at: NOW - 5, message: "Out of memory" }),
      },
      message: "trainer-1 ended with exit code 1: Out of memory",
      reason: "Error",
    },
    {
      name: "a victim where nobody else ended: its peer hangs",
      states: { ...ALL, "trainer-0": victim(NOW - CAUSE_GRACE_MS) },
      message: "trainer-0 ended with exit code 75: Rank 1 is silent",
      reason: "PeerLost",
    },
  ];
  for (const { name, states, message, reason } of roots) {
    it(`blames ${name}`, () => {
      const [action] = plan(observed({ states }), NOW);
      assert.ok(action?.kind === "set-status");
      assert.equal(action.status.message, message);
      assert.equal(action.status.lastFailure?.message, message);
      assert.equal(action.status.lastFailure.reason, reason);
    });
  }

  it("says how to continue a failed job, but not one that would be refused again", () => {
    const failed = (code: number): string => {
      const status = stopping("Failed");
      const lastFailure = {
        ...(status.lastFailure ?? assert.fail()),
        exit: { code, signal: null, at: NOW, message: "" },
      };
      const [action] = plan(observed({ status: { ...status, lastFailure } }), NOW);
      assert.ok(action?.kind === "set-status");
      assert.equal(action.status.completionTime, NOW);
      return action.status.message;
    };
    assert.match(failed(1), /Continue with: petage train tiny\.py --resume$/);
    assert.doesNotMatch(failed(USER_ERROR_EXIT_CODE), /Continue/);
  });
});
