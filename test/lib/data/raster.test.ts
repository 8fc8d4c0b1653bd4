import assert from "node:assert/strict";
import { applyOperation, carryOut, sizeAfter } from "#lib/data/raster.ts";
import type { Operation } from "#lib/data/raster.ts";
import { numberedImage } from "./support.ts";

const never = (): never => assert.fail("nothing is loaded");

/** One of each kind that changes an image that is there. */
const OPERATIONS: readonly Exclude<Operation, { kind: "load" }>[] = [
  { kind: "crop", box: { top: 1, left: 2, height: 4, width: 3 } },
  { kind: "resize", size: { height: 7, width: 5 }, method: { backend: "cv2", interpolation: "bilinear" } },
  { kind: "flip", direction: "diagonal" },
  { kind: "pad", padding: { left: 1, top: 2, right: 3, bottom: 4 }, colour: [9, 8, 7] },
  { kind: "pixels", run: (image) => ({ ...image, data: image.data.map((value) => 255 - value) }) },
  { kind: "pixels", size: { height: 2, width: 2 }, run: () => numberedImage(2, 2) },
];

describe("operations", () => {
  for (const operation of OPERATIONS) {
    it(`${JSON.stringify(operation)} leaves its input alone, and the size that it foretells`, () => {
      const image = numberedImage(6, 8);
      const before = image.data.slice();
      const after = applyOperation(image, operation);
      assert.deepEqual(sizeOf(after), sizeOf(sizeAfter(image, operation)));
      assert.equal(after.data.length, after.height * after.width * 3);
      assert.deepEqual(image.data, before);
    });
  }

  it("are carried out in order, also after an image was loaded", async () => {
    const loaded = numberedImage(6, 8);
    const expected = OPERATIONS.slice(0, 4).reduce(applyOperation, loaded);
    const load = { kind: "load" } as const;
    assert.deepEqual(await carryOut([load, ...OPERATIONS.slice(0, 4)], undefined, async () => loaded), expected);
    assert.deepEqual(await carryOut(OPERATIONS.slice(0, 4), loaded, never), expected);
    assert.equal(await carryOut([], undefined, never), undefined);
  });
});

describe("the size that an operation would leave", () => {
  const sliver = { height: 30_000, width: 1 };
  const photo = { height: 4000, width: 6000 };
  const pad = (image: { readonly height: number; readonly width: number }): Operation => {
    const edge = Math.max(image.height, image.width);
    const padding = { left: 0, top: 0, right: edge - image.width, bottom: edge - image.height };
    return { kind: "pad", padding, colour: [0, 0, 0] };
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

  it("may be that of a large photo that is framed", () =>
    assert.deepEqual(sizeAfter(photo, pad(photo)), { height: 6000, width: 6000 }));
});

function sizeOf({ height, width }: { readonly height: number; readonly width: number }): object {
  return { height, width };
}
