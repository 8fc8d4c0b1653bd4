import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dial } from "#lib/rpc/client.ts";
import { readCheckpoint, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { findResumable } from "#lib/store/find-resumable.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { assertClose } from "#test/support/close.ts";
import { createJob, logOf, startController, watchUntil } from "#test/support/controller.ts";
import type { JobRequest, TestController } from "#test/support/controller.ts";
import { PLAIN_PIPELINE, tinyLoader, writeTinyProject } from "#test/support/tiny-project.ts";
import type { TinyProject } from "#test/support/tiny-project.ts";
import { tinyModel } from "#test/support/tiny-model.ts";
import { asWorkerOf } from "#test/support/job-access.ts";
import { until } from "#test/support/until.ts";

const JOB_TIMEOUT_MS = 90_000;
/** 64 images: 8 steps an epoch of two workers with 4 images each, or of one with 8. */
const BATCH_SIZE = 4;
const EPOCHS = 3;
/**
 * Largest difference of a weight, by the largest of its tensor. Both sum the same float32 gradients in another order;
 * measured after 24 steps: 9e-7.
 */
const TOLERANCE = 5e-6;

describe("training on several workers", function () {
  this.timeout(2 * JOB_TIMEOUT_MS);
  let folder = "";
  let project: TinyProject;
  let controller: TestController;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-equal-"));
    const noValidation = { val_dataloader: null, val_cfg: null, val_evaluator: null };
    const options = { count: 80, batchSize: BATCH_SIZE, maxEpochs: EPOCHS, changes: noValidation };
    project = await writeTinyProject(folder, options);
    controller = await startController();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Trains to the end; the last checkpoint. */
  async function train(request: Partial<JobRequest> & { readonly workDir: string }): Promise<Checkpoint> {
    const name = await createJob(controller.client, { config: project.config, ...request });
    const { status } = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
    assert.equal(status?.phase, "TRAINING_JOB_PHASE_SUCCEEDED", status?.message);
    const last = await findResumable(request.workDir);
    return last?.checkpoint ?? assert.fail("no checkpoint");
  }

  it("gives the weights of one worker with the whole batch", async () => {
    // Batch statistics are those of a worker's share, so normalisation is held still; and nothing is random.
    const plain = async (batchSize: number): Promise<string> => {
      const keys = {
        pipeline: PLAIN_PIPELINE,
        batch_size: batchSize,
        sampler: { type: "DefaultSampler", shuffle: false },
      };
      const value = {
        ...project.value,
        model: tinyModel({ backbone: { norm_eval: true }, classes: 192 }),
        train_dataloader: tinyLoader(join(folder, "pets"), "train", keys),
      };
      const path = join(folder, `plain${batchSize}.json`);
      await writeFile(path, JSON.stringify(value));
      return path;
    };
    const [several, single] = [
      await train({ workDir: join(folder, "two"), workers: 2, config: await plain(BATCH_SIZE) }),
      await train({ workDir: join(folder, "one"), workers: 1, config: await plain(2 * BATCH_SIZE) }),
    ];
    assert.equal(several.meta.progress.step, 24);
    assert.equal(single.meta.progress.step, 24);
    let moved = 0;
    for (const [name, { values, dtype }] of several.weights) {
      if (dtype === "I64") continue;
      const expected = single.weights.get(name)?.values as Float32Array;
      assertClose(values, expected, { tolerance: TOLERANCE, what: name });
      const difference = values.map((value, at) => Math.abs(value - (expected[at] ?? NaN)));
      moved += Number(difference.some((value) => value > 0));
    }
    assert.ok(moved > 0, "the two sum in different orders, so the last bits differ: nobody compares a run with itself");
  });

  describe("with shuffling, augmentation and batch statistics", () => {
    const folderOf = (name: string): string => join(folder, name);
    let whole: Checkpoint;
    before(async () => {
      whole = await train({ workDir: folderOf("whole"), workers: 2 });
    });

    it("is the same to the bit when it is done again, and goes on exactly where it was stopped within an epoch", async () => {
      const workDir = folderOf("parts");
      const name = await createJob(controller.client, { config: project.config, workDir, workers: 2 });
      await stopWithin(name, 10); // the second step of the second epoch
      const { status } = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
      assert.equal(status?.phase, "TRAINING_JOB_PHASE_FAILED", status?.message);
      assert.match(status.message, /TrainerService\.Stop ended training after step \d+ of 24 /);

      const stopped = (await findResumable(workDir)) ?? assert.fail("no checkpoint");
      const { epoch, iteration, step } = stopped.checkpoint.meta.progress;
      assert.ok(iteration > 0 && step < 24, `stopped at iteration ${iteration} of epoch ${epoch + 1}`);
      const firstRun = status?.workDir ?? "";
      const wholeRun = (await findResumable(folderOf("whole")))?.path ?? "";
      const sameEpoch = [join(firstRun, "epoch_1"), join(wholeRun, "..", "epoch_1")];
      const hashes = await Promise.all(sameEpoch.map(weightsSha256));
      assert.equal(hashes[0], hashes[1], "the same seed gives the same weights after an epoch");

      const resumed = await train({ workDir, workers: 2, resume: "Auto" });
      assert.equal(resumed.meta.progress.step, 24);
      assert.deepEqual(resumed.weights, whole.weights);
      assert.deepEqual(resumed.optimizer, whole.optimizer);
      assert.deepEqual(resumed.meta.progress.schedule, whole.meta.progress.schedule);
    });

    it("differs with another seed", async () => {
      const options = ["randomness.seed=4", "train_cfg.max_epochs=1"];
      const other = await train({ workDir: folderOf("other"), workers: 2, cfgOptions: options });
      const wholeRun = (await findResumable(folderOf("whole")))?.path ?? "";
      const first = await readCheckpoint(join(wholeRun, "..", "epoch_1"));
      assert.notDeepEqual(other.weights.get("head.fc.weight"), first.weights.get("head.fc.weight"));
    });
  });

  /** Tells rank 1 to stop once rank 0 has made so many steps. */
  async function stopWithin(name: string, steps: number): Promise<void> {
    const address = (rank: number) =>
      until(
        `trainer-${rank} is ready`,
        async () => {
          const log = await logOf(controller.client, name);
          return new RegExp(`trainer-${rank} .*Ready address=(\\S+)`).exec(log)?.[1];
        },
        JOB_TIMEOUT_MS,
      );
    await using first = dial(await address(0), "TrainerService");
    const { job } = await controller.client.getTrainingJob({ name });
    await using second = dial(await address(1), "TrainerService", await asWorkerOf(job?.metadata?.uid));
    for await (const { step } of first.streamMetrics({})) if (Number(step?.step) >= steps) break;
    await second.stop({ saveCheckpoint: true });
  }
});
