import assert from "node:assert/strict";
import { ERROR_CODES, PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { leavesSteps, saveAfterLoss } from "#lib/train/save-after-loss.ts";
import { fakeRun } from "#test/support/fake-run.ts";
import type { RunChanges } from "#test/support/fake-run.ts";

const lost = (code: ErrorCode): PetageError => new PetageError(code, "Rank 1 is gone");

describe("leavesSteps", () => {
  const losses: readonly string[] = ["PEER_LOST", "NATS_UNAVAILABLE", "UNAVAILABLE", "ABORTED"];
  const { state } = fakeRun({ step: 5, startStep: 2 }).run;
  const savedAt = (step: number) => ({ name: "iter", uri: "/run/iter", sha256: "", step });

  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const expected = losses.includes(code);
    it(`${code}: ${expected ? "the worker's own state is whole" : "what the worker holds may be wrong"}`, () => {
      assert.equal(leavesSteps(code, state), expected);
    });
  }

  for (const { what, changes, expected } of [
    { what: "no step was made", changes: { step: 2 }, expected: false },
    { what: "one step was made", changes: { step: 3 }, expected: true },
    { what: "the last step was saved", changes: { saved: savedAt(5) }, expected: false },
    { what: "an earlier step was saved", changes: { saved: savedAt(4) }, expected: true },
  ]) {
    it(`${what}: ${expected}`, () => assert.equal(leavesSteps("PEER_LOST", { ...state, ...changes }), expected));
  }
});

describe("saveAfterLoss", () => {
  /** The checkpoints and the log after a loss in a run that has made 5 steps. */
  async function after(code: ErrorCode, changes: RunChanges = {}) {
    const { run, record } = fakeRun({ step: 5, ...changes });
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
    assert.deepEqual((await after("PEER_LOST", { startStep: 5 })).names, []);
  });

  it("does not save again what was saved after the same step", async () => {
    const { run, record } = fakeRun({ step: 5 });
    await run.control.save("epoch_1");
    await saveAfterLoss(run, lost("PEER_LOST"));
    assert.deepEqual([...record.checkpoints.keys()], ["epoch_1"]);
  });

  it("only tells of a failure to save, so that the loss stays the reason", async () => {
    const { run, record } = fakeRun({ step: 5 });
    const full = async (): Promise<never> => Promise.reject(new Error("no space left"));
    const { state, control } = run;
    await saveAfterLoss({ ...run, state, control: { ...control, save: full } }, lost("PEER_LOST"));
    assert.deepEqual(record.lines, ["ERROR Cannot save step 5 after: Rank 1 is gone"]);
  });
});
