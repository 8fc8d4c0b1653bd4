import assert from "node:assert/strict";
import { createSchedule } from "#lib/optim/schedule.ts";
import { schedules } from "#lib/optim/schedules/index.ts";
import type { Scheduler } from "#lib/optim/schedules/scheduler.ts";
import type { Schedule } from "#lib/optim/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { conforms } from "#test/support/conformance.ts";

type Name = keyof typeof schedules.components;

const run = { maxEpochs: 6, epochLength: 5 };
const start = { learningRate: 0.1, weightDecay: 0.05 };

function build(type: Name, config: object): Scheduler {
  return buildFrom(schedules, { type, ...config }, run);
}

/** Every entry of the table must have a line here. */
const configs: Readonly<Record<Name, object>> = {
  ConstantLR: { by_epoch: false, end: 7 },
  CosineAnnealingLR: { by_epoch: false },
  CosineAnnealingWeightDecay: { convert_to_iter_based: true },
  CosineRestartLR: { by_epoch: false, periods: [10, 20], restart_weights: [1, 0.5] },
  ExponentialLR: { gamma: 0.9 },
  LinearLR: { by_epoch: false, end: 12 },
  MultiStepLR: { milestones: [2, 4] },
  OneCycleLR: { by_epoch: false, eta_max: 0.3 },
  PolyLR: { convert_to_iter_based: true, power: 0.9 },
  StepLR: { step_size: 2 },
};

function iterate(schedule: Schedule, iteration: number): void {
  schedule.afterIteration();
  if (iteration % run.epochLength === 0) schedule.afterEpoch();
}

function play(schedule: Schedule, from: number, to: number): number[][] {
  const seen: number[][] = [];
  for (let iteration = from; iteration < to; iteration++) {
    seen.push([schedule.learningRate, schedule.weightDecay]);
    iterate(schedule, iteration + 1);
  }
  return seen;
}

describe("every scheduler", () => {
  for (const [name, config] of Object.entries(configs) as [Name, object][]) {
    const fresh = (): Schedule => createSchedule([build(name, config)], start);

    it(`${name} drives only its own value, to finite numbers that change`, () => {
      const values = play(fresh(), 0, 30);
      assert.ok(values.flat().every(Number.isFinite));
      const [rates, decays] = [0, 1].map((column) => new Set(values.map((pair) => pair[column])).size);
      const driven = name === "CosineAnnealingWeightDecay" ? [decays, rates] : [rates, decays];
      assert.ok((driven[0] ?? 0) > 1);
      assert.equal(driven[1], 1);
    });

    it(`${name} goes on exactly from a saved state`, () => {
      const whole = play(fresh(), 0, 30);
      const first = fresh();
      play(first, 0, 13);
      const resumed = fresh();
      resumed.restore(JSON.parse(JSON.stringify(first.state())));
      assert.deepEqual(play(resumed, 13, 30), whole.slice(13));
    });
  }

  conforms(schedules, configs, run);
});

describe("a schedule", () => {
  it("is constant without schedulers", () => {
    assert.deepEqual(play(createSchedule([], start), 0, 2), [
      [0.1, 0.05],
      [0.1, 0.05],
    ]);
  });

  it("refuses the state of another chain", () => {
    const one = createSchedule([build("StepLR", configs.StepLR)], start);
    assert.throws(() => createSchedule([], start).restore(one.state()), { code: "CHECKPOINT_MISMATCH" });
    assert.throws(() => one.restore("nonsense"), { code: "CHECKPOINT_MISMATCH" });
  });

  it("warms up by iteration and then decays by epoch, each working on the other's value", () => {
    const chain = [
      build("LinearLR", { by_epoch: false, end: 5, start_factor: 0.2 }),
      build("MultiStepLR", { milestones: [1], gamma: 0.5 }),
    ];
    const rates = play(createSchedule(chain, start), 0, 7).map(([rate]) => Number(rate?.toFixed(6)));
    assert.deepEqual(rates, [0.02, 0.04, 0.06, 0.08, 0.1, 0.05, 0.05]);
  });
});

describe("scheduler configs that cannot work", () => {
  for (const [name, config, reason] of [
    ["LinearLR", { by_epoch: false, convert_to_iter_based: true }, /or by_epoch=True/],
    ["LinearLR", { start_factor: 0 }, /above 0/],
    ["CosineAnnealingLR", { eta_min: 0.1, eta_min_ratio: 0.1 }, /no eta_min/],
    ["CosineRestartLR", { periods: [1, 2], restart_weights: [1] }, /one weight for each/],
    ["OneCycleLR", { by_epoch: false, eta_max: 1, total_steps: 9 }, /active for 30 steps, but its cycle has 9/],
    ["StepLR", {}, /step_size/],
  ] as const) {
    it(`${name}(${JSON.stringify(config)}) says why`, () => assert.throws(() => build(name, config), reason));
  }
});
