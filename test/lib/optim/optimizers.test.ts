import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Feed, TensorFunction } from "#lib/engine/program.ts";
import { optimizers } from "#lib/optim/optimizers/index.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { assertCompiles, feed } from "#test/support/compiled.ts";
import { conforms } from "#test/support/conformance.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

type Name = keyof typeof optimizers.components;

/** Every entry of the table must have a line here: settings that exercise its branches. */
const configs: Readonly<Record<Name, readonly object[]>> = {
  Adam: [{ lr: 0.05 }, { lr: 0.05, weight_decay: 0.1, betas: [0, 0.9] }],
  AdamW: [{ lr: 0.05 }, { lr: 0.05, weight_decay: 0 }],
  LARS: [
    { lr: 20, momentum: 0.9 },
    { lr: 30, weight_decay: 0.1 },
  ],
  SGD: [{ lr: 0.1 }, { lr: 0.05, momentum: 0.9, dampening: 0.5 }, { lr: 0.05, momentum: 0.9, nesterov: true }],
};

function build(type: Name, config: object): Optimizer {
  return buildFrom(optimizers, { type, ...config }, undefined);
}

interface State {
  readonly parameter: readonly number[];
  readonly slots: readonly (readonly number[])[];
}

interface Step {
  readonly gradient: readonly number[];
  readonly step: number;
  readonly weightDecay?: number;
}

function start(optimizer: Optimizer, parameter: readonly number[]): State {
  return { parameter, slots: optimizer.slotNames.map(() => parameter.map(() => 0)) };
}

function update(optimizer: Optimizer, state: State, { gradient, step, weightDecay }: Step): State {
  let next = state;
  tf.tidy(() => {
    const result = optimizer.update(
      tf.tensor1d([...state.parameter]),
      tf.tensor1d([...gradient]),
      state.slots.map((slot) => tf.tensor1d([...slot])),
      {
        learningRate: tf.scalar(optimizer.learningRate),
        step: tf.scalar(step),
        ...(weightDecay === undefined ? {} : { weightDecay: tf.scalar(weightDecay) }),
      },
    );
    next = { parameter: [...result.parameter.dataSync()], slots: result.slots.map((slot) => [...slot.dataSync()]) };
  });
  return next;
}

function norm(values: readonly number[]): number {
  return Math.hypot(...values);
}

function closeTo(got: readonly number[], expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(got.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(value - (got[i] ?? NaN)) <= tolerance, `${got.join()} is not ${expected.join()}`),
  );
}

describe("every optimizer", () => {
  before(useTensorFlow);

  for (const [name, list] of Object.entries(configs) as [Name, readonly object[]][]) {
    for (const config of list) {
      it(`${name}(${JSON.stringify(config)}) walks down a bowl`, () => {
        const optimizer = build(name, config);
        let state = start(optimizer, [1, -2]);
        for (let step = 1; step <= 60; step++) {
          state = update(optimizer, state, {
            gradient: [state.parameter[0] ?? 0, 3 * (state.parameter[1] ?? 0)],
            step,
          });
        }
        assert.ok(norm(state.parameter) < 0.7, `still at ${state.parameter.join()}`);
      });

      it(`${name}(${JSON.stringify(config)}) is the same compiled`, () => {
        const { update: move, slotNames, learningRate } = build(name, config);
        const compute: TensorFunction = (_, { parameter, gradient, rate, step, ...given }) => {
          const scalars = { learningRate: rate as Scalar, step: step as Scalar };
          const slots = slotNames.map((slot) => given[slot] as Tensor);
          const moved = move(parameter as Tensor, gradient as Tensor, slots, scalars);
          const kept = slotNames.map((slot, index): [string, Tensor] => [slot, moved.slots[index] as Tensor]);
          return { ...Object.fromEntries(kept), parameter: moved.parameter };
        };
        const slots = slotNames.map((slot): [string, Feed] => [slot, feed([0.1, 0.2])]);
        for (const step of [1, 7]) {
          const scalars = { rate: feed([learningRate], []), step: feed([step], []) };
          const feeds = {
            parameter: feed([1, -2]),
            gradient: feed([0.3, -0.1]),
            ...scalars,
            ...Object.fromEntries(slots),
          };
          assertCompiles(compute, feeds, { outputs: ["parameter", ...slotNames] });
        }
      });

      it(`${name}(${JSON.stringify(config)}) gives the same bits for the same input and leaves no tensors`, () => {
        const optimizer = build(name, config);
        const count = tf.memory().numTensors;
        const run = (): State => update(optimizer, start(optimizer, [1, -2]), { gradient: [0.3, 0], step: 1 });
        assert.deepEqual(run(), run());
        assert.equal(tf.memory().numTensors, count);
      });
    }

    it(`${name} stands still where gradient and weight are zero`, () => {
      const optimizer = build(name, configs[name][0] ?? {});
      const { parameter } = update(optimizer, start(optimizer, [0, 0]), { gradient: [0, 0], step: 1 });
      assert.deepEqual(parameter.map(Math.abs), [0, 0]);
    });

    it(`${name} takes a scheduled weight decay instead of the config's`, () => {
      const config = { ...configs[name][0] };
      const scheduled = build(name, config);
      const configured = build(name, { ...config, weight_decay: 0.3 });
      const step = { gradient: [0.3, 0.1], step: 1 };
      const expected = update(configured, start(configured, [1, -2]), step);
      const got = update(scheduled, start(scheduled, [1, -2]), { ...step, weightDecay: 0.3 });
      closeTo(got.parameter, expected.parameter);
      assert.notDeepEqual(
        got.parameter,
        update(scheduled, start(scheduled, [1, -2]), { ...step, weightDecay: 0 }).parameter,
      );
    });
  }

  conforms(optimizers, configs, undefined);
});

describe("SGD", () => {
  before(useTensorFlow);

  it("does not dampen the first gradient, as PyTorch", () => {
    const optimizer = build("SGD", { lr: 1, momentum: 0.9, dampening: 0.5 });
    const first = update(optimizer, start(optimizer, [0]), { gradient: [2], step: 1 });
    closeTo(first.slots[0] ?? [], [2]);
    const second = update(optimizer, first, { gradient: [2], step: 2 });
    closeTo(second.slots[0] ?? [], [0.9 * 2 + 0.5 * 2]);
  });

  for (const wrong of [{ nesterov: true }, { nesterov: true, momentum: 0.9, dampening: 0.1 }]) {
    it(`refuses ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => build("SGD", { lr: 1, ...wrong }), /or momentum above 0/));
  }
});

describe("Adam", () => {
  before(useTensorFlow);

  it("takes a first step of the learning rate, whatever the gradient's size", () => {
    for (const size of [1e-3, 1, 1e3]) {
      const optimizer = build("Adam", { lr: 0.01 });
      const { parameter } = update(optimizer, start(optimizer, [0]), { gradient: [size], step: 1 });
      closeTo(parameter, [-0.01], 2e-7);
    }
  });

  it("refuses amsgrad clearly", () => {
    assert.throws(() => build("Adam", { lr: 1, amsgrad: true }), /amsgrad` is True, expected False/);
  });
});
