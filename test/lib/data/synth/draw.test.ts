import assert from "node:assert/strict";
import { randomStream } from "#lib/base/random.ts";
import { drawAge } from "#lib/data/synth/ages.ts";
import { drawPet } from "#lib/data/synth/draw.ts";
import { drawTraits } from "#lib/data/synth/traits.ts";

describe("drawAge", () => {
  const ages = Array.from({ length: 20_000 }, (_, index) => drawAge(randomStream(0, index)));
  const sorted = ages.toSorted((a, b) => a - b);

  it("stays within the contest's months", () => {
    assert.equal(sorted[0], 1);
    assert.ok((sorted.at(-1) ?? 0) <= 191);
  });

  it("follows the contest's labels: median 50, a spike at the first birthday", () => {
    const median = sorted[10_000] ?? 0;
    assert.ok(Math.abs(median - 50) <= 2, `the median is ${median}`);
    const count = (age: number): number => ages.filter((one) => one === age).length;
    assert.ok(count(12) > 1.3 * count(13) && count(12) > 300, `${count(12)} of 12 months, ${count(13)} of 13`);
  });
});

describe("drawPet", () => {
  it("draws the same pet for the same stream, and another for another", () => {
    assert.equal(drawPet(30, randomStream(1, 2)), drawPet(30, randomStream(1, 2)));
    assert.notEqual(drawPet(30, randomStream(1, 2)), drawPet(30, randomStream(1, 3)));
  });

  it("draws well-formed numbers at every age", () => {
    for (let age = 0; age < 192; age++) {
      const svg = drawPet(age, randomStream(0, age));
      assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
      assert.match(svg, /^<svg .*<\/svg>$/s);
    }
  });

  it("traits grow with age on average, but no trait alone tells the age", () => {
    const average = (age: number, trait: (traits: ReturnType<typeof drawTraits>) => number): number =>
      Array.from({ length: 50 }, (_, index) => trait(drawTraits(age, randomStream(9, index)))).reduce((a, b) => a + b) /
      50;
    const ages = [2, 20, 60, 110, 170];
    for (const trait of ["grey", "droop", "season"] as const) {
      const means = ages.map((age) => average(age, (traits) => traits[trait]));
      assert.deepEqual(
        means,
        means.toSorted((a, b) => a - b),
        `${trait}: ${means.join()}`,
      );
    }
    const spread = new Set(Array.from({ length: 20 }, (_, index) => drawTraits(60, randomStream(9, index)).grey));
    assert.ok(spread.size > 15);
  });
});
