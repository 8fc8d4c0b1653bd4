import assert from "node:assert/strict";
import { hooks } from "#lib/train/hooks/index.ts";
import { buildFrom } from "#test/support/build.ts";
import { conforms } from "#test/support/conformance.ts";

type Name = keyof typeof hooks.components;

/** Every entry of the table must have a line here: ways to write it, ... */
const EXAMPLES: Readonly<Record<Name, readonly object[]>> = {
  CheckpointHook: [{}, { interval: 2, save_best: "auto" }, { interval: 10, by_epoch: false }],
  DistSamplerSeedHook: [{}],
  IterTimerHook: [{}],
  LoggerHook: [{}, { interval: 1, ignore_last: false }],
  ParamSchedulerHook: [{}],
  VisualizationHook: [{}],
};
/** ... and the stages in which it acts. */
const STAGES: Readonly<Record<Name, readonly string[]>> = {
  CheckpointHook: ["afterEpoch", "afterIteration", "afterValidation", "beforeRun"],
  DistSamplerSeedHook: ["beforeEpoch"],
  IterTimerHook: ["afterIteration"],
  LoggerHook: ["afterEpoch", "afterIteration", "afterValidation"],
  ParamSchedulerHook: ["afterEpoch", "afterIteration"],
  VisualizationHook: [],
};

describe("every hook", () => {
  conforms(hooks, EXAMPLES, undefined);

  for (const type of Object.keys(hooks.components) as Name[]) {
    it(`${type} bears its own name and acts in the stages that this suite names`, () => {
      const hook = buildFrom(hooks, { type }, undefined);
      const stages = Object.entries(hook).filter(([, part]) => typeof part === "function");
      assert.equal(hook.name, type);
      assert.deepEqual(stages.map(([stage]) => stage).toSorted(), STAGES[type]);
    });

    it(`${type} takes a priority by name or by number`, () => {
      const priorityOf = (priority: unknown): number => buildFrom(hooks, { type, priority }, undefined).priority;
      assert.equal(priorityOf("HIGHEST"), 0);
      assert.equal(priorityOf(7), 7);
      assert.throws(() => priorityOf("FIRST"), { code: "CONFIG_INVALID_VALUE" });
    });
  }
});
