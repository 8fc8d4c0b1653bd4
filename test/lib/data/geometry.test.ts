import assert from "node:assert/strict";
import fc from "fast-check";
import { randomStream } from "#lib/base/random.ts";
import * as geometry from "#lib/data/geometry.ts";

const size = fc.record({ height: fc.integer({ min: 1, max: 3000 }), width: fc.integer({ min: 1, max: 3000 }) });

function assertInside(box: geometry.Box, image: geometry.Size): void {
  assert.ok(box.top >= 0 && box.left >= 0 && box.height >= 1 && box.width >= 1, JSON.stringify(box));
  assert.ok(
    box.top + box.height <= image.height && box.left + box.width <= image.width,
    JSON.stringify({ box, image }),
  );
}

describe("geometry", () => {
  for (const [value, expected] of [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4999, 2],
    [2.5001, 3],
    [7, 7],
  ] as const) {
    it(`roundHalfEven(${value}) is ${expected}`, () => assert.equal(geometry.roundHalfEven(value) + 0, expected));
  }

  it("random crops lie inside the image and are whole pixels", () => {
    const options = { areaRange: [0.08, 1], aspectRange: [3 / 4, 4 / 3], maxAttempts: 10 } as const;
    const efficientNet = { ...options, minCovered: 0.1, scale: 224, cropPadding: 32 };
    fc.assert(
      fc.property(size, fc.nat(1000), (image, seed) => {
        const box = geometry.randomResizedCropBox(image, options, randomStream(seed));
        assertInside(box, image);
        for (const edge of Object.values(box)) assert.ok(Number.isInteger(edge));
        if (Math.min(image.height, image.width) < 8) return; // A margin of an eighth needs 8 pixels.
        assertInside(
          geometry.wholePixels(geometry.efficientNetRandomBox(image, efficientNet, randomStream(seed))),
          image,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("resized edges are never 0", () => {
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom("short", "long", "width", "height"),
        (image, scale, edge) => {
          const { height, width } = geometry.resizeEdgeSize(image, scale, edge);
          assert.ok(height >= 1 && width >= 1);
          assert.ok(height === scale || width === scale);
        },
      ),
    );
    assert.deepEqual(geometry.keepRatioSize({ height: 1, width: 2000 }, [20, 20]), { height: 1, width: 20 });
  });

  it("centerCropBox rounds a half margin to even and is cut to a smaller image", () => {
    const crop = { height: 8, width: 8 };
    assert.deepEqual(geometry.centerCropBox({ height: 13, width: 11 }, crop), { top: 2, left: 2, ...crop });
    assert.deepEqual(geometry.centerCropBox({ height: 6, width: 11 }, crop), { top: 0, left: 2, height: 6, width: 8 });
  });
});
