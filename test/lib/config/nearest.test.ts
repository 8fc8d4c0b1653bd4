import assert from "node:assert/strict";
import { didYouMean, nearestNames } from "#lib/config/nearest.ts";

describe("The names nearest to a wrong one", () => {
  const known = new Map([
    ["weight", 1],
    ["height", 2],
    ["momentum", 3],
    ["3", 4],
  ]);
  const found: readonly (readonly [name: string, nearest: readonly string[]])[] = [
    ["heigth", ["height"]],
    ["Momentun", ["momentum"]],
    ["03", ["3"]],
    ["something else", []],
    ["w".repeat(10_000), []],
  ];
  for (const [name, nearest] of found) {
    it(`of ${name.slice(0, 20)} are ${JSON.stringify(nearest)}, from names that can be read but once, too`, () => {
      assert.deepEqual(nearestNames(name, [...known.keys()]), nearest);
      assert.deepEqual(nearestNames(name, known.keys()), nearest);
    });
  }

  it("are asked for in words", () => {
    assert.equal(didYouMean("heigth", known.keys()), "Did you mean `height`?");
    assert.equal(didYouMean("something else", known.keys()), undefined);
  });
});
