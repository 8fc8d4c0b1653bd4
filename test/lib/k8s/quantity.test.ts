import assert from "node:assert/strict";
import { parseQuantity } from "#lib/k8s/quantity.ts";

describe("parseQuantity", () => {
  const cases: readonly (readonly [string | number, number])[] = [
    ["500m", 0.5],
    ["2", 2],
    [3, 3],
    ["2Gi", 2 ** 31],
    ["1.5k", 1500],
    ["1e3", 1000],
    ["128974848", 128_974_848],
    ["much", Number.NaN],
    ["1X", Number.NaN],
  ];
  for (const [text, value] of cases) it(`reads ${text}`, () => assert.equal(parseQuantity(text), value));
});
