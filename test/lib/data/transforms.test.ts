import assert from "node:assert/strict";
import { randomStream } from "#lib/base/random.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { applyOperation, sizeAfter } from "#lib/data/raster.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import { createPipeline } from "#lib/data/pipeline.ts";
import type { Pipeline } from "#lib/data/pipeline.ts";
import type { Transform } from "#lib/data/transforms/transform.ts";
import type { Image, Sample } from "#lib/data/types.ts";
import { conforms } from "#test/support/conformance.ts";
import { readText } from "#test/support/sources.ts";
import { markedJpeg } from "./odd-images.ts";
import { node, numberedImage } from "./support.ts";

const context = { read: async (): Promise<Uint8Array> => markedJpeg(), decode: DEFAULT_IMAGE_LIMITS };

function build(config: ConfigDict): Transform {
  return buildComponent(transforms, node(config, "pipeline.0"), undefined);
}

/** A transform by itself, as a pipeline carries it out. */
function run(config: ConfigDict): Pipeline {
  return createPipeline([build(config)], context);
}

function sampleOf(image?: Image): Sample {
  const sample = { info: { id: "a.jpg", path: "/a.jpg", label: 3 }, index: 0 };
  return image ? { ...sample, image } : sample;
}

async function apply(config: ConfigDict, image: Image, seed = 0): Promise<Image> {
  const { image: result } = await run(config)(sampleOf(image), randomStream(seed));
  assert.ok(result);
  return result;
}

const EIGVEC = [
  [-0.5836, -0.6948, 0.4203],
  [-0.5808, -0.0045, -0.814],
  [-0.5675, 0.7192, 0.4009],
];

/** Every entry of the table must have a line here: one way to write it. */
const EXAMPLES: Readonly<Record<keyof typeof transforms.components, ConfigDict>> = {
  AutoAugment: { policies: "imagenet" },
  AutoContrast: { prob: 1 },
  Brightness: { magnitude: 0.4, prob: 1 },
  CenterCrop: { crop_size: 8 },
  ColorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  ColorTransform: { magnitude: 0.4, prob: 1 },
  Contrast: { magnitude: 0.4, prob: 1 },
  Cutout: { shape: 8, prob: 1 },
  EfficientNetCenterCrop: { crop_size: 16 },
  EfficientNetRandomCrop: { scale: 16 },
  Equalize: { prob: 1 },
  GaussianBlur: { radius: 1.5, prob: 1 },
  Invert: { prob: 1 },
  Lighting: { eigval: [55.4625, 4.794, 1.1475], eigvec: EIGVEC },
  LoadImageFromFile: {},
  MultiView: { transforms: [[{ type: "RandomResizedCrop", scale: 8 }]], num_views: 2 },
  NumpyToPIL: { to_rgb: true },
  PILToNumpy: { to_bgr: true },
  PackInputs: {},
  Pad: { size_divisor: 32 },
  Posterize: { bits: 4, prob: 1 },
  RandAugment: { policies: "timm_increasing", num_policies: 2, magnitude_level: 6, magnitude_std: 0.5 },
  RandomApply: {
    transforms: [
      { type: "CenterCrop", crop_size: 8 },
      { type: "RandomFlip", prob: 0.5 },
    ],
  },
  RandomChoice: { transforms: [[{ type: "Invert", prob: 1 }], { type: "CenterCrop", crop_size: 8 }], prob: [0.4, 0.6] },
  RandomChoiceResize: { scales: [[8, 6], [12, 9], 7] },
  RandomCrop: { crop_size: 16, padding: 4, pad_if_needed: true, padding_mode: "reflect" },
  RandomErasing: { erase_prob: 0.8, mode: "rand", fill_std: [10, 20, 30] },
  RandomFlip: { prob: 0.5 },
  RandomGrayscale: { prob: 0.5, keep_channels: true },
  RandomResize: { scale: [20, 16], ratio_range: [0.5, 2], keep_ratio: true },
  RandomResizedCrop: { scale: 16 },
  Resize: { scale: [12, 10] },
  ResizeEdge: { scale: 12 },
  Rotate: { angle: 20, prob: 1, interpolation: "bicubic" },
  Sharpness: { magnitude_range: [0, 0.9], magnitude_level: 7 },
  Shear: { magnitude: 0.2, direction: "vertical", prob: 1 },
  Solarize: { thr: 128, prob: 1 },
  SolarizeAdd: { magnitude: 60, prob: 1 },
  Translate: { magnitude: 0.3, pad_val: [1, 2, 3], prob: 1 },
};

