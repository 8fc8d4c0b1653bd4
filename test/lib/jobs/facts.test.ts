import assert from "node:assert/strict";
import {
  factsOf,
  resultOf,
  withBest,
  withCheckpoint,
  withLostSteps,
  withStep,
  withTermination,
  withTrainerReport,
  withValidation,
} from "#lib/jobs/facts.ts";
import type { Facts, StepReport } from "#lib/jobs/facts.ts";
import { EMPTY_REPORT } from "#lib/jobs/termination.ts";
import { NOW } from "#test/support/observed-job.ts";

const AT = new Date(NOW).toISOString();
const OUTAGE = { since: NOW - 5_000, givesUpAt: NOW + 595_000 };
const BOUNDS = { maxEpochs: 2, maxSteps: 30 };
const STEP: StepReport = { epoch: 1, step: 10, loss: 2.5, etaSeconds: 40.25, imagesPerSecond: 8 };

function checkpoint(step: number, name = `epoch_${step}`) {
  return { uri: `work_dirs/run/${name}`, epoch: 1, step, sha256: "" };
}

interface Case {
  readonly what: string;
  readonly before?: Facts;
  readonly change: (facts: Facts) => Facts;
  readonly after: Facts;
}

const CASES: readonly Case[] = [
  {
    what: "a step says how far training is, and nothing is rounded",
    change: (facts) => withStep(facts, STEP, BOUNDS, NOW),
    after: { progress: { ...STEP, ...BOUNDS, percent: (10 / 30) * 100, updateTime: AT } },
  },
  {
    what: "a step of a training without an end is 0 % of it",
    change: (facts) => withStep(facts, STEP, { maxEpochs: 0, maxSteps: 0 }, NOW),
    after: { progress: { ...STEP, maxEpochs: 0, maxSteps: 0, percent: 0, updateTime: AT } },
  },
  {
    what: "a step leaves the last validation and the lost steps as they are",
    before: { progress: { step: 3, lostSteps: 5, validationMetrics: { "accuracy/top1": 0.5 } } },
    change: (facts) => withStep(facts, STEP, BOUNDS, NOW),
    after: {
      progress: {
        ...STEP,
        ...BOUNDS,
        percent: (10 / 30) * 100,
        updateTime: AT,
        lostSteps: 5,
        validationMetrics: { "accuracy/top1": 0.5 },
      },
    },
  },
  {
    what: "a validation gives its metrics, and months among them",
    change: (facts) => withValidation(facts, { metrics: { "petage/mae_median": 4 }, isBest: false }),
    after: { progress: { validationMetrics: { "petage/mae_median": 4 }, valMaeMonths: 4 } },
  },
  {
    what: "a validation without months has none",
    change: (facts) => withValidation(facts, { metrics: { "accuracy/top1": 0.5 }, isBest: false }),
    after: { progress: { validationMetrics: { "accuracy/top1": 0.5 } } },
  },
  {
    what: "the best validation is remembered, with the checkpoint of the one before until its own is written",
    before: { best: { uri: "work_dirs/run/best_a_epoch_1", metrics: { a: 1 } } },
    change: (facts) => withValidation(facts, { metrics: { a: 2 }, isBest: true }),
    after: {
      best: { uri: "work_dirs/run/best_a_epoch_1", metrics: { a: 2 } },
      progress: { validationMetrics: { a: 2 } },
    },
  },
  {
    what: "the first checkpoint is the newest",
    change: (facts) => withCheckpoint(facts, checkpoint(4)),
    after: { lastCheckpoint: checkpoint(4) },
  },
  {
    what: "a later checkpoint takes its place",
    before: { lastCheckpoint: checkpoint(4) },
    change: (facts) => withCheckpoint(facts, checkpoint(8)),
    after: { lastCheckpoint: checkpoint(8) },
  },
  {
    what: "an earlier one does not",
    before: { lastCheckpoint: checkpoint(4) },
    change: (facts) => withCheckpoint(facts, checkpoint(2)),
    after: { lastCheckpoint: checkpoint(4) },
  },
  {
    what: "another one of the same step does",
    before: { lastCheckpoint: checkpoint(4, "iter_4") },
    change: (facts) => withCheckpoint(facts, checkpoint(4, "epoch_1")),
    after: { lastCheckpoint: checkpoint(4, "epoch_1") },
  },
  {
    what: "the same one again keeps the time at which it was first heard of",
    before: { lastCheckpoint: { ...checkpoint(4), time: "2026-01-01T00:00:00.000Z" } },
    change: (facts) => withCheckpoint(facts, { ...checkpoint(4), time: AT }),
    after: { lastCheckpoint: { ...checkpoint(4), time: "2026-01-01T00:00:00.000Z" } },
  },
  {
    what: "the best checkpoint cannot be resumed, and is not the newest",
    before: { lastCheckpoint: checkpoint(4), best: { metrics: { a: 2 } } },
    change: (facts) => withCheckpoint(facts, checkpoint(8, "best_a_epoch_2")),
    after: { lastCheckpoint: checkpoint(4), best: { metrics: { a: 2 }, uri: "work_dirs/run/best_a_epoch_2" } },
  },
  {
    what: "a trainer that has not begun says nothing new",
    before: { progress: { step: 3 } },
    change: (facts) => withTrainerReport(facts, BOUNDS, NOW),
    after: { progress: { step: 3 } },
  },
  {
    what: "a trainer says all at once",
    change: (facts) => {
      const lastValidation = { metrics: { a: 2 }, isBest: false };
      return withTrainerReport(
        facts,
        { ...BOUNDS, lastStep: STEP, lastValidation, lastCheckpoint: checkpoint(4) },
        NOW,
      );
    },
    after: {
      lastCheckpoint: checkpoint(4),
      progress: { ...STEP, ...BOUNDS, percent: (10 / 30) * 100, updateTime: AT, validationMetrics: { a: 2 } },
    },
  },
  {
    what: "NATS is away by what a trainer says",
    change: (facts) => withTrainerReport(facts, { ...BOUNDS, outage: OUTAGE }, NOW),
    after: { outage: OUTAGE },
  },
  {
    what: "NATS is back when a trainer no longer says that it is away",
    before: { outage: OUTAGE, lastCheckpoint: checkpoint(2) },
    change: (facts) => withTrainerReport(facts, BOUNDS, NOW),
    after: { lastCheckpoint: checkpoint(2) },
  },
  {
    what: "a new attempt waits for nothing yet",
    before: { outage: OUTAGE, progress: { step: 3 }, lastCheckpoint: checkpoint(2) },
    change: withLostSteps,
    after: { progress: { step: 2, lostSteps: 1 }, lastCheckpoint: checkpoint(2) },
  },
  {
    what: "the last words of a worker that did nothing change nothing",
    before: { progress: { step: 3 }, lastCheckpoint: checkpoint(2) },
    change: (facts) => withTermination(facts, EMPTY_REPORT, NOW),
    after: { progress: { step: 3 }, lastCheckpoint: checkpoint(2) },
  },
  {
    what: "the last words of a worker know the last step, checkpoint and result, and where it was published",
    before: { progress: { epoch: 1, step: 3 } },
    change: (facts) => {
      const result = { modelUri: "m", metrics: { a: 1 } };
      const words = { ...EMPTY_REPORT, step: 30, checkpoint: checkpoint(30), result, published: "models/pet/3" };
      return withTermination(facts, words, NOW);
    },
    after: {
      progress: { epoch: 1, step: 30 },
      lastCheckpoint: { ...checkpoint(30), time: AT },
      result: { modelUri: "m", metrics: { a: 1 }, published: "models/pet/3" },
    },
  },
  {
    what: "the last words of a worker have what its last step and validation measured, which nobody may have asked for",
    before: { progress: { epoch: 1, step: 3, loss: 9, lostSteps: 5 } },
    change: (facts) => {
      const progress = { ...STEP, ...BOUNDS, validationMetrics: { "petage/mae_median": 4 } };
      return withTermination(facts, { ...EMPTY_REPORT, step: 10, progress }, NOW);
    },
    after: {
      progress: {
        ...STEP,
        ...BOUNDS,
        percent: (10 / 30) * 100,
        updateTime: AT,
        lostSteps: 5,
        valMaeMonths: 4,
        validationMetrics: { "petage/mae_median": 4 },
      },
    },
  },
  {
    what: "steps after the last checkpoint are lost with an attempt, and add up",
    before: { progress: { step: 10, lostSteps: 5 }, lastCheckpoint: checkpoint(4) },
    change: withLostSteps,
    after: { progress: { step: 4, lostSteps: 11 }, lastCheckpoint: checkpoint(4) },
  },
  { what: "an attempt without a step loses none", change: withLostSteps, after: {} },
  {
    what: "without a checkpoint all steps are lost",
    before: { progress: { step: 10 } },
    change: withLostSteps,
    after: { progress: { step: 0, lostSteps: 10 } },
  },
];

