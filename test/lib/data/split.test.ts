import assert from "node:assert/strict";
import fc from "fast-check";
import { splitByAge, type Part } from "#lib/data/split.ts";

function partsOf(...shares: readonly number[]): Part[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share, index) => ({ name: `${index}`, share: share / sum }));
}

const cases = fc.record({
  labels: fc.array(fc.option(fc.nat(191)), { minLength: 1, maxLength: 120 }),
  shares: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  seed: fc.nat(1000),
  groupSize: fc.integer({ min: 1, max: 6 }),
});

describe("splitByAge", () => {
  it("keeps copies together and gives each part its share, among the youngest as among all", () => {
    fc.assert(
      fc.property(cases, ({ labels, shares, seed, groupSize }) => {
        const parts = partsOf(...shares);
        const together = Array.from({ length: Math.floor(labels.length / 10) }, (_, group) =>
          Array.from({ length: groupSize }, (__, copy) => group * 10 + copy),
        );
        const chosen = splitByAge(labels, { parts, seed, together });
        assert.equal(chosen.length, labels.length);
        for (const group of together) assert.equal(new Set(group.map((position) => chosen[position])).size, 1);
        if (together.length > 0) return;
        const byAge = labels.map((label, position) => ({ age: label ?? -1, part: chosen[position] }));
        byAge.sort((a, b) => a.age - b.age);
        for (const age of new Set(byAge.map((one) => one.age))) {
          const younger = byAge.filter((one) => one.age <= age);
          for (const [part, { share }] of parts.entries()) {
            const count = younger.filter((one) => one.part === part).length;
            assert.ok(
              Math.abs(count - share * younger.length) < parts.length,
              `${count} of ${younger.length}, ${share}`,
            );
          }
        }
      }),
    );
  });

  it("is the same for the same seed, and another for another one", () => {
    const labels = Array.from({ length: 100 }, (_, index) => index % 5);
    const split = (seed: number): number[] => splitByAge(labels, { parts: partsOf(8, 1, 1), seed, together: [] });
    assert.deepEqual(split(1), split(1));
    assert.notDeepEqual(split(1), split(2));
  });

  it("shares out whole groups of copies, the parts differing by no more than the largest", () => {
    const labels = Array.from({ length: 60 }, () => 12);
    const together = Array.from({ length: 10 }, (_, group) =>
      Array.from({ length: 6 }, (__, copy) => group * 6 + copy),
    );
    const chosen = splitByAge(labels, { parts: partsOf(1, 1), seed: 0, together });
    assert.equal(chosen.filter((part) => part === 0).length, 30);
  });
});
