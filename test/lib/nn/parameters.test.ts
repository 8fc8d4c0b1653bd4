import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { preprocess, preprocessors } from "#lib/data/preprocessor.ts";
import { initialValues } from "#lib/nn/init.ts";
import { fromPyTorch, tensorShape, toPyTorch } from "#lib/nn/layout.ts";
import { sizeOf } from "#lib/nn/parameters.ts";
import { normalizePixels } from "#lib/nn/preprocess.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { assertClose } from "#test/support/close.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyClassifier } from "#test/support/tiny-model.ts";

function spec(shape: readonly number[], layout: ParameterSpec["layout"]): ParameterSpec {
  const initial = { kind: "constant", value: 0 } as const;
  return { name: "a.weight", shape, layout, kind: "parameter", trainable: true, initial };
}

describe("PyTorch's layout", () => {
  before(useTensorFlow);

  it("comes back as it went in, whatever the shape", () => {
    const size = fc.integer({ min: 1, max: 5 });
    const specs = fc.oneof(
      fc.tuple(size, size, size, size).map((shape) => spec(shape, "conv")),
      fc.tuple(size, size).map((shape) => spec(shape, "linear")),
      fc.tuple(size).map((shape) => spec(shape, "plain")),
      fc.constant(spec([], "plain")),
    );
    fc.assert(
      fc.property(specs, (parameter) => {
        const values = Float32Array.from({ length: sizeOf(parameter) }, (_, index) => index + 0.5);
        const tensor = fromPyTorch(values, parameter);
        assert.deepEqual(tensor.shape, tensorShape(parameter));
        assert.deepEqual(toPyTorch(tensor, parameter), values);
        tensor.dispose();
      }),
      { numRuns: 50 },
    );
  });

  const rows = [
    { layout: "conv", shape: [2, 1, 1, 2], inside: [1, 2, 1, 2], values: [1, 2, 3, 4], becomes: [1, 3, 2, 4] },
    { layout: "linear", shape: [2, 3], inside: [3, 2], values: [1, 2, 3, 4, 5, 6], becomes: [1, 4, 2, 5, 3, 6] },
    { layout: "plain", shape: [3], inside: [3], values: [1, 2, 3], becomes: [1, 2, 3] },
  ] as const;
  for (const { layout, shape, inside, values, becomes } of rows) {
    it(`${layout} [${shape.join(", ")}] is [${inside.join(", ")}] inside`, () => {
      const tensor = fromPyTorch(Float32Array.from(values), spec(shape, layout));
      assert.deepEqual(tensor.shape, [...inside]);
      assert.deepEqual([...tensor.dataSync()], [...becomes]);
      tensor.dispose();
    });
  }
});

describe("initialValues", () => {
  const { parameters } = tinyClassifier({ backbone: { base_channels: 32 }, classes: 192 });
  const named = (name: string): { spec: ParameterSpec; index: number } => {
    const index = parameters.findIndex((parameter) => parameter.name === name);
    return { spec: parameters[index] as ParameterSpec, index };
  };
  const values = (name: string, seed: number): Float32Array => {
    const found = named(name);
    return initialValues(found.spec, seed, found.index);
  };

  it("is the same for the same seed, and differs by seed and by parameter", () => {
    const name = "backbone.layer1.0.conv1.weight";
    assert.deepEqual(values(name, 3), values(name, 3));
    assert.notDeepEqual(values(name, 3), values(name, 4));
    assert.notDeepEqual(values(name, 3), values(name, 3 + 2 ** 32));
    const other = named("backbone.layer1.0.conv2.weight");
    assert.notDeepEqual(values(name, 3).slice(0, 64), initialValues(other.spec, 3, other.index).slice(0, 64));
  });

  for (const [name, deviation] of [
    ["backbone.layer3.0.conv2.weight", Math.sqrt(2 / (128 * 9))], // He et al. 2015: fan out, ReLU
    ["backbone.layer4.0.downsample.0.weight", Math.sqrt(2 / 256)],
    ["head.fc.weight", 0.01],
  ] as const) {
    it(`${name} is normal with deviation ${deviation.toFixed(4)}`, () => {
      const drawn = values(name, 0);
      const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
      const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
      const standardError = deviation / Math.sqrt(drawn.length);
      assert.ok(Math.abs(mean) < 4 * standardError, `mean ${mean}`);
      assert.ok(
        Math.abs(Math.sqrt(variance) / deviation - 1) < 4 / Math.sqrt(2 * drawn.length),
        `variance ${variance}`,
      );
      const beyond = drawn.filter((value) => Math.abs(value) > 2 * deviation).length / drawn.length;
      assert.ok(Math.abs(beyond - 0.0455) < 0.01, `${beyond} lie beyond two deviations`);
    });
  }

  it("starts normalisations at scale 1, offset 0, mean 0, variance 1, and biases at 0", () => {
    for (const [suffix, value] of [
      ["backbone.bn1.weight", 1],
      ["backbone.bn1.bias", 0],
      ["backbone.bn1.running_mean", 0],
      ["backbone.bn1.running_var", 1],
      ["backbone.layer1.0.bn2.weight", 0], // zero_init_residual
      ["head.fc.bias", 0],
    ] as const) {
      assert.ok(
        values(suffix, 0).every((found) => found === value),
        suffix,
      );
    }
  });
});

describe("normalizePixels", () => {
  before(useTensorFlow);

  const configs = [
    { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], to_rgb: true },
    { mean: [1, 2, 3], std: [4, 5, 6] },
    { to_rgb: true },
    { mean: [1, 2, 3], std: [4, 5, 6], pad_size_divisor: 4 },
    { pad_size_divisor: 2, pad_value: 7 },
    {},
  ];
  for (const config of configs) {
    it(`gives what the reference does with ${JSON.stringify(config)}`, () => {
      const preprocessor = buildFrom(preprocessors, { type: "ClsDataPreprocessor", ...config }, undefined);
      const data = Uint8Array.from({ length: 3 * 5 * 3 }, (_, index) => (index * 53) % 256);
      const expected = preprocess({ data, height: 3, width: 5, channels: 3 }, preprocessor).data;
      tf.tidy(() => {
        const pixels = tf.tensor4d(Float32Array.from(data), [1, 3, 5, 3]);
        assertClose(normalizePixels(pixels, preprocessor).dataSync(), expected, { tolerance: 1e-6 });
      });
    });
  }
});
