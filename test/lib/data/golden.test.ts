import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { samplersChecker } from "../../../scripts/golden/samplers.ts";
import { transformsChecker } from "../../../scripts/golden/transforms.ts";

const FOLDER = new URL("../../golden/mmpretrain/", import.meta.url);

describe("golden data", () => {
  for (const [checker, expectedPassed] of [
    [transformsChecker, 128],
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

  it("an unknown operation is skipped with a reason", () => {
    const unknown = { cases: [{ op: "melt", h: 2, w: 2, kind: "noisy", params: {}, out: [], out_shape: [2, 2, 3] }] };
    const [result] = transformsChecker.check(unknown) as Iterable<{ status: string; why?: string }>;
    assert.equal(result?.status, "skipped");
    assert.ok(result?.why);
  });
});
