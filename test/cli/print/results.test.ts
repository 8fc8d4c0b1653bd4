import assert from "node:assert/strict";
import { formatOf } from "../../../cli/print/results.ts";
import type { Results } from "../../../cli/print/results.ts";

/** A distribution with all of its weight on a few months. */
function distribution(weights: Readonly<Record<number, number>>): Float32Array {
  return Float32Array.from({ length: 192 }, (_, month) => weights[month] ?? 0);
}

const RESULTS: Results = {
  predictions: [
    { sampleId: "a.jpg", label: 17, probabilities: distribution({ 20: 1 }) },
    { sampleId: 'folder, 1/"b".jpg', label: -1, probabilities: distribution({ 4: 0.25, 6: 0.75 }) },
  ],
  result: { metrics: { "petage/mae_median": 3 }, sampleCount: 2, skippedIds: ["c.jpg"], durationMs: 1 },
};

const [FIRST, SECOND] = [
  { name: "a.jpg", months: 20, meanMonths: 20, modeMonths: 20, lowMonths: 20, highMonths: 20, label: 17 },
  { name: 'folder, 1/"b".jpg', months: 6, meanMonths: 5.5, modeMonths: 6, lowMonths: 4, highMonths: 6 },
];

describe("formatOf()", () => {
  const write = (file: string): string => formatOf(file)(RESULTS);

  it("writes .txt as name, tab, months", () => {
    assert.equal(write("out.txt"), 'a.jpg\t20\nfolder, 1/"b".jpg\t6\n');
  });

  it("writes .csv with a header, quotes where they are needed, and an empty cell where there is no label", () => {
    assert.deepEqual(write("a/out.csv").split("\n"), [
      "name,months,meanMonths,modeMonths,lowMonths,highMonths,label",
      "a.jpg,20,20,20,20,20,17",
      '"folder, 1/""b"".jpg",6,5.5,6,4,6,',
      "",
    ]);
  });

  it("writes .jsonl as one object a line", () => {
    const lines = write("out.jsonl").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [FIRST, SECOND],
    );
  });

  it("writes .json with the metrics and what could not be read", () => {
    assert.deepEqual(JSON.parse(write("out.json")), {
      metrics: { "petage/mae_median": 3 },
      sampleCount: 2,
      skippedIds: ["c.jpg"],
      predictions: [FIRST, SECOND],
    });
  });

  it("refuses another ending and lists those that there are", () => {
    assert.throws(() => formatOf("out.xml"), {
      code: "INVALID_ARGUMENT",
      message: /out\.xml .*\.csv, \.txt, \.jsonl, \.json/,
    });
  });
});
