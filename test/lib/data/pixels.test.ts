import assert from "node:assert/strict";
import { crop, erase, flip, pad, swapChannels, swapRedAndBlue } from "#lib/data/pixels.ts";
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

  for (const [mode, expected] of [
    ["edge", [1, 1, 1, 1, 1, 2, 3, 3, 3, 3]],
    ["reflect", [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]],
    ["symmetric", [3, 3, 2, 1, 1, 2, 3, 3, 2, 1]],
  ] as const) {
    it(`pad with ${mode} goes on beyond the edge as far as it must`, () => {
      const padded = pad(image, { left: 4, top: 0, right: 3, bottom: 0 }, mode);
      assert.deepEqual(rows(padded)[0], expected);
      const taller = pad(image, { left: 0, top: 3, right: 0, bottom: 1 }, mode);
      const firsts = rows(taller).map(([first]) => first);
      const turns = { edge: [1, 1, 1, 1, 4, 4], reflect: [4, 1, 4, 1, 4, 1], symmetric: [4, 4, 1, 1, 4, 4] };
      assert.deepEqual(firsts, turns[mode]);
    });
  }

  it("pad mirrors a single row as itself", () => {
    const line = { data: Uint8Array.of(1, 2), height: 1, width: 2, channels: 1 };
    for (const mode of ["edge", "reflect", "symmetric"] as const)
      assert.deepEqual(rows(pad(line, { left: 0, top: 2, right: 0, bottom: 1 }, mode)), [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ]);
  });

  it("erase fills a box with a colour, or a value for each pixel", () => {
    const box = { top: 0, left: 1, height: 2, width: 1 };
    assert.deepEqual(rows(erase(image, box, [9, 8, 7])), [
      [1, 9, 3],
      [4, 9, 6],
    ]);
    assert.deepEqual(rows(erase(image, box, Uint8Array.of(7, 8))), [
      [1, 7, 3],
      [4, 8, 6],
    ]);
  });

  it("swapChannels swaps in another array", () => {
    const colour = { data: Uint8Array.of(1, 2, 3), height: 1, width: 1, channels: 3 };
    assert.deepEqual(
      [[...swapChannels(colour).data], [...colour.data]],
      [
        [3, 2, 1],
        [1, 2, 3],
      ],
    );
    assert.deepEqual(swapChannels(image), image);
  });

  it("swapRedAndBlue swaps in place", () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
    swapRedAndBlue(data);
    assert.deepEqual([...data], [3, 2, 1, 6, 5, 4]);
  });
});