describe("every transform", () => {
  conforms(transforms, EXAMPLES, undefined);

  it("is named where users read of them", () => {
    const text = readText("docs/transforms.md");
    const unnamed = Object.keys(transforms.components).filter((type) => !text.includes(`\n### ${type}\n`));
    assert.deepEqual(unnamed, [], "run npm run gen");
  });

  for (const type of Object.keys(transforms.components) as (keyof typeof transforms.components)[]) {
    it(`${type} foretells the size of what it makes of any image`, () => {
      if (type === "LoadImageFromFile") return;
      const transform = build({ type, ...EXAMPLES[type] });
      for (const [height, width] of [
        [1, 1],
        [1, 9],
        [9, 1],
        [2, 3],
        [70, 2],
        [33, 48],
      ] as const) {
        for (let seed = 0; seed < 8; seed++) {
          for (const channels of [1, 3]) {
            const image = numberedImage(height, width, channels);
            const operations = transform.plan(image, randomStream(seed));
            const made = operations.reduce(applyOperation, image);
            const foretold = operations.reduce(sizeAfter, { height, width });
            assert.deepEqual([made.height, made.width], [foretold.height, foretold.width]);
            assert.equal(made.data.length, (made.views ?? 1) * made.height * made.width * made.channels);
          }
        }
      }
    });

    it(`${type} gives the same image for the same seed, and leaves its input alone`, async () => {
      const image = numberedImage(40, 31);
      const before = image.data.slice();
      const transform = run({ type, ...EXAMPLES[type] });
      for (let seed = 0; seed < 5; seed++) {
        const [first, second] = [randomStream(seed), randomStream(seed)];
        const one = await transform(sampleOf(image), first);
        const other = await transform(sampleOf(image), second);
        assert.deepEqual(one, other);
        assert.ok(one.image);
        const { data, height, width, channels, views = 1 } = one.image;
        assert.equal(channels, 3);
        assert.equal(data.length, views * height * width * 3);
      }
      assert.deepEqual(image.data, before);
    });
  }
});

