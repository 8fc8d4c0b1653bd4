import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { checkStartingWeights, resumePoint } from "#lib/store/start-weights.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";

describe("where a job begins", () => {
  let root = "";
  let workDir = "";
  let uri = "";
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "petage-start-"));
    workDir = join(root, "whole");
    ({ uri } = await checkpointFolder({ folder: join(workDir, "1"), workDir }).save("epoch_1", checkpointOf()));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it("Never is from the start, whatever there is", async () => {
    assert.deepEqual(await resumePoint("Never", { workDir, maxEpochs: 2 }), { path: undefined, warnings: [] });
  });

  for (const wanted of ["Auto", "the checkpoint"]) {
    it(`${wanted} is from the checkpoint, unless nothing is left to train`, async () => {
      const resume = wanted === "Auto" ? wanted : uri;
      assert.deepEqual(await resumePoint(resume, { workDir, maxEpochs: 2 }), { path: uri, warnings: [] });
      await assert.rejects(resumePoint(resume, { workDir, maxEpochs: 1 }), { code: "CONFIG_INVALID_VALUE" });
    });
  }

  it("Auto says that there was nothing", async () => {
    const empty = join(workDir, "empty");
    const { path, warnings } = await resumePoint("Auto", { workDir: empty, maxEpochs: 2 });
    assert.deepEqual(
      [path, warnings],
      [undefined, [`There is nothing to resume below ${empty}: training starts anew`]],
    );
  });

  it("Auto passes over what is broken, and says so", async () => {
    const damaged = join(root, "damaged");
    const whole = await checkpointFolder({ folder: join(damaged, "1"), workDir: damaged }).save(
      "epoch_1",
      checkpointOf(),
    );
    const store = checkpointFolder({ folder: join(damaged, "2"), workDir: damaged });
    const broken = await store.save("epoch_2", checkpointOf({ step: 2, createTime: new Date(Date.now() + 60_000) }));
    await truncate(join(broken.uri, "model.safetensors"), 10);
    const { path, warnings } = await resumePoint("Auto", { workDir: damaged, maxEpochs: 2 });
    assert.equal(path, whole.uri);
    assert.match(warnings.join("\n"), /^Passed over a checkpoint: .*epoch_2/);
  });

  it("is refused at once where a checkpoint that is named is damaged, optimizer and all", async () => {
    const store = checkpointFolder({ folder: join(workDir, "3"), workDir: join(workDir, "elsewhere") });
    await mkdir(join(workDir, "elsewhere"));
    const broken = await store.save("iter_9", checkpointOf());
    await truncate(join(broken.uri, "optimizer.safetensors"), 10);
    await assert.rejects(resumePoint(broken.uri, { workDir, maxEpochs: 2 }), {
      code: "CHECKPOINT_INVALID",
      message: /optimizer\.safetensors is damaged/,
    });
    const best = await store.save("best_mae_epoch_1", checkpointOf({ withOptimizer: false }));
    await assert.rejects(resumePoint(best.uri, { workDir, maxEpochs: 2 }), { code: "CHECKPOINT_MISMATCH" });
    await assert.rejects(resumePoint(join(best.uri, "..", "..", "weights.pth"), { workDir, maxEpochs: 2 }), {
      code: "NOT_FOUND",
    });
    await rm(join(workDir, "3"), { recursive: true });
  });

  it("is refused where a file of weights is named, and says what takes one", async () => {
    const file = join(workDir, "weights.bin");
    await writeFile(file, "weights");
    await assert.rejects(resumePoint(file, { workDir, maxEpochs: 2 }), {
      code: "CHECKPOINT_INVALID",
      message: /weights\.bin is a file of weights, expected the folder of a checkpoint/,
      hint: /--load-from/,
    });
  });

  it("is refused where the model is another one", async () => {
    const config = resolved({
      model: tinyModel(),
      optim_wrapper: { optimizer: { type: "SGD", lr: 0.1 } },
    });
    await assert.rejects(resumePoint("Auto", { workDir, maxEpochs: 2, config }), { code: "CHECKPOINT_MISMATCH" });
  });

  const named = { file: "tiny.py", line: 3, column: 1 };
  const config = {
    value: { load_from: "absent.pth" },
    positions: new Map([
      ["load_from", named],
      ["model.backbone.init_cfg.checkpoint", named],
    ]),
  };
  const absent: readonly {
    readonly what: string;
    readonly loadFrom?: string;
    readonly pretrained?: string;
    readonly position: object | undefined;
    readonly hint?: RegExp;
  }[] = [
    { what: "weights that the config names", loadFrom: "absent.pth", position: named },
    { what: "weights that the job names", loadFrom: "other.pth", position: undefined },
    { what: "a backbone's weights", pretrained: "absent.pth", position: named, hint: /init_cfg=None/ },
  ];
  for (const { what, loadFrom, pretrained, position, hint } of absent) {
    it(`refuses ${what} where they are not, and says where they were named`, async () => {
      const expected = { code: "NOT_FOUND", position, ...(hint && { hint }) };
      await assert.rejects(checkStartingWeights(config, { loadFrom, pretrained }), expected);
    });
  }

  it("takes weights that are there", () => checkStartingWeights(config, { loadFrom: uri, pretrained: undefined }));
});
