import assert from "node:assert/strict";
import { randomStream } from "#lib/base/random.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { buildPipeline } from "#lib/data/pipeline.ts";
import { markedJpeg } from "./odd-images.ts";
import { node } from "./support.ts";

const context = { read: async (): Promise<Uint8Array> => markedJpeg(), decode: DEFAULT_IMAGE_LIMITS };
const load = { type: "LoadImageFromFile" };
const pack = { type: "PackInputs" };
const sample = { info: { id: "a", path: "/a", label: null }, index: 0 };

describe("buildPipeline", () => {
  it("applies the transforms in order", async () => {
    const crop = { type: "CenterCrop", crop_size: 10 };
    const pipeline = buildPipeline(node([load, crop, { type: "ResizeEdge", scale: 4 }, pack]), context);
    const { image } = await pipeline(sample, randomStream(0));
    assert.deepEqual([image?.height, image?.width], [4, 4]);
  });

  it("knows types with mmpretrain's scope", async () => {
    const pipeline = buildPipeline(
      node([{ type: "mmpretrain.LoadImageFromFile" }, { type: "mmpretrain.PackInputs" }]),
      context,
    );
    assert.equal((await pipeline(sample, randomStream(0))).image?.width, 40);
  });

  for (const [name, value, message, hint] of [
    ["without LoadImageFromFile", [pack], /has no LoadImageFromFile/, /first/],
    ["without PackInputs", [load], /does not end in PackInputs/, /last/],
    ["with PackInputs in the middle", [load, pack, { type: "CenterCrop", crop_size: 3 }], /does not end/, /last/],
    ["that is no list", null, /is missing/, /pipeline=\[/],
  ] as const) {
    it(`refuses a pipeline ${name}`, () => {
      assert.throws(() => buildPipeline(node(value, "dataset.pipeline"), context), {
        code: "CONFIG_INVALID_VALUE",
        message,
        hint,
      });
    });
  }

  it("names the place of an unknown transform and suggests a known one", () => {
    assert.throws(() => buildPipeline(node([load, { type: "RandomFlop", prob: 1 }, pack], "pipe"), context), {
      code: "CONFIG_UNKNOWN_TYPE",
      message: /pipe\.1/,
      hint: /RandomFlip/,
    });
  });
});
