import assert from "node:assert/strict";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { checkStartingWeights, resumePoint } from "#lib/store/start-weights.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";

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
