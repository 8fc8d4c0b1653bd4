import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { augmentsChecker, moreAugmentsChecker } from "../../../scripts/golden/augments.ts";
import { samplersChecker } from "../../../scripts/golden/samplers.ts";
import { transformsChecker } from "../../../scripts/golden/transforms.ts";

const FOLDER = new URL("../../golden/mmpretrain/", import.meta.url);

describe("golden data", () => {
  for (const [checker, expectedPassed] of [
    [transformsChecker, 239],
    [augmentsChecker, 87],
    [moreAugmentsChecker, 150],
    [samplersChecker, 30],
  ] as const) {
    it(`${checker.file} agrees wherever petage has the operation`, async () => {
      const data: unknown = JSON.parse(await readFile(new URL(checker.file, FOLDER), "utf8"));
      let passed = 0;
      for await (const result of checker.check(data)) {
        assert.notEqual(result.status, "failed", `${result.name}: expected ${result.expected}, got ${result.got}`);
        if (result.status === "skipped") assert.ok(result.why);
        else passed++;
      }
      assert.ok(passed >= expectedPassed, `only ${passed} cases were checked`);
    });
  }

  it("a wrong number fails", async () => {
    const wrong = { geometry: [{ op: "ResizeEdge", h: 375, w: 500, edge: "short", scale: 256, out_hw: [256, 342] }] };
    const [result] = transformsChecker.check(wrong) as Iterable<{ status: string }>;
    assert.equal(result?.status, "failed");
  });

  it("a wrong pixel fails, and so does a draw that upstream does not make, or that nobody asks for", async () => {
    const { choice } = JSON.parse(await readFile(new URL(augmentsChecker.file, FOLDER), "utf8")) as {
      choice: { draws: unknown[]; out: number[] };
    };
    const statusOf = (change: object): unknown => {
      const [result] = augmentsChecker.check({ choice: { ...choice, ...change } }) as Iterable<{ status: string }>;
      return result?.status;
    };
    assert.equal(statusOf({}), "passed");
    assert.equal(statusOf({ out: choice.out.with(7, 1) }), "failed");
    assert.equal(statusOf({ draws: choice.draws.slice(1) }), "failed");
    assert.equal(statusOf({ draws: [...choice.draws, ["rand", [], 0.5]] }), "failed");
    assert.equal(statusOf({ draws: [["uniform", [0, 1], 0.5], ...choice.draws.slice(1)] }), "failed");
  });

  it("an unknown operation is skipped with a reason", () => {
    const unknown = { cases: [{ op: "melt", h: 2, w: 2, kind: "noisy", params: {}, out: [], out_shape: [2, 2, 3] }] };
    const [result] = transformsChecker.check(unknown) as Iterable<{ status: string; why?: string }>;
    assert.equal(result?.status, "skipped");
    assert.ok(result?.why);
  });
});
