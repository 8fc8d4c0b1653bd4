import assert from "node:assert/strict";
import { EMPTY_REPORT, TERMINATION_LIMIT_BYTES, formatTermination, parseTermination } from "#lib/jobs/termination.ts";
import type { TerminationReport } from "#lib/jobs/termination.ts";

const full: TerminationReport = {
  error: "",
  step: 42,
  checkpoint: { uri: "/work_dirs/a/1/epoch_2", step: 42, epoch: 2, sha256: "ab".repeat(32) },
  result: { modelUri: "/work_dirs/a/1/best_mae_epoch_1", metrics: { "pet_age/mae": 3.5 } },
  published: "/work_dirs/models/a/1",
};
const manyMetrics = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`accuracy/top${index}`, index]));

describe("termination", () => {
  it("parseTermination reads what formatTermination wrote", () => {
    for (const report of [full, EMPTY_REPORT, { ...EMPTY_REPORT, error: 'Cannot read "ä"' }]) {
      assert.deepEqual(parseTermination(formatTermination(report)), report);
    }
  });

  it("carries what the last step and validation measured, but for what is no number, and leaves it out when too much", () => {
    const progress = { epoch: 2, maxEpochs: 2, step: 42, maxSteps: 42, loss: 0.5, validationMetrics: { a: 1 } };
    const text = formatTermination({ ...full, progress: { ...progress, learningRate: Number.NaN } });
    assert.deepEqual(parseTermination(text), { ...full, progress });
    const much = { ...full, progress: { ...progress, validationMetrics: manyMetrics } };
    const parsed = parseTermination(formatTermination(much));
    assert.deepEqual([parsed?.checkpoint, parsed?.progress], [full.checkpoint, undefined]);
  });

  const tooLong: readonly (readonly [what: string, report: TerminationReport])[] = [
    ["a long error", { ...full, error: "x".repeat(10_000) }],
    ["an error of letters of several bytes", { ...full, error: "€".repeat(4_000) }],
    ["an error of quotes, which JSON doubles", { ...full, error: '"'.repeat(4_000) }],
    ["an error of halves of pairs", { ...full, error: "🐶".repeat(3_000) }],
  ];
  for (const [what, report] of tooLong) {
    it(`formatTermination cuts ${what} and keeps the rest`, () => {
      const text = formatTermination(report);
      const bytes = Buffer.byteLength(text);
      assert.ok(bytes <= TERMINATION_LIMIT_BYTES && bytes > TERMINATION_LIMIT_BYTES - 16, `${bytes} bytes`);
      const parsed = parseTermination(text);
      assert.ok(parsed?.error.endsWith("..."));
      assert.deepEqual({ ...parsed, error: "" }, full);
    });
  }

  it("formatTermination leaves out metrics when they alone are too many", () => {
    const report = { ...full, result: { modelUri: "/m", metrics: manyMetrics } };
    assert.deepEqual(parseTermination(formatTermination(report))?.result, { modelUri: "/m", metrics: {} });
  });

  it("formatTermination stays within the limit whatever it is given", () => {
    const report = { ...full, published: "/p".repeat(5_000), error: "The disk is full" };
    assert.deepEqual(parseTermination(formatTermination(report)), { ...EMPTY_REPORT, error: "The disk is full" });
  });

  it("formatTermination makes one line of an error and leaves out metrics that are no number", () => {
    const report = { ...full, error: "First\n  second\r\n", result: { modelUri: "/m", metrics: { a: NaN, b: 1 } } };
    const parsed = parseTermination(formatTermination(report));
    assert.equal(parsed?.error, "First second");
    assert.deepEqual(parsed?.result?.metrics, { b: 1 });
  });

  for (const text of ["", "Killed", "null", "[]", '{"error":"x"}', JSON.stringify({ ...full, step: -1 })]) {
    it(`parseTermination takes ${text.slice(0, 20) || "nothing"} for no report`, () => {
      assert.equal(parseTermination(text), undefined);
    });
  }
});
