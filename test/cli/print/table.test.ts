import assert from "node:assert/strict";
import { formatAge, table } from "../../../cli/print/table.ts";

describe("table()", () => {
  const cases: readonly { readonly what: string; readonly rows: string[][]; readonly text: string[] }[] = [
    {
      what: "a column of numbers stands to the right, its header too",
      rows: [
        ["metric", "value"],
        ["mae", "8.5"],
        ["rmse", "-120.25"],
      ],
      text: ["metric    value", "mae         8.5", "rmse    -120.25"],
    },
    {
      what: "one cell that is no number keeps the column to the left",
      rows: [
        ["Images", "120"],
        ["Time", "132 s"],
        ["In all", "7"],
      ],
      text: ["Images  120", "Time    132 s", "In all  7"],
    },
    {
      what: "exponents, signs, thousands and NaN are numbers; dates and units are not",
      rows: [
        ["a", "b"],
        ["1e-3", "2026-01-01"],
        ["NaN", "3 ms"],
        ["+1,000", "1"],
      ],
      text: ["     a  b", "  1e-3  2026-01-01", "   NaN  3 ms", "+1,000  1"],
    },
    { what: "short rows are filled up", rows: [["a", "b"], ["c"]], text: ["a  b", "c"] },
    { what: "nothing is nothing", rows: [], text: [""] },
  ];
  for (const { what, rows, text } of cases) {
    it(what, () => assert.equal(table(rows), text.join("\n")));
  }
});

describe("formatAge()", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 months"],
    [1, "1 month"],
    [11.6, "1 year"],
    [13, "1 year 1 month"],
    [24, "2 years"],
    [40, "3 years 4 months"],
  ];
  for (const [months, text] of cases) it(`${months} months are ${text}`, () => assert.equal(formatAge(months), text));
});