describe("the facts of a job", () => {
  for (const { what, before = {}, change, after } of CASES) {
    it(what, () => assert.deepEqual(change(before), after));
  }

  it("begin with what its status says", () => {
    const status = { phase: "Running", progress: { step: 3 }, lastCheckpoint: checkpoint(2) };
    assert.deepEqual(factsOf(status), { progress: { step: 3 }, lastCheckpoint: checkpoint(2) });
    assert.deepEqual(factsOf(undefined), {});
  });

  const last = { lastCheckpoint: checkpoint(8), progress: { validationMetrics: { a: 3 } } };
  const results: readonly (readonly [string, Facts, ReturnType<typeof resultOf>])[] = [
    ["the trainer's own", { ...last, result: { modelUri: "m", metrics: {} } }, { modelUri: "m", metrics: {} }],
    ["the best", withBest(last, { uri: "best", metrics: { a: 1 } }), { modelUri: "best", metrics: { a: 1 } }],
    ["the last", { ...last, best: { metrics: { a: 1 } } }, { modelUri: "work_dirs/run/epoch_8", metrics: { a: 3 } }],
    ["nothing", {}, { modelUri: "", metrics: {} }],
  ];
  for (const [which, facts, result] of results) {
    it(`have ${which} for a result`, () => assert.deepEqual(resultOf(facts), result));
  }
});
