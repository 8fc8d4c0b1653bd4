import assert from "node:assert/strict";
import { checkCopies, type CheckedSplit } from "#lib/data/check-copies.ts";
import type { CheckedPhoto } from "#lib/data/check.ts";

/** A photo whose file is told by `digest`, and its look by one number: equal numbers look the same. */
function photo(id: string, label: number | null, digest: string, look?: number): CheckedPhoto {
  const hash = [look ?? 0, 0] as const;
  return {
    id,
    label,
    path: `/${id}`,
    digest,
    look: look === undefined ? undefined : { hash, thumbnail: new Int16Array(768) },
  };
}

function split(name: string, ...photos: CheckedPhoto[]): CheckedSplit {
  return { name, photos };
}

describe("checkCopies", () => {
  const cases: readonly (readonly [string, readonly CheckedSplit[], readonly string[], readonly string[]])[] = [
    ["photos that differ", [split("train", photo("a", 1, "A", 0), photo("b", 2, "B", 0xffffffff))], [], []],
    [
      "a file in two splits",
      [split("train", photo("a", 1, "A")), split("val", photo("b", 2, "A"))],
      ['The same photo is in train and val: "a" (train, 1 month), "b" (val, 2 months)'],
      [],
    ],
    [
      "a file of two ages",
      [split("train", photo("a", 1, "A"), photo("b", 2, "A"), photo("c", 2, "A"))],
      ['The same photo has different ages: "a" (train, 1 month), "b" (train, 2 months), "c" (train, 2 months)'],
      [],
    ],
    [
      "a look in two splits",
      [split("train", photo("a", 1, "A", 7)), split("test", photo("b", null, "B", 7))],
      [],
      ['A photo that looks the same is in train and test: "a" (train, 1 month), "b" (test)'],
    ],
    [
      "a look of two ages",
      [split("train", photo("a", 1, "A", 7), photo("b", 9, "B", 7))],
      [],
      ['A photo that looks the same has different ages: "a" (train, 1 month), "b" (train, 9 months)'],
    ],
    ["a look of one age", [split("train", photo("a", 1, "A", 7), photo("b", 1, "B", 7))], [], []],
    [
      "a file twice, of one age",
      [split("train", photo("a", 1, "A"), photo("b", 1, "A"))],
      [],
      ['The same photo counts 2 times: "a" (train, 1 month), "b" (train, 1 month)'],
    ],
    [
      "many",
      [split("train", ...[1, 2, 3, 4, 5, 6].map((age) => photo(`${age}`, age, "A")))],
      [
        'The same photo has different ages: "1" (train, 1 month), "2" (train, 2 months), "3" (train, 3 months), "4" (train, 4 months) and 2 more',
      ],
      [],
    ],
  ];
  for (const [name, splits, problems, warnings] of cases) {
    it(`tells of ${name}`, () => {
      const found = checkCopies(splits);
      assert.deepEqual(
        found.problems.map(({ message }) => message),
        problems,
      );
      assert.deepEqual(
        found.warnings.map(({ message }) => message),
        warnings,
      );
      assert.equal(found.isPartial, false);
    });
  }
});
