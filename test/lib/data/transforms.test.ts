import assert from "node:assert/strict";
import { randomStream } from "#lib/base/random.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
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

/** Every entry of the table must have a line here: one way to write it. */
const EXAMPLES: Readonly<Record<keyof typeof transforms.components, ConfigDict>> = {
  CenterCrop: { crop_size: 8 },
  EfficientNetCenterCrop: { crop_size: 16 },
  EfficientNetRandomCrop: { scale: 16 },
  LoadImageFromFile: {},
  PackInputs: {},
  RandomApply: {
    transforms: [
      { type: "CenterCrop", crop_size: 8 },
      { type: "RandomFlip", prob: 0.5 },
    ],
  },
  RandomFlip: { prob: 0.5 },
  RandomResizedCrop: { scale: 16 },
  Resize: { scale: [12, 10] },
  ResizeEdge: { scale: 12 },
};

describe("every transform", () => {
  conforms(transforms, EXAMPLES, undefined);

  it("is named where users read of them", () => {
    const text = readText("docs/datasets.md");
    const unnamed = Object.keys(transforms.components).filter((type) => !text.includes(`\`${type}\``));
    assert.deepEqual(unnamed, [], "name it in docs/datasets.md, Pipelines");
  });

  for (const type of Object.keys(transforms.components) as (keyof typeof transforms.components)[]) {
    it(`${type} gives the same image for the same seed, and leaves its input alone`, async () => {
      const image = numberedImage(40, 31);
      const before = image.data.slice();
      const transform = run({ type, ...EXAMPLES[type] });
      for (let seed = 0; seed < 5; seed++) {
        const [first, second] = [randomStream(seed), randomStream(seed)];
        const one = await transform(sampleOf(image), first);
        const other = await transform(sampleOf(image), second);
        assert.deepEqual(one, other);
        assert.equal(one.image?.data.length, one.image && one.image.height * one.image.width * 3);
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
    [{ type: "EfficientNetRandomCrop", scale: 24 }, [24, 24]],
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
