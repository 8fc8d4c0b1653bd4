import assert from "node:assert/strict";
import { applyOperation, carryOut, sizeAfter } from "#lib/data/raster.ts";
import type { Operation } from "#lib/data/raster.ts";
import fc from "fast-check";
import type { Box, Size } from "#lib/data/geometry.ts";
import { openedImage } from "#lib/data/opened-image.ts";
import { CV2_INTERPOLATIONS, PILLOW_INTERPOLATIONS, type ResizeMethod } from "#lib/data/resize.ts";
import type { Image } from "#lib/data/types.ts";
import { boxWithin, numberedImage } from "./support.ts";

/** One of each kind that changes an image that is there. */
const OPERATIONS: readonly Operation[] = [
  { kind: "crop", box: { top: 1, left: 2, height: 4, width: 3 } },
  { kind: "resize", size: { height: 7, width: 5 }, method: { backend: "cv2", interpolation: "bilinear" } },
  { kind: "flip", direction: "diagonal" },
  { kind: "pad", padding: { left: 1, top: 2, right: 3, bottom: 4 }, fill: [9, 8, 7] },
  { kind: "pad", padding: { left: 9, top: 0, right: 1, bottom: 20 }, fill: "reflect" },
  { kind: "erase", box: { top: 1, left: 2, height: 4, width: 3 }, pixels: [9, 8, 7] },
  { kind: "lookup", lookup: Uint8Array.from({ length: 256 }, (_, value) => 255 - value) },
  { kind: "warp", source: [1, 0.2, 0, 0, 1, 0], interpolation: "bicubic", colour: [9, 8, 7] },
  { kind: "pixels", run: (image) => ({ ...image, data: image.data.map((value) => 255 - value) }) },
  { kind: "pixels", size: { height: 2, width: 2 }, run: () => numberedImage(2, 2) },
];

const METHODS: readonly ResizeMethod[] = [
  ...CV2_INTERPOLATIONS.map((interpolation) => ({ backend: "cv2", interpolation }) as const),
  ...PILLOW_INTERPOLATIONS.map((interpolation) => ({ backend: "pillow", interpolation }) as const),
];

const length = fc.integer({ min: 1, max: 40 });
const size = fc.record({ height: length, width: length });

function noise({ height, width }: Size): fc.Arbitrary<Image> {
  const bytes = height * width * 3;
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes, size: "max" })
    .map((data) => ({ data, height, width, channels: 3 }));
}

/** An image, and a crop, a resize, a crop and flips of it, each or none. */
function plans(): fc.Arbitrary<{ readonly image: Image; readonly operations: readonly Operation[] }> {
  const flips = fc.array(fc.constantFrom("horizontal", "vertical", "diagonal"), { maxLength: 2 });
  return fc.record({ from: size, to: size, method: fc.constantFrom(...METHODS), flips }).chain((drawn) => {
    const { from, to, method } = drawn;
    const crops = fc.tuple(fc.option(boxWithin(from)), fc.option(boxWithin(to)));
    return fc.tuple(noise(from), crops).map(([image, [first, second]]) => {
      const crop = (box: Box | null): Operation[] => (box ? [{ kind: "crop", box }] : []);
      const resize: Operation = { kind: "resize", size: to, method };
      const flip = drawn.flips.map((direction): Operation => ({ kind: "flip", direction }));
      return { image, operations: [...crop(first), resize, ...crop(second), ...flip] };
    });
  });
}

describe("operations", () => {
  for (const operation of OPERATIONS) {
    it(`${JSON.stringify({ ...operation, lookup: undefined })} leaves its input alone, and the size that it foretells`, () => {
      const image = numberedImage(6, 8);
      const before = image.data.slice();
      const after = applyOperation(image, operation);
      assert.deepEqual(sizeOf(after), sizeOf(sizeAfter(image, operation)));
      assert.equal(after.data.length, after.height * after.width * 3);
      assert.deepEqual(image.data, before);
    });
  }

  it("are carried out in order", async () => {
    const image = numberedImage(6, 8);
    const expected = OPERATIONS.slice(0, 4).reduce(applyOperation, image);
    assert.deepEqual(await carryOut(OPERATIONS.slice(0, 4), openedImage(image)), expected);
    assert.equal(await carryOut([], openedImage(image)), image);
  });

  it("give the same in one pass as one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(plans(), async ({ image, operations }) => {
        const made = await carryOut(operations, openedImage(image));
        const expected = operations.reduce(applyOperation, image);
        assert.deepEqual(made, { ...expected, data: Uint8Array.from(expected.data) });
      }),
      { numRuns: 500 },
    );
  });
});

describe("the size that an operation would leave", () => {
  const sliver = { height: 30_000, width: 1 };
  const photo = { height: 4000, width: 6000 };
  const pad = (image: { readonly height: number; readonly width: number }): Operation => {
    const edge = Math.max(image.height, image.width);
    const padding = { left: 0, top: 0, right: edge - image.width, bottom: edge - image.height };
    return { kind: "pad", padding, fill: [0, 0, 0] };
  };
  const resize = (height: number, width: number): Operation => ({
    kind: "resize",
    size: { height, width },
    method: { backend: "cv2", interpolation: "bilinear" },
  });
  const invert = (height: number, width: number): Operation => ({
    kind: "pixels",
    size: { height, width },
    run: () => assert.fail("it was carried out"),
  });
  const enlarged = { kind: "views", plans: [[resize(2, 2)], [resize(9000, 9000)]] } as Operation;

  for (const [what, image, operation] of [
    ["a sliver framed as a square", sliver, pad(sliver)],
    ["a sliver with a long short edge", sliver, resize(7_680_000, 256)],
    ["other pixels in its place", sliver, invert(9000, 9000)],
    ["one of several views", sliver, enlarged],
  ] as const) {
    it(`is refused before a pixel is computed: ${what}`, () =>
      assert.throws(() => sizeAfter(image, operation), { code: "IMAGE_TOO_LARGE", message: /of 1 x 30000/ }));
  }

  it("is refused where Pillow would hold too much on the way to it, in one pass and after another operation", async () => {
    const image = { ...sliver, data: new Uint8Array(sliver.height * 3), channels: 3 };
    const shrink: Operation = {
      kind: "resize",
      size: { height: 64, width: 1024 },
      method: { backend: "pillow", interpolation: "bicubic" },
    };
    for (const operations of [[shrink], [{ kind: "flip", direction: "vertical" } as const, shrink]]) {
      await assert.rejects(carryOut(operations, openedImage(image)), {
        code: "IMAGE_TOO_LARGE",
        message: /1024 x 30000 pixels of an image of 1 x 30000/,
      });
    }
  });

  it("may be that of a large photo that is framed", () =>
    assert.deepEqual(sizeAfter(photo, pad(photo)), { height: 6000, width: 6000 }));
});

function sizeOf({ height, width }: { readonly height: number; readonly width: number }): object {
  return { height, width };
}
