import assert from "node:assert/strict";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { initialValues } from "#lib/nn/init.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import { initialise } from "#lib/train/step/program.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyClassifier } from "#test/support/tiny-model.ts";

const SLOTS = ["exp_avg", "exp_avg_sq"];
const { parameters } = tinyClassifier({ backbone: { frozen_stages: 1 } });

describe("initialise", () => {
  before(useTensorFlow);
  let runner: EagerRunner;
  let state: ModelState;
  beforeEach(() => {
    runner = new EagerRunner();
    state = new ModelState(parameters, { slotNames: SLOTS }, runner.variables);
  });
  afterEach(() => runner[Symbol.dispose]());

  it("gives each parameter and statistic the first value of its spec, seed and place", () => {
    const seed = 2 ** 33 + 5;
    initialise(state.store, parameters, { seed, slotNames: SLOTS });
    const exported = state.exportWeights();
    for (const [index, spec] of parameters.entries()) {
      const expected = spec.kind === "counter" ? BigInt64Array.of(0n) : initialValues(spec, seed, index);
      assert.deepEqual(exported.get(spec.name)?.values, expected, spec.name);
    }
  });

  it("gives what is trained slots of zeros, and what is frozen none", () => {
    initialise(state.store, parameters, { seed: 1, slotNames: SLOTS });
    const slots = state.exportOptimizer();
    const names = SLOTS.flatMap((slot) => trainedParameters(parameters).map(({ name }) => `${slot}/${name}`));
    assert.deepEqual([...slots.keys()].toSorted(), names.toSorted());
    for (const [name, { values }] of slots)
      assert.ok(
        values.every((value) => Number(value) === 0),
        name,
      );
  });

  it("begins anew in a store that has moved", () => {
    initialise(state.store, parameters, { seed: 1, slotNames: SLOTS });
    const first = state.hash();
    initialise(state.store, parameters, { seed: 2, slotNames: SLOTS });
    assert.notEqual(state.hash(), first);
    initialise(state.store, parameters, { seed: 1, slotNames: SLOTS });
    assert.equal(state.hash(), first);
  });
});
