import assert from "node:assert/strict";
import { createMetrics } from "#lib/host/metrics.ts";
import { trainingMetrics } from "#services/trainer/metrics.ts";
import { fakeRun, iterationResult } from "#test/support/fake-run.ts";

/** What a worker of this rank shows after two steps of four and a validation, line by line without comments. */
async function shown(rank: number): Promise<string[]> {
  const metrics = createMetrics();
  const hook = trainingMetrics(metrics, "cats");
  const result = iterationResult({ loss: 2.5, imageCount: 16, totalMs: 80, dataMs: 20, allReduceMs: 8 });
  const { run } = fakeRun({ rank, epoch: 1, iteration: 2 });
  for (let step = 0; step < 2; step++) {
    await hook.afterIteration?.({ run: run.state, result }, run.control);
  }
  const validation = { metrics: { "accuracy/top1": 50, "petage/mae_argmax": 7.5 }, sampleCount: 8, durationMs: 1 };
  await hook.afterValidation?.({ run: run.state, validation }, run.control);
  const text = await metrics.text();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("trainingMetrics", () => {
  it("shows what all ranks know alike on rank 0, and the waits", async () => {
    const of = '{job_name="cats",rank="0"}';
    assert.deepEqual((await shown(0)).toSorted(), [
      `petage_training_all_reduce_share${of} 0.1`,
      `petage_training_data_wait_share${of} 0.25`,
      `petage_training_epoch${of} 1.5`,
      `petage_training_images_per_second${of} 200`,
      `petage_training_loss${of} 2.5`,
      `petage_training_steps_total${of} 2`,
      `petage_training_val_mae_months${of} 7.5`,
    ]);
  });

  it("shows only the waits on other ranks", async () => {
    const of = '{job_name="cats",rank="1"}';
    assert.deepEqual((await shown(1)).toSorted(), [
      `petage_training_all_reduce_share${of} 0.1`,
      `petage_training_data_wait_share${of} 0.25`,
    ]);
  });
});
