import assert from "node:assert/strict";
import { buildPreprocessor, preprocess, preprocessors } from "#lib/data/preprocessor.ts";
import { conforms } from "#test/support/conformance.ts";
import { node } from "./support.ts";

const pixel = { data: Uint8Array.of(10, 20, 30), height: 1, width: 1, channels: 3 };

describe("data_preprocessor", () => {
  conforms(preprocessors, { ClsDataPreprocessor: [{}, { mean: [1, 2, 3], std: [4, 5, 6] }] }, undefined);

  it("needs no type and swaps channels before mean and std", () => {
    const preprocessor = buildPreprocessor(node({ mean: [30, 18, 0], std: [1, 2, 5], to_rgb: true, num_classes: 192 }));
    assert.equal(preprocessor.numClasses, 192);
    assert.deepEqual([...preprocess(pixel, preprocessor).data], [0, 1, 2]);
  });

  it("leaves pixels as they are without mean and std", () => {
    assert.deepEqual([...preprocess(pixel, buildPreprocessor(node({}))).data], [10, 20, 30]);
  });

  it("fills up to the divisor with the value given, right and below", () => {
    const { data, height, width } = preprocess(pixel, buildPreprocessor(node({ pad_size_divisor: 2, pad_value: -1 })));
    assert.deepEqual([height, width], [2, 2]);
    assert.deepEqual([...data], [10, 20, 30, ...Array.from({ length: 9 }, () => -1)]);
  });

  for (const value of [
    { mean: [1, 2, 3] },
    { mean: [1, 2, 3], std: [1] },
    { mean: [0], std: [0] },
    { pad_size_divisor: 0 },
  ]) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => buildPreprocessor(node(value)), { code: "CONFIG_INVALID_VALUE" });
    });
  }
});
