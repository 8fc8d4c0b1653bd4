import assert from "node:assert/strict";
import { applyOperation, carryOut, sizeAfter } from "#lib/data/raster.ts";
import type { Operation } from "#lib/data/raster.ts";
import { openedImage } from "#lib/data/opened-image.ts";
import { inViews, stackViews, viewsOf } from "#lib/data/views.ts";
import { numberedImage } from "./support.ts";

const image = numberedImage(6, 8);
const left: Operation = { kind: "crop", box: { top: 0, left: 0, height: 4, width: 4 } };
const right: Operation = { kind: "crop", box: { top: 2, left: 4, height: 4, width: 4 } };
const flip: Operation = { kind: "flip", direction: "horizontal" };

describe("views of an image", () => {
  it("are each what its own operations make of it; what follows is done to each", async () => {
    const operations: Operation[] = [inViews([[left], [right, flip]]), flip];
    const made = await carryOut(operations, openedImage(image));
    const expected = [
      [left, flip],
      [right, flip, flip],
    ].map((plan) => plan.reduce(applyOperation, image));
    assert.equal(made.views, 2);
    assert.deepEqual(viewsOf(made), expected);
    const { height, width } = operations.reduce(sizeAfter, image);
    assert.deepEqual([height, width], [4, 4]);
  });

  it("may be made of views", () => {
    const [two, four] = [inViews([[left], [right]]), inViews([[], [flip]])];
    const made = [two, four].reduce(applyOperation, image);
    const plans = [[left], [left, flip], [right], [right, flip]];
    assert.deepEqual(
      viewsOf(made),
      plans.map((plan) => plan.reduce(applyOperation, image)),
    );
  });

  it("are an image like any other where there is one", () => {
    assert.deepEqual(stackViews([image]), image);
    assert.deepEqual(applyOperation(image, inViews([[flip]])), applyOperation(image, flip));
  });

  it("must be of one size, which shows while planning", () => {
    const unequal = inViews([[left], [flip]]);
    assert.throws(() => sizeAfter(image, unequal), { code: "CONFIG_INVALID_VALUE", message: /: 4 x 4, 8 x 6$/ });
  });
});
