import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { numpyOrder } from "#lib/data/numpy-random.ts";

/** How `make.py`, beside the file, describes an order. */
interface Golden {
  readonly seed: number;
  readonly count: number;
  readonly first: readonly number[];
  readonly sha256: string;
}

const FILE = new URL("../../golden/numpy/orders.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Golden[] };

describe("numpyOrder", () => {
  for (const { seed, count, first, sha256 } of cases) {
    it(`is NumPy's order of ${count} by seed ${seed}`, () => {
      const order = numpyOrder(count, seed);
      assert.deepEqual(order.slice(0, first.length), first);
      assert.equal(createHash("sha256").update(JSON.stringify(order)).digest("hex"), sha256);
    });
  }
});
