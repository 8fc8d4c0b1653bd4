import assert from "node:assert/strict";
import fc from "fast-check";
import { buildComponent } from "#lib/config/component/build.ts";
import { samplers } from "#lib/data/samplers/index.ts";
import { deal, type Sampler, type SampleRequest, type Share } from "#lib/data/samplers/sampler.ts";
import { conforms } from "#test/support/conformance.ts";
import { node } from "./support.ts";

const SEED = 5;

function build(type: string, config: object = {}, seed = SEED): Sampler {
  return buildComponent(samplers, node({ type, ...config }), { seed });
}

/** A request for an epoch of `count` samples, each labelled with the last digit of its position. */
function request(count: number, others: Partial<SampleRequest> = {}): SampleRequest {
  return { count, labels: Array.from({ length: count }, (_, index) => index % 10), epoch: 0, worldSize: 1, ...others };
}

function shares(sampler: Sampler, asked: SampleRequest): Share[] {
  return Array.from({ length: asked.worldSize }, (_, rank) => deal(sampler(asked), rank, asked.worldSize));
}

function byNumber(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function timesOf(order: readonly number[], count: number): number[] {
  const times = range(count).map(() => 0);
  for (const index of order) times[index] = (times[index] ?? 0) + 1;
  return times;
}

const sizes = fc.record({
  count: fc.integer({ min: 1, max: 50 }),
  worldSize: fc.integer({ min: 1, max: 9 }),
  epoch: fc.integer({ min: 0, max: 20 }),
});

describe("every sampler", () => {
  conforms(
    samplers,
    {
      DefaultSampler: {},
      InfiniteSampler: {},
      LabelDensitySampler: [{}, { power: 1, smoothing: 0 }],
      RepeatAugSampler: {},
      SequentialSampler: [{}, { subsample_type: "sequential" }],
    },
    { seed: 0 },
  );

  for (const type of Object.keys(samplers.components)) {
    it(`${type} gives each rank an equal share of samples that there are, the same at every call`, () => {
      const sampler = build(type);
      fc.assert(
        fc.property(sizes, ({ count, worldSize, epoch }) => {
          const asked = request(count, { worldSize, epoch });
          for (const { indices, repetitions } of shares(sampler, asked)) {
            assert.equal(indices.length, Math.ceil(count / worldSize));
            assert.equal(repetitions.length, indices.length);
            assert.ok(indices.every((index) => index >= 0 && index < count));
          }
          assert.deepEqual(sampler(asked), build(type)(asked));
        }),
      );
    });

    it(`${type} never deals the same repetition of a sample out twice in an epoch`, () => {
      const all = shares(build(type), request(11, { worldSize: 3 }));
      const dealt = all.flatMap(({ indices, repetitions }) => indices.map((one, at) => `${one}/${repetitions[at]}`));
      assert.equal(new Set(dealt).size, dealt.length);
    });
  }
});

describe("DefaultSampler", () => {
  it("is a permutation that changes with epoch and seed and nothing else", () => {
    const order = build("DefaultSampler")(request(11));
    assert.deepEqual(byNumber(order), range(11));
    assert.notDeepEqual(build("DefaultSampler")(request(11, { epoch: 1 })), order);
    assert.notDeepEqual(build("DefaultSampler", {}, 6)(request(11)), order);
    assert.deepEqual(build("DefaultSampler", { seed: SEED }, 9)(request(11)), order);
    assert.deepEqual(build("DefaultSampler", { shuffle: false })(request(11)), range(11));
  });

  it("the ranks together see every sample, equally often when rounded up", () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ count, worldSize }, roundUp) => {
        const sampler = build("DefaultSampler", { round_up: roundUp });
        const seen = shares(sampler, request(count, { worldSize })).flatMap(({ indices }) => indices);
        assert.equal(new Set(seen).size, count);
        assert.equal(seen.length, roundUp ? Math.ceil(count / worldSize) * worldSize : count);
      }),
    );
  });

  it("dealing one order out in turn, the global batch does not depend on the number of ranks", () => {
    const sampler = build("DefaultSampler");
    const alone = deal(sampler(request(12)), 0, 1).indices;
    const [first, second] = shares(sampler, request(12, { worldSize: 2 }));
    assert.deepEqual(
      first?.indices.flatMap((index, turn) => [index, second?.indices[turn]]),
      alone,
    );
  });
});

describe("RepeatAugSampler", () => {
  it("has a sample come up three times in a row, on different ranks, each time another repetition", () => {
    const all = shares(build("RepeatAugSampler", { shuffle: false }), request(9, { worldSize: 3 }));
    for (const [rank, { indices, repetitions }] of all.entries()) {
      assert.deepEqual(indices, [0, 1, 2]);
      assert.deepEqual(repetitions, [rank, rank, rank]);
    }
  });
});

describe("InfiniteSampler", () => {
  it("goes on in the next epoch where it was, so that passes over the dataset follow each other", () => {
    fc.assert(
      fc.property(sizes, ({ count, worldSize }) => {
        const sampler = build("InfiniteSampler");
        const stream = range(count).flatMap((epoch) => sampler(request(count, { worldSize, epoch })));
        for (let from = 0; from + count <= stream.length; from += count) {
          assert.deepEqual(byNumber(stream.slice(from, from + count)), range(count));
        }
      }),
    );
  });
});

describe("LabelDensitySampler", () => {
  const common = { ...request(0), count: 100, labels: range(100).map((index) => (index < 90 ? 12 : 150)) };

  it("draws all ages alike with power 1, and as they come with power 0", () => {
    const order = build("LabelDensitySampler", { power: 1, smoothing: 0 })(common);
    assert.equal(order.filter((index) => index >= 90).length, 50);
    assert.deepEqual(byNumber(build("LabelDensitySampler", { power: 0 })(common)), range(100));
  });

  it("has each sample as often as its share says, rounded up or down, in another order each epoch", () => {
    const options = { power: 0.5, smoothing: 3, max_repeats: 100 };
    const labels = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(labels, fc.nat(9), (given, epoch) => {
        const count = given.length;
        const density = (label: number): number =>
          given.reduce((sum, other) => {
            const distance = Math.abs(label - other);
            return sum + (distance <= 12 ? Math.exp(-(distance ** 2) / 18) : 0);
          }, 0);
        const weights = given.map((label) => 1 / Math.sqrt(density(label)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const times = timesOf(
          build("LabelDensitySampler", options)({ ...request(count, { epoch }), labels: given }),
          count,
        );
        for (const [index, weight] of weights.entries()) {
          const expected = (count * weight) / total;
          assert.ok(Math.abs((times[index] ?? 0) - expected) < 1 + 1e-9, `${times[index]} times, expected ${expected}`);
        }
      }),
    );
    assert.notDeepEqual(
      build("LabelDensitySampler")({ ...common, epoch: 0 }),
      build("LabelDensitySampler")({ ...common, epoch: 1 }),
    );
  });

  it("draws no sample more often than max_repeats", () => {
    const labels = range(1000).map((index) => (index === 0 ? 191 : 12));
    const asked = { ...request(1000), labels };
    const of = (max: number): number | undefined =>
      timesOf(build("LabelDensitySampler", { power: 1, smoothing: 0, max_repeats: max })(asked), 1000)[0];
    assert.deepEqual([of(1000), of(10), of(1)], [500, 10, 1]);
  });

  it("refuses samples without label", () => {
    assert.throws(() => build("LabelDensitySampler")({ ...request(2), labels: [3, null] }), {
      code: "DATASET_INVALID",
      message: /sample 1 has none/,
    });
  });
});
