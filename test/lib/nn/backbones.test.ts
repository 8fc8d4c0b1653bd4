import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { backbones } from "#lib/nn/backbones/index.ts";
import { classify, createClassifier, frozenLayerCount, runLayers, startOf } from "#lib/nn/classifier.ts";
import { freeingInputs } from "#lib/model/eager.ts";
import { initialValues } from "#lib/nn/init.ts";
import { fromPyTorch } from "#lib/nn/layout.ts";
import { trackedStatistics, trainedParameters } from "#lib/nn/parameters.ts";
import type { Backbone, BatchStatistics, ParameterSpec, Weights } from "#lib/nn/types.ts";
import { nodeOf } from "#test/support/build.ts";
import { conforms } from "#test/support/conformance.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyClassifier, tinyModel } from "#test/support/tiny-model.ts";

/** The smallest config of each backbone: a new one needs a row here. */
const SMALL: Readonly<Record<string, ConfigDict>> = {
  ResNet: { depth: 18, stem_channels: 8, base_channels: 8 },
  ResNetV1c: { depth: 50, stem_channels: 8, base_channels: 4 },
  ResNetV1d: { depth: 50, stem_channels: 8, base_channels: 4 },
};

function build(type: string, changes: ConfigDict = {}): Backbone {
  return buildComponent(backbones, nodeOf({ type, ...SMALL[type], ...changes }, "model.backbone"), undefined);
}

function startWeights(parameters: readonly ParameterSpec[]): Weights {
  return new Map(parameters.map((spec, index) => [spec.name, fromPyTorch(initialValues(spec, 0, index), spec)]));
}

describe("backbones", () => {
  before(useTensorFlow);

  conforms(backbones, SMALL, undefined);

  for (const [type, config] of Object.entries(SMALL)) {
    describe(type, () => {
      it("gives each parameter one name, below `backbone.`, as PyTorch nests modules", () => {
        const names = build(type).layers.flatMap((layer) => layer.parameters.map((spec) => spec.name));
        assert.equal(new Set(names).size, names.length);
        for (const name of names) {
          assert.match(name, /^backbone\.[\w.]+\.(weight|bias|running_mean|running_var|num_batches_tracked)$/);
        }
      });

      it("halves the image to a quarter in the stem, and again with each later stage", () => {
        const { layers, outputs, outputChannels } = build(type, { out_indices: [0, 1, 2, 3] });
        tf.tidy(() => {
          const weights = startWeights(layers.flatMap((layer) => layer.parameters));
          let features: tf.Tensor = tf.randomNormal([2, 64, 64, 3], 0, 1, "float32", 5);
          const sizes = layers.map((layer) => {
            features = layer.forward(weights, features, { training: false, statistics: [] });
            return features.shape;
          });
          const stages = outputs.map((index) => sizes[index]);
          assert.deepEqual(
            stages.map((shape) => shape?.slice(0, 3)),
            [16, 8, 4, 2].map((size) => [2, size, size]),
          );
          assert.equal(stages.at(-1)?.[3], outputChannels);
          const channels = stages.map((shape) => shape?.[3] ?? 0);
          assert.deepEqual(
            channels,
            [1, 2, 4, 8].map((factor) => (channels[0] ?? 0) * factor),
          );
        });
      });

      for (const stages of [-1, 0, 1, 2, 3, 4]) {
        it(`frozen_stages=${stages} holds the stem and stages 1..k still and runs the rest`, () => {
          const { layers } = build(type, { frozen_stages: stages });
          for (const layer of layers) {
            const stage = Number(/layer(\d)/.exec(layer.name)?.[1] ?? 0); // 0: the stem
            const holds = stage <= stages;
            assert.equal(layer.frozen, holds, layer.name);
            assert.equal(trainedParameters(layer.parameters).length === 0, holds, layer.name);
            assert.equal(trackedStatistics(layer.parameters).length === 0, holds, layer.name);
          }
        });
      }

      it("norm_eval holds the running statistics still and trains scale and offset", () => {
        const parameters = build(type, { norm_eval: true }).layers.flatMap((layer) => layer.parameters);
        assert.deepEqual(trackedStatistics(parameters), []);
        assert.deepEqual(
          trainedParameters(parameters).map(({ name }) => name),
          parameters.filter(({ kind }) => kind === "parameter").map(({ name }) => name),
        );
      });

      it("zero_init_residual starts the last scale of each block at 0, and only that", () => {
        const zeroScales = (on: boolean): string[] =>
          build(type, { zero_init_residual: on })
            .layers.flatMap((layer) => layer.parameters)
            .filter(
              ({ name, initial }) => name.endsWith(".weight") && initial.kind === "constant" && initial.value === 0,
            )
            .map(({ name }) => name);
        const last = config["depth"] === 18 ? /layer\d\.\d+\.bn2\.weight$/ : /layer\d\.\d+\.bn3\.weight$/;
        const blocks = build(type).layers.length - 1;
        assert.equal(zeroScales(true).length, blocks);
        for (const name of zeroScales(true)) assert.match(name, last);
        assert.deepEqual(zeroScales(false), []);
      });
    });
  }

  it("num_stages and out_indices leave out the stages that nobody uses", () => {
    assert.equal(build("ResNet", { num_stages: 2, out_indices: [1] }).outputChannels, 16);
    const { layers, outputs } = build("ResNet", { out_indices: [2, 0] });
    assert.deepEqual([layers.length, outputs], [7, [2, 6]]); // stem, three stages of two blocks
  });

  const refused: readonly { readonly change: ConfigDict; readonly says: RegExp }[] = [
    { change: { depth: 19 }, says: /model\.backbone\.depth/ },
    { change: { dilations: [1, 1, 2, 4] }, says: /model\.backbone\.dilations/ },
    { change: { frozen_stages: 5 }, says: /model\.backbone\.frozen_stages/ },
    { change: { style: "tensorflow" }, says: /model\.backbone\.style/ },
    { change: { norm_cfg: { type: "GN" } }, says: /model\.backbone\.norm_cfg/ },
    { change: { frozen_stage: 3 }, says: /frozen_stage.*frozen_stages/s },
  ];
  for (const { change, says } of refused) {
    it(`refuses ${JSON.stringify(change)} and names the path`, () => {
      assert.throws(
        () => build("ResNet", change),
        (error) => error instanceof PetageError && error.code.startsWith("CONFIG_") && says.test(error.describe()),
      );
    });
  }
});

