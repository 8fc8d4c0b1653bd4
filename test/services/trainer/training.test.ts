import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { saveCheckpoint } from "#lib/train/run.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { saveAfterLoss } from "#services/trainer/training.ts";
import { fakeRun, iterationResult } from "#test/support/fake-run.ts";

const lost = (code: ErrorCode): PetageError => new PetageError(code, "Rank 1 is gone");

describe("saveAfterLoss", () => {
  /** The checkpoints and the log after a loss in a run that has made 5 steps. */
  async function after(code: ErrorCode, changes: Partial<TrainingRun> = {}) {
    const { run, record } = fakeRun({ step: 5, last: iterationResult(), ...changes });
    await saveAfterLoss(run, lost(code));
    return { names: [...record.checkpoints.keys()], lines: record.lines };
  }

  for (const code of ["PEER_LOST", "NATS_UNAVAILABLE", "UNAVAILABLE", "ABORTED"] as const) {
    it(`keeps the steps that were done before ${code}`, async () => {
      assert.deepEqual(await after(code), { names: ["iter_5"], lines: ["WARN Saved iter_5 after: Rank 1 is gone"] });
    });
  }

  it("keeps nothing of a run that may be wrong itself, or has made no step", async () => {
    assert.deepEqual((await after("NOT_FINITE")).names, []);
    assert.deepEqual((await after("WEIGHTS_DIVERGED")).names, []);
    assert.deepEqual((await after("PEER_LOST", { last: undefined })).names, []);
  });

  it("does not save again what was saved after the same step", async () => {
    const { run, record } = fakeRun({ step: 5, last: iterationResult() });
    await saveCheckpoint(run, "epoch_1");
    await saveAfterLoss(run, lost("PEER_LOST"));
    assert.deepEqual([...record.checkpoints.keys()], ["epoch_1"]);
  });

  it("only tells of a failure to save, so that the loss stays the reason", async () => {
    const { run, record } = fakeRun({ step: 5, last: iterationResult() });
    const full = async (): Promise<never> => Promise.reject(new Error("no space left"));
    const ports = { ...run.ports, checkpoints: { ...run.ports.checkpoints, save: full } };
    await saveAfterLoss({ ...run, ports }, lost("PEER_LOST"));
    assert.deepEqual(record.lines, ["ERROR Cannot save step 5 after: Rank 1 is gone"]);
  });
});
