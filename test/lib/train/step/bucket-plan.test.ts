import assert from "node:assert/strict";
import fc from "fast-check";
import type { ParameterSpec } from "#lib/nn/types.ts";
import { LOSS_INDEX, LOSS_SLICE, planBuckets, STOP_INDEX, STOP_SLICE } from "#lib/train/step/bucket-plan.ts";
import { tinyClassifier } from "#test/support/tiny-model.ts";

const FIRST_BUCKET_ELEMENTS = 2 ** 20 / 4;
const BUCKET_ELEMENTS = (25 * 2 ** 20) / 4;

const specs: fc.Arbitrary<readonly ParameterSpec[]> = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 3_000_000 }),
      kind: fc.constantFrom("parameter", "buffer", "counter"),
      trainable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((entries) =>
    entries.map(({ size, kind, trainable }, index) => ({
      name: `layer${index}.weight`,
      shape: [size],
      layout: "plain",
      kind,
      trainable,
      initial: { kind: "constant", value: 0 },
    })),
  );

describe("planBuckets", () => {
  it("puts every gradient into one place, last layer first", () => {
    fc.assert(
      fc.property(specs, (parameters) => {
        const names = planBuckets(parameters)
          .slice(0, -1)
          .flatMap(({ slices }) => slices.map(({ name }) => name));
        const trained = parameters.filter(({ kind, trainable }) => kind === "parameter" && trainable);
        assert.deepEqual(names, trained.map(({ name }) => name).toReversed());
      }),
    );
  });

  it("ends with the loss, the wish to stop and the statistics that move", () => {
    fc.assert(
      fc.property(specs, (parameters) => {
        const last = planBuckets(parameters).at(-1);
        const statistics = parameters.filter(({ kind, trainable }) => kind === "buffer" && trainable);
        assert.deepEqual(
          last?.slices.map(({ name }) => name),
          [LOSS_SLICE, STOP_SLICE, ...statistics.map(({ name }) => name)],
        );
        assert.equal(last?.slices[LOSS_INDEX]?.offset, LOSS_INDEX);
        assert.equal(last?.slices[STOP_INDEX]?.offset, STOP_INDEX);
      }),
    );
  });

  it("lays slices side by side without gap, as long as their tensors", () => {
    fc.assert(
      fc.property(specs, (parameters) => {
        const sizes = new Map(parameters.map(({ name, shape }) => [name, shape[0]]));
        for (const { slices, elementCount } of planBuckets(parameters)) {
          let offset = 0;
          for (const slice of slices) {
            assert.equal(slice.offset, offset);
            assert.equal(slice.length, sizes.get(slice.name) ?? 1);
            offset += slice.length;
          }
          assert.equal(elementCount, offset);
        }
      }),
    );
  });

  it("closes a bucket as soon as it has reached its size: 1 MiB for the first, 25 MiB for the others", () => {
    fc.assert(
      fc.property(specs, (parameters) => {
        const gradients = planBuckets(parameters).slice(0, -1);
        for (const [index, { slices, elementCount }] of gradients.entries()) {
          const limit = index === 0 ? FIRST_BUCKET_ELEMENTS : BUCKET_ELEMENTS;
          assert.ok(elementCount - (slices.at(-1)?.length ?? 0) < limit, "would have been closed earlier");
          if (index < gradients.length - 1) assert.ok(elementCount >= limit, "was closed too early");
        }
      }),
    );
  });

  it("of a frozen network holds only what trains", () => {
    const { parameters } = tinyClassifier({ backbone: { frozen_stages: 4 } });
    assert.deepEqual(
      planBuckets(parameters).map(({ slices }) => slices.map(({ name }) => name)),
      [
        ["head.fc.bias", "head.fc.weight"],
        [LOSS_SLICE, STOP_SLICE],
      ],
    );
  });
});
