import assert from "node:assert/strict";
import { crop, flip, pad, swapRedAndBlue } from "#lib/data/pixels.ts";
import type { Image } from "#lib/data/types.ts";
import { numberedImage } from "./support.ts";

/** 2 x 3 pixels of one channel: 1 2 3 / 4 5 6. */
const image: Image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), height: 2, width: 3, channels: 1 };

function rows({ data, height, width }: Image): number[][] {
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
}

describe("pixels", () => {
  it("crop cuts a box out", () => {
    assert.deepEqual(rows(crop(image, { top: 1, left: 1, height: 1, width: 2 })), [[5, 6]]);
  });

  for (const [direction, expected] of [
    [
      "horizontal",
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      "vertical",
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      "diagonal",
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
  ] as const) {
    it(`flip ${direction}`, () => assert.deepEqual(rows(flip(image, direction)), expected));
  }

  it("flips keep the channels of a pixel together and undo themselves", () => {
    const colour = numberedImage(4, 5);
    const flipped = flip(colour, "horizontal");
    assert.deepEqual([...flipped.data.subarray(0, 3)], [...colour.data.subarray(12, 15)]);
    assert.deepEqual(flip(flipped, "horizontal").data, colour.data);
  });

  it("pad frames with a colour", () => {
    const padded = pad(image, { left: 1, top: 0, right: 0, bottom: 1 }, [9]);
    assert.deepEqual(rows(padded), [
      [9, 1, 2, 3],
      [9, 4, 5, 6],
      [9, 9, 9, 9],
    ]);
  });

  it("swapRedAndBlue swaps in place", () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
    swapRedAndBlue(data);
    assert.deepEqual([...data], [3, 2, 1, 6, 5, 4]);
  });
});
