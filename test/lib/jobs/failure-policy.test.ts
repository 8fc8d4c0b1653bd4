import assert from "node:assert/strict";
import {
  actionFor,
  backoffMs,
  blameNode,
  countedRestarts,
  excludedNodes,
  MAX_FAILURES_PER_NODE,
  rootFailure,
} from "#lib/jobs/failure-policy.ts";
import type { Exit, Failure, FailureAction, FailureRule, WorkerState } from "#lib/jobs/job-state.ts";
import { exited, NOW, observed, POD_SPEC, ready } from "#test/support/observed-job.ts";

function failure(exit: Partial<Exit>): Failure {
  const worker = { role: "trainer", rank: 0, attempt: 0 } as const;
  const whole = { code: 1, signal: null, at: NOW, message: "", ...exit };
  return { worker, exit: whole, reason: exit.reason ?? "Error", message: "" };
}

const RULES: readonly {
  readonly what: string;
  readonly rules?: readonly FailureRule[];
  readonly exit: Partial<Exit>;
  readonly action: FailureAction;
}[] = [
  { what: "any failure", exit: {}, action: "Restart" },
  { what: "a user's error", exit: { code: 3 }, action: "FailJob" },
  { what: "a worker that somebody stopped", exit: { code: 4 }, action: "FailJob" },
  {
    what: "a worker that somebody stopped, where a rule wants it back",
    rules: [{ exitCodes: [4], action: "Restart" }],
    exit: { code: 4 },
    action: "Restart",
  },
  { what: "a worker that SIGTERM ended", exit: { code: 143 }, action: "Restart" },
  { what: "a pod that was driven out", exit: { code: 143, disrupted: true }, action: "RestartIgnoringLimit" },
  { what: "a code that a rule names", rules: [{ exitCodes: [1], action: "FailJob" }], exit: {}, action: "FailJob" },
  { what: "another code", rules: [{ exitCodes: [2], action: "FailJob" }], exit: {}, action: "Restart" },
  {
    what: "a user's error that a rule forgives",
    rules: [{ exitCodes: [3], action: "Restart" }],
    exit: { code: 3 },
    action: "Restart",
  },
  {
    what: "the first rule of several",
    rules: [
      { exitCodes: [1, 2], action: "RestartIgnoringLimit" },
      { exitCodes: [1], action: "FailJob" },
    ],
    exit: {},
    action: "RestartIgnoringLimit",
  },
  {
    what: "a pod without a code, of which the rule names one",
    rules: [{ exitCodes: [1], action: "FailJob" }],
    exit: { code: null },
    action: "Restart",
  },
  {
    what: "both conditions of one rule",
    rules: [{ exitCodes: [143], disrupted: true, action: "FailJob" }],
    exit: { code: 143 },
    action: "Restart",
  },
];

describe("actionFor", () => {
  for (const { what, rules = [], exit, action } of RULES) {
    it(`answers ${what} with ${action}`, () => assert.equal(actionFor(failure(exit), rules), action));
  }
});

describe("rootFailure", () => {
  const pods = (...exits: readonly Partial<Exit>[]) => observed({ trainers: exits.map((exit) => exited(exit)) });

  it("is the first that ended by itself, not those that fell with it", () => {
    const root = rootFailure(pods({ code: 75, at: NOW - 500 }, { code: 1, at: NOW - 100 }));
    assert.equal(root?.worker.rank, 1);
  });
  it("is a victim only where there is nobody else", () => {
    const root = rootFailure(pods({ code: 75, at: NOW - 100 }, { code: 75, at: NOW - 500 }));
    assert.deepEqual([root?.worker.rank, root?.reason], [1, "PeerLost"]);
  });
  it("is no helper whose work is done", () => {
    const done = observed({ trainers: [exited({ code: 0 }), ready], dataLoader: exited({ code: 143 }) });
    assert.equal(rootFailure(done), undefined);
  });
  describe("among several data-loaders", () => {
    const [lost, bad] = [exited({ code: 137 }), exited({ code: 3 })];
    const root = (first: WorkerState, second: WorkerState, phase: "Running" | "Starting" = "Running") => {
      const { workers, ...rest } = observed({ spec: { dataLoaders: 2 }, status: { phase }, dataLoader: first });
      const other = { role: "data-loader", rank: 1, attempt: 0, process: second } as const;
      return rootFailure({ ...rest, workers: [...workers, other] })?.worker;
    };
    it("is none of them while another gives its batches", () => assert.equal(root(lost, ready), undefined));
    it("is the last of them", () => assert.deepEqual(root(lost, lost)?.role, "data-loader"));
    it("is one that was wrong of its user's doing: the others would be", () => assert.equal(root(bad, ready)?.rank, 0));
    it("is one that the job was still waiting for", () => assert.equal(root(ready, lost, "Starting")?.rank, 1));
  });
  it("names worker, code, Kubernetes' word, node and last words", () => {
    const root = rootFailure(
      pods({ code: 137, signal: "SIGKILL", reason: "OOMKilled", node: "a", message: "too much" }),
    );
    assert.equal(root?.message, "trainer-0 was killed by SIGKILL (OOMKilled, on node a): too much");
  });
});

describe("restarts", () => {
  it("count only since the last new checkpoint", () => {
    const status = observed({ status: { restarts: 2, resumedStep: 100 } }).status;
    assert.equal(countedRestarts({ status, checkpointStep: 100 }), 2);
    assert.equal(countedRestarts({ status, checkpointStep: 101 }), 0);
  });
  it("wait ever longer, but for the first", () => {
    const waits = [1, 2, 3, 4, 20].map((restart) => backoffMs(POD_SPEC, restart));
    assert.deepEqual(waits, [0, 10_000, 20_000, 40_000, 360_000]);
  });
});

describe("nodes", () => {
  /** What is remembered of nodes after failures of these, one after the other. */
  function remembered(failures: readonly (readonly [node: string, reason: string])[]) {
    const status = { ...observed({}).status };
    for (const [node, reason] of failures) {
      Object.assign(status, { nodeFailures: blameNode(status, failure({ node, reason })) });
    }
    return status;
  }

  it("are kept away from when they could not run pods, not when programs failed on them", () => {
    const programs = ["Error", "OOMKilled", "PeerLost", "Deleted"].map((reason) => ["good", reason] as const);
    const status = remembered([["bad", "UnexpectedAdmissionError"], ...programs, ["bad", "OutOfnvidia.com/gpu"]]);
    assert.deepEqual(status.nodeFailures, { bad: MAX_FAILURES_PER_NODE });
    assert.deepEqual(excludedNodes(status), ["bad"]);
  });
  it("are forgotten when there are too many, the least guilty first", () => {
    const others = Array.from({ length: 40 }, (_, index) => [`n${index}`, "NodeLost"] as const);
    const status = remembered([["worst", "NodeLost"], ["worst", "NodeLost"], ...others]);
    assert.equal(Object.keys(status.nodeFailures).length, 32);
    assert.deepEqual(excludedNodes(status), ["worst"]);
  });
});
