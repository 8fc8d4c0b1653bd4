import assert from "node:assert/strict";
import { permutation, philox, randomStream } from "#lib/base/random.ts";

describe("philox()", () => {
  // The known answers of Random123 (kat_vectors, philox4x32 10).
  for (const [counter, key, expected] of [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const) {
    it(`of ${counter.map((word) => word.toString(16)).join(" ")}`, () =>
      assert.deepEqual(philox([...counter], key), expected));
  }
});

describe("randomStream()", () => {
  it("gives the same numbers for the same name, and others for another", () => {
    const numbers = (...name: [number, number, number]): number[] => {
      const random = randomStream(...name);
      return Array.from({ length: 20 }, () => random.next());
    };
    assert.deepEqual(numbers(1, 2, 3), numbers(1, 2, 3));
    const others: readonly [number, number, number][] = [
      [2, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
      [1 + 2 ** 32, 2, 3],
    ];
    for (const other of others) assert.notDeepEqual(numbers(1, 2, 3), numbers(...other));
  });

  it("is uniform, and normal where it is asked for that", () => {
    const random = randomStream(7);
    const mean = (draw: () => number): number =>
      Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b, 0) / 20_000;
    assert.ok(Math.abs(mean(() => random.uniform(-1, 3)) - 1) < 0.03);
    assert.ok(Math.abs(mean(() => random.integer(0, 9)) - 4.5) < 0.1);
    assert.ok(Math.abs(mean(() => random.normal(5, 2)) - 5) < 0.06);
    assert.ok(Math.abs(mean(() => random.normal(0, 2) ** 2) - 4) < 0.2);
  });

  it("shuffles: each place is as likely for each", () => {
    const firsts = Array.from({ length: 600 }, (_, seed) => permutation(3, randomStream(seed))[0]);
    for (const value of [0, 1, 2]) assert.ok(Math.abs(firsts.filter((first) => first === value).length - 200) < 50);
  });
});
