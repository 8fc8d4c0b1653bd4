import assert from "node:assert/strict";
import fc from "fast-check";
import type { Image } from "#lib/data/types.ts";
import { inverse, rotation, shear, translation, type Affine } from "#lib/data/warp/affine.ts";
import { warp, warpByRows, WARP_INTERPOLATIONS } from "#lib/data/warp/warp.ts";
import { numberedImage } from "../support.ts";
import { flat, pixel } from "../transforms/support.ts";

const BORDER = [1, 2, 3];
const sizes = fc.record({ height: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 40 }) });

function middle({ height, width }: Image): { x: number; y: number } {
  return { x: (width - 1) / 2, y: (height - 1) / 2 };
}

describe("warps", () => {
  for (const interpolation of WARP_INTERPOLATIONS) {
    const warped = (image: Image, matrix: Affine): Image =>
      warp(image, { source: inverse(matrix), interpolation, colour: BORDER });

    it(`${interpolation}: what moves nothing changes nothing`, () =>
      fc.assert(
        fc.property(sizes, ({ height, width }) => {
          const image = numberedImage(height, width);
          assert.deepEqual(warped(image, shear(0, "horizontal")), image);
          assert.deepEqual(warped(image, rotation(middle(image), 0, 1)), image);
        }),
        { numRuns: 20 },
      ));

    it(`${interpolation}: whole pixels are moved, and the border follows`, () =>
      fc.assert(
        fc.property(sizes, fc.integer({ min: -9, max: 9 }), ({ height, width }, offset) => {
          const image = numberedImage(height, width);
          const moved = warped(image, translation(offset, "horizontal"));
          for (const x of [0, Math.floor(width / 2), width - 1]) {
            const from = x - offset;
            const expected = from >= 0 && from < width ? pixel(image, from, height - 1) : BORDER;
            assert.deepEqual(pixel(moved, x, height - 1), expected);
          }
        }),
        { numRuns: 20 },
      ));

    it(`${interpolation}: an image out of sight leaves the border`, () => {
      const image = numberedImage(7, 20);
      assert.deepEqual(warped(image, translation(-100, "vertical")), flat(7, 20, BORDER));
      assert.deepEqual(warped(image, translation(1e7, "horizontal")), flat(7, 20, BORDER));
    });

    it(`${interpolation}: an image of the border's colour stays`, () => {
      const image = flat(9, 33, BORDER);
      for (const matrix of [rotation(middle(image), 33, 1.2), shear(0.37, "vertical"), translation(1.3, "horizontal")])
        assert.deepEqual(warped(image, matrix), image);
    });

    it(`${interpolation}: half a turn is the image turned round`, () => {
      const image = numberedImage(6, 21);
      const turned = warped(image, rotation(middle(image), 180, 1));
      const off = turned.data.map((value, at) => {
        const from = image.data.length - 3 - (at - (at % 3)) + (at % 3);
        return Math.abs(value - (image.data[from] ?? 0));
      });
      assert.ok(Math.max(...off) <= 1);
    });

    it(`${interpolation}: a grey image is warped like each channel of a colour one`, () => {
      const grey = numberedImage(8, 19, 1);
      const colour = {
        ...grey,
        channels: 3,
        data: Uint8Array.from({ length: 3 * 8 * 19 }, (_, at) => grey.data[Math.floor(at / 3)] ?? 0),
      };
      const source = inverse(rotation(middle(grey), 17, 1));
      const both = [grey, colour].map((image) => warp(image, { source, interpolation, colour: [5, 5, 5] }));
      assert.deepEqual(
        both[1]?.data.filter((_, at) => at % 3 === 1),
        both[0]?.data,
      );
    });
  }

  it("vector instructions give the same pixels, bit by bit", () =>
    fc.assert(
      fc.property(
        sizes,
        fc.tuple(...Array.from({ length: 6 }, () => fc.constantFrom(0, 1, -1, 0.25, 1 / 3, 1.7, -0.123, 7.5))),
        ({ height, width }, numbers) => {
          const image = numberedImage(height, width);
          const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
          for (const interpolation of WARP_INTERPOLATIONS) {
            const options = { source: [a, b, c, d, e, f], interpolation, colour: BORDER } as const;
            assert.deepEqual(warp(image, options), warpByRows(image, options));
          }
        },
      ),
      { numRuns: 200 },
    ));

  it("nearest takes the even one of two that are as near", () => {
    const image = { data: Uint8Array.of(10, 20, 30, 40), height: 1, width: 4, channels: 1 };
    const source = inverse(translation(0.5, "horizontal"));
    const { data } = warp(image, { source, interpolation: "nearest", colour: [0] });
    assert.deepEqual([...data], [10, 10, 30, 30]); // places -0.5, 0.5, 1.5, 2.5
  });
});

describe("matrices", () => {
  it("the inverse of one leads back", () =>
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        (angle, scale) => {
          const matrix = rotation({ x: 11, y: 7 }, angle, scale);
          const twice = inverse(inverse(matrix));
          matrix.forEach((value, at) =>
            assert.ok(Math.abs(value - (twice[at] ?? 0)) < 1e-9 * Math.max(1, Math.abs(value))),
          );
        },
      ),
    ));

  it("a positive angle turns counter-clockwise about the point, which stays", () => {
    const [a, b, c, d, e, f] = rotation({ x: 2, y: 3 }, 90, 1);
    assert.ok(Math.abs(a * 2 + b * 3 + c - 2) < 1e-12 && Math.abs(d * 2 + e * 3 + f - 3) < 1e-12);
    assert.ok(d < 0, "what is on the right comes up");
  });
});
