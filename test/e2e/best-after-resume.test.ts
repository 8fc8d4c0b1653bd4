import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { readCheckpointMeta } from "#lib/store/checkpoint-folder.ts";
import { findModel } from "#lib/store/find-model.ts";
import { createJob, startController, watchUntil } from "#test/support/controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";

const JOB_TIMEOUT_MS = 60_000;

describe("a training that resumes and finds nothing better", function () {
  this.timeout(3 * JOB_TIMEOUT_MS);
  let folder = "";
  let controller: TestController;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-best-"));
    controller = await startController({ PETAGE_ROOT: folder });
  });
  after(async () => {
    await controller[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("still has the best model of the run before as its result, however often it resumes", async () => {
    const hooks = { checkpoint: { interval: 1, max_keep_ckpts: 1, save_best: "auto" } };
    const { config } = await writeTinyProject(folder, { count: 20, maxEpochs: 1, changes: { default_hooks: hooks } });
    const workDir = join(folder, "work");
    const run = async (resume: string, cfgOptions: string[] = []) => {
      const name = await createJob(controller.client, { config, workDir, workers: 1, resume, cfgOptions });
      const { status } = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
      assert.equal(status?.phase, "TRAINING_JOB_PHASE_SUCCEEDED", status?.message);
      return status;
    };
    const first = (await run("Never")).result;
    assert.match(basename(first?.modelUri ?? ""), /^best_.*_epoch_1$/);
    for (const epochs of [2, 3]) {
      const again = await run("Auto", [`train_cfg.max_epochs=${epochs}`, "train_cfg.val_begin=9"]);
      assert.notEqual(dirname(again.lastCheckpoint?.uri ?? ""), dirname(first?.modelUri ?? ""));
      assert.equal(again.result?.modelUri, first?.modelUri);
      assert.deepEqual(again.result?.metrics, (await readCheckpointMeta(first?.modelUri ?? "")).metrics);
      assert.equal(await findModel(workDir), first?.modelUri);
    }
  });
});