describe("transforms", () => {
  it("LoadImageFromFile decodes the file, or the bytes that the sample brings", async () => {
    const load = run({ type: "LoadImageFromFile" });
    const fromFile = await load(sampleOf(), randomStream(0));
    const fromBytes = await load({ ...sampleOf(), bytes: await markedJpeg() }, randomStream(0));
    assert.deepEqual(fromFile.image, fromBytes.image);
    assert.deepEqual([fromFile.image?.height, fromFile.image?.width], [20, 40]);
  });

  for (const [config, expected] of [
    [{ type: "RandomResizedCrop", scale: [10, 12] }, [10, 12]],
    [{ type: "Resize", scale: [12, 10] }, [10, 12]],
    [{ type: "Resize", scale: 9 }, [9, 9]],
    [{ type: "Resize", scale: [40, 20], keep_ratio: true }, [40, 20]],
    [{ type: "Resize", scale_factor: 0.5 }, [30, 15]],
    [{ type: "Resize", scale_factor: [2, 0.5] }, [30, 60]],
    [{ type: "ResizeEdge", scale: 15 }, [30, 15]],
    [{ type: "ResizeEdge", scale: 15, edge: "long" }, [15, 7]],
    [{ type: "CenterCrop", crop_size: [20, 50] }, [50, 20]],
    [{ type: "CenterCrop", crop_size: 50 }, [50, 30]],
    [{ type: "CenterCrop", crop_size: 50, auto_pad: true }, [50, 50]],
    [{ type: "CenterCrop", crop_size: [4, 70], auto_pad: true, pad_cfg: { padding_mode: "edge" } }, [70, 4]],
    [{ type: "EfficientNetRandomCrop", scale: 24 }, [24, 24]],
    [{ type: "Resize", scale_factor: 0.5, keep_ratio: true }, [30, 15]],
    [{ type: "Pad", size: [40, 60] }, [60, 40]],
    [{ type: "Pad", size: [20, 20] }, [60, 30]],
    [{ type: "Pad", size_divisor: 32 }, [64, 32]],
    [{ type: "Pad", pad_to_square: true }, [60, 60]],
    [{ type: "Pad", pad_to_square: true, size_divisor: 50 }, [100, 100]],
    [{ type: "RandomCrop", crop_size: [20, 40] }, [20, 30]],
    [{ type: "RandomCrop", crop_size: [20, 40], pad_if_needed: true }, [20, 40]],
    [{ type: "RandomCrop", crop_size: 40, padding: [5, 0] }, [40, 40]],
    [{ type: "RandomCrop", crop_size: 90, padding: [1, 2, 3, 4] }, [66, 34]],
    [{ type: "RandomResize", scale: [20, 16], ratio_range: [2, 2] }, [32, 40]],
    [
      {
        type: "RandomResize",
        scale: [
          [9, 8],
          [9, 8],
        ],
      },
      [8, 9],
    ],
    [{ type: "RandomChoiceResize", scales: 9 }, [9, 9]],
    [{ type: "RandomChoiceResize", scales: [[20, 60]], keep_ratio: true }, [40, 20]],
  ] as const) {
    it(`${JSON.stringify(config)} of 60 x 30 gives ${expected.join(" x ")}`, async () => {
      const { height, width } = await apply(config, numberedImage(60, 30));
      assert.deepEqual([height, width], expected);
    });
  }

  for (const [config, expected] of [
    [{ type: "RandomResizedCrop", scale: 10 }, [10, 10]],
    [{ type: "RandomResizedCrop", scale: 10, backend: "pillow" }, [10, 10]],
    [{ type: "EfficientNetRandomCrop", scale: 10 }, [10, 10]],
    [{ type: "EfficientNetCenterCrop", crop_size: 10 }, [10, 10]],
    [{ type: "EfficientNetCenterCrop", crop_size: 10, backend: "pillow" }, [10, 10]],
    [{ type: "CenterCrop", crop_size: 4096, auto_pad: true }, [4096, 4096]],
    [{ type: "Resize", scale: 10 }, [10, 10]],
    [{ type: "Resize", scale: [20, 10], keep_ratio: true }, undefined],
    [{ type: "Resize", scale_factor: 25 }, "IMAGE_TOO_LARGE"],
    [{ type: "ResizeEdge", scale: 256 }, "IMAGE_TOO_LARGE"],
    [{ type: "ResizeEdge", scale: 256, backend: "pillow" }, "IMAGE_TOO_LARGE"],
    [{ type: "ResizeEdge", scale: 10, edge: "long" }, undefined],
    [{ type: "Pad", pad_to_square: true }, "IMAGE_TOO_LARGE"],
    [{ type: "RandomResize", scale: [4096, 4096], ratio_range: [3, 3] }, "IMAGE_TOO_LARGE"],
    [{ type: "RandomCrop", crop_size: 4096, padding: 4096 }, "IMAGE_TOO_LARGE"],
    [{ type: "RandomCrop", crop_size: 10, pad_if_needed: true, padding_mode: "edge" }, [10, 10]],
  ] as const) {
    it(`${JSON.stringify(config)} of a sliver gives ${expected === undefined ? "a sliver" : expected.toString()}`, async () => {
      for (const sliver of [numberedImage(30_000, 1), numberedImage(1, 30_000)]) {
        const image = sliver.height === 1 ? sliver : { ...sliver, data: sliver.data.fill(201) };
        if (expected === "IMAGE_TOO_LARGE") {
          await assert.rejects(async () => apply(config, image), { code: expected });
          continue;
        }
        const { data, height, width } = await apply(config, image);
        if (expected) assert.deepEqual([height, width], expected);
        assert.ok(
          [...data.subarray(0, 3)].some((value) => value > 0),
          "the first pixel is the photo's",
        );
      }
    });
  }

  it("CenterCrop with auto_pad cuts what is longer and fills what is shorter", async () => {
    const image = numberedImage(2, 6);
    const { data, height, width } = await apply({ type: "CenterCrop", crop_size: [4, 3], auto_pad: true }, image);
    assert.deepEqual([height, width], [3, 4]);
    assert.deepEqual([...data.subarray(0, 12)], [...image.data.subarray(3, 15)]);
    assert.ok(data.subarray(24).every((value) => value === 0));
  });

  it("CenterCrop with auto_pad fills with black on the right and below", async () => {
    const padded = await apply({ type: "CenterCrop", crop_size: 3, auto_pad: true }, numberedImage(2, 2));
    assert.deepEqual(
      [...padded.data.subarray(6, 9), ...padded.data.subarray(18)],
      Array.from({ length: 12 }, () => 0),
    );
  });

  it("RandomFlip flips about as often as it says, in each direction", async () => {
    const flip = build({ type: "RandomFlip", prob: [0.2, 0.5], direction: ["horizontal", "vertical"] });
    const image = numberedImage(2, 2);
    const counts = { horizontal: 0, vertical: 0, diagonal: 0, none: 0 };
    for (let seed = 0; seed < 1000; seed++) {
      const [operation] = flip.plan(image, randomStream(seed));
      counts[operation?.kind === "flip" ? operation.direction : "none"]++;
    }
    assert.ok(Math.abs(counts.horizontal - 200) < 50 && Math.abs(counts.vertical - 500) < 60, JSON.stringify(counts));
    assert.equal(counts.diagonal, 0);
  });

  describe("RandomApply", () => {
    const nested = [
      { type: "ResizeEdge", scale: 20 },
      { type: "RandomResizedCrop", scale: 8 },
      { type: "RandomFlip", prob: 0.5 },
    ];

    it("does all that its transforms would do in a row, with the same draws, or nothing", async () => {
      const image = numberedImage(40, 31);
      let applied = 0;
      for (let seed = 0; seed < 200; seed++) {
        const random = randomStream(seed);
        const isApplied = random.next() < 0.3;
        applied += Number(isApplied);
        const pipeline = createPipeline(isApplied ? nested.map(build) : [], context);
        const { image: expected } = await pipeline(sampleOf(image), random);
        assert.deepEqual(await apply({ type: "RandomApply", transforms: nested, prob: 0.3 }, image, seed), expected);
      }
      assert.ok(applied > 30 && applied < 90, `${applied} of 200`);
    });

    it("nests, takes a single transform, and is applied half of the time unless told", () => {
      const inner = { type: "RandomApply", transforms: { type: "CenterCrop", crop_size: 4 }, prob: 1 };
      const outer = build({ type: "RandomApply", transforms: inner });
      const plans = Array.from({ length: 400 }, (_, seed) => outer.plan(numberedImage(9, 9), randomStream(seed)));
      const crops = plans.filter(([operation]) => operation?.kind === "crop").length;
      assert.ok(crops > 160 && crops < 240, `${crops} of 400`);
    });

    it("needs no LoadImageFromFile and no PackInputs inside, and places the errors of what is there", () => {
      assert.throws(() => build({ type: "RandomApply", transforms: [{ type: "RandomFlop" }] }), {
        code: "CONFIG_UNKNOWN_TYPE",
        message: /`pipeline\.0\.transforms\.0` has type `RandomFlop`, but there is no such transform/,
        hint: /RandomFlip/,
      });
    });
  });

  for (const config of [
    { type: "RandomFlip", prob: 1.5 },
    { type: "RandomFlip", prob: [0.6, 0.6], direction: ["horizontal", "vertical"] },
    { type: "RandomFlip", prob: [0.6], direction: ["horizontal", "vertical"] },
    { type: "ResizeEdge", scale: 0 },
    { type: "ResizeEdge", scale: 4097 },
    { type: "Resize", scale: [8, 4097] },
    { type: "RandomResizedCrop", scale: 1e9 },
    { type: "CenterCrop", crop_size: 4097, auto_pad: true },
    { type: "EfficientNetRandomCrop", scale: 4097 },
    { type: "EfficientNetCenterCrop", crop_size: 4097 },
    { type: "ResizeEdge", scale: 8, interpolation: "hamming" },
    { type: "ResizeEdge", scale: 8, backend: "pillow", interpolation: "area" },
    { type: "Resize" },
    { type: "RandomResizedCrop", scale: 8, crop_ratio_range: [1, 0.5] },
    { type: "LoadImageFromFile", backend_args: { backend: "petrel" } },
    { type: "RandomApply", transforms: [{ type: "LoadImageFromFile" }] },
    { type: "RandomApply", transforms: [], prob: 2 },
    { type: "RandomChoice", transforms: [] },
    { type: "RandomChoice", transforms: [[], []], prob: [0.5] },
    { type: "RandomChoice", transforms: [[], []], prob: [0.5, 0.4] },
    { type: "RandomChoice", transforms: [[{ type: "LoadImageFromFile" }]] },
    { type: "MultiView", transforms: [[]], num_views: [1, 2] },
    { type: "MultiView", transforms: [[]], num_views: 65 },
    { type: "Pad" },
    { type: "Pad", size: [8, 8], size_divisor: 2 },
    { type: "Pad", size: [8, 8], pad_val: 256 },
    { type: "Pad", size: [4097, 8] },
    { type: "CenterCrop", crop_size: 8, pad_cfg: { type: "Resize" } },
    { type: "RandomCrop", crop_size: 8, padding: -1 },
    { type: "RandomCrop", crop_size: 8, padding: [1, 2, 3] },
    { type: "RandomResize", scale: [8, 8] },
    { type: "RandomResize", scale: [8, 8], ratio_range: [2, 1] },
    { type: "RandomChoiceResize", scales: [] },
    { type: "RandomChoiceResize", scales: [8], resize_type: "ResizeEdge" },
    { type: "Rotate" },
    { type: "Rotate", angle: 3, magnitude_range: [0, 30] },
    { type: "Rotate", angle: 3, interpolation: "box" },
    { type: "Shear", magnitude: 0.1, pad_val: [1, 2] },
    { type: "Posterize", bits: 9 },
    { type: "ColorJitter", brightness: -0.1 },
    { type: "ColorJitter", backend: "torch" },
    { type: "Lighting", eigval: [1, 2], eigvec: [[1], [1], [1]] },
    { type: "RandomErasing", min_area_ratio: 0.5 },
    { type: "RandomGrayscale", channel_weights: [0, 0, 0] },
    { type: "GaussianBlur", radius: -1 },
    { type: "RandAugment", policies: "timm", num_policies: 2, magnitude_level: 6 },
    { type: "RandAugment", policies: [], num_policies: 2, magnitude_level: 6 },
    { type: "RandAugment", policies: "timm_increasing", num_policies: 0, magnitude_level: 6 },
    { type: "RandAugment", policies: "timm_increasing", num_policies: 2, magnitude_level: 6, magnitude_std: "huge" },
    { type: "AutoAugment", policies: "cifar" },
    { type: "AutoAugment", policies: [[{ type: "LoadImageFromFile" }]] },
  ]) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      assert.throws(() => build(config), { code: "CONFIG_INVALID_VALUE", message: /pipeline\.0|transform|`/ });
    });
  }

  it("a transform of an image that is not loaded says what to do", async () => {
    await assert.rejects(async () => run({ type: "CenterCrop", crop_size: 8 })(sampleOf(), randomStream(0)), {
      hint: /LoadImageFromFile/,
    });
  });
});
