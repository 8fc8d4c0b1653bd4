import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { Progress } from "#lib/model/checkpoint.ts";
import { checkpointMeta } from "#lib/train/run.ts";
import { Reporter } from "#services/trainer/reporter.ts";
import { fakeRun, iterationResult } from "#test/support/fake-run.ts";

const at = (step: number, epoch: number): Progress => ({
  ...checkpointMeta(fakeRun().run).progress,
  step,
  epoch,
});
const saved = (name: string) => ({ name, uri: `/run/${name}`, sha256: "ab" });

function reporter(): Reporter {
  return new Reporter({ jobUid: "u", attempt: 1, rank: 0, worldSize: 2, generation: 1, maxEpochs: 3 });
}

describe("Reporter", () => {
  it("tells everything that a controller needs which was not there before", async () => {
    const told = reporter();
    const { run } = fakeRun({ step: 5, epoch: 1, iteration: 1 });
    const hook = told.hook();
    await hook.afterIteration?.({ run: run.state, result: iterationResult({ loss: 2 }) }, run.control);
    told.checkpoint(saved("epoch_1"), at(4, 1));
    told.checkpoint(saved("best_a_epoch_1"), at(4, 1));
    const validation = { metrics: { a: 1 }, sampleCount: 8, durationMs: 10 };
    await hook.afterValidation?.({ run: run.state, validation }, run.control);
    const { lastStep, lastCheckpoint, bestCheckpoint, lastValidation } = told.status;
    assert.deepEqual([lastStep?.step, lastStep?.loss], [5, 2]);
    assert.deepEqual([lastCheckpoint?.uri, bestCheckpoint?.uri], ["/run/epoch_1", "/run/best_a_epoch_1"]);
    assert.deepEqual(lastValidation?.metrics, { a: 1 });
  });

  it("counts the samples that an epoch went without, each once, and anew in the next", async () => {
    const told = reporter();
    const hook = told.hook();
    const counts: (number | undefined)[] = [];
    for (const [iteration, skippedIds] of [
      [1, ["a.jpg"]],
      [2, ["b.jpg", "a.jpg"]],
      [3, []],
      [1, ["a.jpg"]],
    ] as const) {
      const { run } = fakeRun({ step: 5, epoch: 1, iteration });
      await hook.afterIteration?.({ run: run.state, result: iterationResult({ skippedIds }) }, run.control);
      counts.push(told.status.lastStep?.skippedSamples);
    }
    assert.deepEqual(counts, [1, 2, 2, 1]);
    assert.ok(!("skippedSamples" in (told.workDone.progress ?? {})));
  });

  it("says why it failed", () => {
    const told = reporter();
    told.fail(new PetageError("NOT_FINITE", "The loss became NaN", { hint: "Lower it" }));
    assert.equal(told.status.phase, "TRAINER_PHASE_FAILED");
    assert.deepEqual(told.status.error, { code: "NOT_FINITE", message: "The loss became NaN", hint: "Lower it" });
  });

  it("has last words from the beginning", () => {
    assert.deepEqual(reporter().workDone, { step: 0, checkpoint: null, result: null, published: null });
  });

  it("has the newest step in its last words, whichever of step and checkpoint told it", async () => {
    const told = reporter();
    const { run } = fakeRun({ step: 5 });
    await told.hook().afterIteration?.({ run: run.state, result: iterationResult() }, run.control);
    assert.deepEqual([told.workDone.step, told.workDone.checkpoint], [5, null]);
    told.checkpoint(saved("iter_6"), at(6, 1));
    assert.equal(told.workDone.step, 6);
    assert.deepEqual(told.workDone.checkpoint, { uri: "/run/iter_6", step: 6, epoch: 1, sha256: "ab" });
  });

  it("has what the last step and the last validation measured in its last words", async () => {
    const told = reporter();
    told.update({ maxSteps: 9 });
    const { run } = fakeRun({ step: 5, epoch: 1, iteration: 1 });
    const hook = told.hook();
    await hook.afterIteration?.({ run: run.state, result: iterationResult({ loss: 2 }) }, run.control);
    await hook.afterValidation?.(
      { run: run.state, validation: { metrics: { a: 1 }, sampleCount: 8, durationMs: 10 } },
      run.control,
    );
    await hook.afterIteration?.({ run: run.state, result: iterationResult({ loss: 1 }) }, run.control);
    const { step, epoch, loss, maxEpochs, maxSteps, validationMetrics } = told.workDone.progress ?? {};
    assert.deepEqual([step, epoch, loss, maxEpochs, maxSteps, validationMetrics], [5, 2, 1, 3, 9, { a: 1 }]);
  });

  it("adds what training has made, as it is made", () => {
    const told = reporter();
    told.conclude({ result: { modelUri: "/run/epoch_3", metrics: { a: 1 } } });
    told.conclude({ published: "/models/1" });
    assert.deepEqual(told.workDone.result, { modelUri: "/run/epoch_3", metrics: { a: 1 } });
    assert.equal(told.workDone.published, "/models/1");
  });
});
