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

function sizeOf({ height, width }: { readonly height: number; readonly width: number }): object {
  return { height, width };
}
