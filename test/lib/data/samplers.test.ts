import assert from "node:assert/strict";
import fc from "fast-check";
import { buildComponent } from "#lib/config/component/build.ts";
import { sampleOrder } from "#lib/data/samplers/default-sampler.ts";
import { samplers } from "#lib/data/samplers/index.ts";
import { conforms } from "#test/support/conformance.ts";
import { node } from "./support.ts";

const request = { count: 11, shuffle: true, seed: 5, epoch: 0, rank: 0, worldSize: 1, roundUp: true };

describe("sampleOrder", () => {
  it("is a permutation that changes with epoch and seed and nothing else", () => {
    const order = sampleOrder(request);
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.deepEqual(sampleOrder(request), order);
    assert.notDeepEqual(sampleOrder({ ...request, epoch: 1 }), order);
    assert.notDeepEqual(sampleOrder({ ...request, seed: 6 }), order);
  });

  it("the ranks together see every sample, equally often when rounded up", () => {
    const counts = fc.record({
      count: fc.integer({ min: 1, max: 50 }),
      worldSize: fc.integer({ min: 1, max: 9 }),
      roundUp: fc.boolean(),
    });
    fc.assert(
      fc.property(counts, ({ count, worldSize, roundUp }) => {
        const ranks = Array.from({ length: worldSize }, (_, rank) =>
          sampleOrder({ ...request, count, worldSize, rank, roundUp }),
        );
        const seen = ranks.flat();
        assert.equal(new Set(seen).size, count);
        assert.equal(seen.length, roundUp ? Math.ceil(count / worldSize) * worldSize : count);
        if (roundUp) for (const order of ranks) assert.equal(order.length, Math.ceil(count / worldSize));
      }),
    );
  });

  it("dealing one order out in turn, the global batch does not depend on the number of ranks", () => {
    const alone = sampleOrder({ ...request, count: 12 });
    const first = sampleOrder({ ...request, count: 12, worldSize: 2, rank: 0 });
    const second = sampleOrder({ ...request, count: 12, worldSize: 2, rank: 1 });
    assert.deepEqual(
      first.flatMap((index, turn) => [index, second[turn]]),
      alone,
    );
  });
});

describe("samplers", () => {
  conforms(samplers, { DefaultSampler: {}, SequentialSampler: [{}, { subsample_type: "sequential" }] }, { seed: 0 });

  for (const type of Object.keys(samplers.components)) {
    it(`${type} deals out every sample, an equal share to each rank, the same at every call`, () => {
      const deal = buildComponent(samplers, node({ type }), { seed: 3 });
      const shares = [0, 1, 2].map((rank) => deal({ count: 11, epoch: 1, rank, worldSize: 3 }));
      assert.deepEqual(new Set(shares.flat()).size, 11);
      assert.deepEqual(
        shares.map(({ length }) => length),
        [4, 4, 4],
      );
      assert.deepEqual(deal({ count: 11, epoch: 1, rank: 0, worldSize: 3 }), shares[0]);
    });
  }

  it("DefaultSampler takes the run's seed unless it has its own", () => {
    const build = (config: object, seed: number): readonly number[] =>
      buildComponent(samplers, node({ type: "DefaultSampler", ...config }), { seed })(request);
    assert.deepEqual(build({}, 5), sampleOrder(request));
    assert.deepEqual(build({ seed: 5 }, 9), sampleOrder(request));
    assert.deepEqual(build({ shuffle: false }, 9), sampleOrder({ ...request, shuffle: false }));
  });
});
