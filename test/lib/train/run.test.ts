import assert from "node:assert/strict";
import { stepCount } from "#lib/train/run.ts";
import { fakeRun } from "#test/support/fake-run.ts";
import type { RunChanges } from "#test/support/fake-run.ts";

describe("stepCount", () => {
  const cases: readonly (readonly [string, RunChanges, number])[] = [
    ["before the first step", {}, 12],
    ["within an epoch", { epoch: 1, iteration: 3, step: 7 }, 12],
    ["after the last step", { epoch: 3, iteration: 0, step: 12 }, 12],
    ["after an epoch of twice as many workers", { epoch: 1, step: 2 }, 2 + 2 * 4],
    ["where fewer workers began an epoch again", { epoch: 1, step: 3 }, 3 + 2 * 4],
    ["where more workers go on", { epoch: 2, step: 16 }, 16 + 4],
  ];
  for (const [when, standing, expected] of cases) {
    it(`counts the steps of the whole run ${when}`, () => {
      assert.equal(stepCount(fakeRun(standing).run.state), expected);
    });
  }
});
