import assert from "node:assert/strict";
import type { Hook } from "#lib/train/hook.ts";
import { stepCheckpoints } from "#lib/train/step-checkpoints.ts";
import type { StepCheckpointOptions } from "#lib/train/step-checkpoints.ts";
import { fakeRun } from "#test/support/fake-run.ts";
import { loopParts, trainLoop } from "#test/support/fake-training.ts";

interface Attempt extends Partial<StepCheckpointOptions> {
  readonly rank?: number;
  /** Names of what earlier attempts have left. */
  readonly existing?: readonly string[];
}

/** The checkpoints that are there after a number of steps. */
async function after(steps: number, { rank = 0, existing = [], ...options }: Attempt): Promise<string[]> {
  const { run, record } = fakeRun({ rank, maxEpochs: 3, epochLength: 4 });
  for (const name of existing) await run.control.save(name);
  const stop: Hook = {
    name: "stop",
    priority: 100,
    afterIteration: ({ run: { step } }, control) => void (step === steps && control.stop("The test")),
  };
  const hooks = [stepCheckpoints({ everySteps: 2, keepLast: 2, ...options }), stop];
  await trainLoop(run, loopParts({ hooks }));
  return [...record.checkpoints.keys()];
}

describe("stepCheckpoints", () => {
  it("saves every so many steps and keeps the newest", async () => {
    assert.deepEqual(await after(1, {}), []);
    assert.deepEqual(await after(5, {}), ["iter_2", "iter_4"]);
    assert.deepEqual(await after(9, {}), ["iter_6", "iter_8"]);
    assert.deepEqual(await after(9, { keepLast: 1 }), ["iter_8"]);
    assert.deepEqual(await after(9, { everySteps: 10 }), []);
  });

  it("removes its own of attempts before this one, the oldest first, and no others", async () => {
    const existing = ["epoch_1", "iter_100", "iter_101", "iter_98", "best_a_epoch_1"];
    assert.deepEqual(await after(2, { existing }), ["epoch_1", "iter_100", "iter_101", "best_a_epoch_1", "iter_2"]);
    assert.deepEqual(await after(4, { existing }), ["epoch_1", "iter_101", "best_a_epoch_1", "iter_2", "iter_4"]);
  });

  it("leaves it to rank 0", async () => {
    assert.deepEqual(await after(9, { rank: 1 }), []);
  });

  it("does not save again what the config has saved after the same step", async () => {
    const { run, record } = fakeRun({ maxEpochs: 1 });
    const save: Hook = {
      name: "save",
      priority: 0,
      afterIteration: async ({ run: { step } }, control) => void (step === 4 && (await control.save("epoch_1"))),
    };
    await trainLoop(run, loopParts({ hooks: [save, stepCheckpoints({ everySteps: 4, keepLast: 1 })] }));
    assert.deepEqual([...record.checkpoints.keys()], ["epoch_1"]);
  });
});