describe("createClassifier", () => {
  before(useTensorFlow);

  it("says what in_channels of the head must be", () => {
    const model = { ...tinyModel(), head: { type: "LinearClsHead", num_classes: 10, in_channels: 512 } };
    const positions = new Map([["model.head.in_channels", { file: "my.py", line: 7, column: 9 }]]);
    assert.throws(
      () => createClassifier({ value: { model }, positions }),
      (error) => {
        assert.ok(error instanceof PetageError);
        assert.equal(error.code, "CONFIG_INVALID_VALUE");
        assert.match(error.describe(), /^my\.py:7:9: .*in_channels is 512.*gives 64 channels.*Set in_channels=64/);
        return true;
      },
    );
  });

  for (const stages of [-1, 2, 4]) {
    it(`with frozen_stages=${stages} runs frozen layers forward only, as the whole network would`, () => {
      tf.tidy(() => {
        const model = tinyClassifier({ backbone: { frozen_stages: stages, zero_init_residual: false } });
        const weights = startWeights(model.parameters);
        const pixels = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, "float32", 3);
        const mode = { training: false, statistics: [] };
        const whole = classify(model, weights, startOf(pixels), { mode }).dataSync();
        const frozen = frozenLayerCount(model);
        assert.equal(frozen, stages < 0 ? 0 : 1 + 2 * stages);
        const run = freeingInputs(pixels);
        const flow = runLayers(model.backbone, weights, startOf(pixels), { layerCount: frozen, mode, run });
        const parted = classify(model, weights, flow, { mode }).dataSync();
        assert.deepEqual(parted, whole);
      });
    });
  }

  it("training reports the statistics of every unfrozen normalisation and of no frozen one", () => {
    const layersThatReport = (backbone: ConfigDict): string[] => {
      const model = tinyClassifier({ backbone });
      const statistics: BatchStatistics[] = [];
      tf.tidy(() => {
        const weights = startWeights(model.parameters);
        const input = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, "float32", 3);
        classify(model, weights, startOf(input), { mode: { training: true, statistics } });
      });
      tf.dispose(statistics.flatMap(({ mean, variance }) => [mean, variance]));
      return statistics.map(({ layer }) => layer);
    };
    const norms = tinyClassifier()
      .parameters.filter(({ kind }) => kind === "counter")
      .map(({ name }) => name.replace(".num_batches_tracked", ""));
    assert.deepEqual(layersThatReport({}).toSorted(), norms.toSorted());
    assert.deepEqual(
      layersThatReport({ frozen_stages: 2 }).toSorted(),
      norms.filter((name) => /layer[34]/.test(name)).toSorted(),
    );
    assert.deepEqual(layersThatReport({ norm_eval: true }), []);
  });
});
