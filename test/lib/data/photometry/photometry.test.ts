import assert from "node:assert/strict";
import fc from "fast-check";
import { brightness, contrast, saturation } from "#lib/data/photometry/blend.ts";
import { gaussianBlur } from "#lib/data/photometry/gaussian-blur.ts";
import { lightness, weightedGrey } from "#lib/data/photometry/grey.ts";
import { autoContrast, equalize } from "#lib/data/photometry/histogram.ts";
import { shiftHue } from "#lib/data/photometry/hue.ts";
import { lookUp, lookupOf, perChannel } from "#lib/data/photometry/lookup.ts";
import { sharpness } from "#lib/data/photometry/sharpness.ts";
import { invert, posterize, solarize, solarizeAdd } from "#lib/data/photometry/tables.ts";
import type { Image } from "#lib/data/types.ts";
import { numberedImage } from "../support.ts";
import { flat, pixel } from "../transforms/support.ts";

const backends = ["cv2", "pillow"] as const;

/** Small images of any size, in colour or grey. */
const images = fc
  .record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.constantFrom(1, 3),
  })
  .chain(({ height, width, channels }) =>
    fc
      .uint8Array({ minLength: height * width * channels, maxLength: height * width * channels })
      .map((data): Image => ({ data, height, width, channels })),
  );

function holds(law: (image: Image) => void): void {
  fc.assert(fc.property(images, law), { numRuns: 60 });
}

describe("colours", () => {
  for (const backend of backends) {
    it(`${backend}: a factor of 1, and no turn of grey, change nothing`, () =>
      holds((image) => {
        assert.deepEqual(lookUp(image, brightness(1, backend)), image);
        assert.deepEqual(lookUp(image, contrast(image, 1, backend)), image);
        assert.deepEqual(saturation(image, 1, backend), image);
        const grey = weightedGrey(image, [1 / 3, 1 / 3, 1 / 3], 3);
        assert.deepEqual(shiftHue(grey, 100, backend), grey);
      }));

    it(`${backend}: a factor of 0 leaves black, grey, or what is as light`, () =>
      holds((image) => {
        assert.ok(lookUp(image, brightness(0, backend)).data.every((value) => value === 0));
        assert.equal(new Set(lookUp(image, contrast(image, 0, backend)).data).size, 1);
        if (image.channels === 1) return;
        const { data } = saturation(image, 0, backend);
        assert.ok(lightness(image, backend).every((value, at) => data[3 * at] === value && data[3 * at + 2] === value));
      }));

    it(`${backend}: a third of the circle turns red to green to blue`, () => {
      const red = flat(1, 1, [0, 0, 255]);
      const dominant = (turn: number): number => {
        const levels = pixel(shiftHue(red, turn, backend), 0, 0);
        assert.deepEqual(
          levels
            .toSorted((a, b) => a - b)
            .slice(0, 2)
            .map((level) => level < 7),
          [true, true],
        );
        return levels.indexOf(255);
      };
      assert.deepEqual([0, 85, 170, -85].map(dominant), [2, 1, 0, 0]);
    });
  }

  it("are left alone in their input", () => {
    const image = numberedImage(5, 7);
    const before = image.data.slice();
    for (const backend of backends) {
      saturation(image, 2, backend);
      shiftHue(image, 30, backend);
    }
    sharpness(image, 3);
    gaussianBlur(image, 2);
    assert.deepEqual(image.data, before);
  });
});

describe("lookups", () => {
  it("invert undoes itself, and solarize at 0 and above 255 is invert and nothing", () =>
    holds((image) => {
      assert.deepEqual(lookUp(lookUp(image, invert()), invert()), image);
      assert.deepEqual(lookUp(image, solarize(0)), lookUp(image, invert()));
      assert.deepEqual(lookUp(image, solarize(256)), image);
    }));

  for (const [what, lookup, expected] of [
    ["posterize to 2 bits", posterize(2), [0, 64, 128, 192]],
    ["posterize to 8 bits", posterize(8), [63, 64, 128, 255]],
    ["posterize to no bit", posterize(0), [0, 0, 0, 0]],
    ["solarize from 100 on", solarize(100), [63, 64, 127, 0]],
    ["solarize-add 66.6 below 100", solarizeAdd(66.6, 100), [129, 130, 128, 255]],
    ["solarize-add cuts at 255", solarizeAdd(200, 256), [255, 255, 255, 255]],
    ["solarize-add wraps", solarizeAdd(200, 256, true), [7, 8, 72, 199]],
  ] as const) {
    it(what, () =>
      assert.deepEqual(
        [63, 64, 128, 255].map((value) => lookup[value]),
        expected,
      ),
    );
  }

  it("differ by channel where there is one for each", () => {
    const lookup = perChannel([lookupOf(() => 1), lookupOf((value) => value), lookupOf((value) => 255 - value)]);
    assert.deepEqual(pixel(lookUp(flat(1, 1, [10, 20, 30]), lookup), 0, 0), [1, 20, 225]);
  });
});

describe("histograms", () => {
  it("an image of one colour stays, by auto contrast and equalized", () => {
    const image = flat(4, 5, [7, 80, 255]);
    assert.deepEqual(lookUp(image, autoContrast(image)), image);
    assert.deepEqual(lookUp(image, equalize(image)), image);
  });

  it("auto contrast uses the whole range of each channel that has two values", () =>
    holds((image) => {
      const { data } = lookUp(image, autoContrast(image));
      for (let channel = 0; channel < image.channels; channel++) {
        const of = (values: Uint8Array): number[] => [...values].filter((_, at) => at % image.channels === channel);
        if (new Set(of(image.data)).size < 2) continue;
        assert.ok(Math.min(...of(data)) === 0 && Math.max(...of(data)) >= 254); // cut to whole numbers, as upstream
      }
    }));

  it("equalizing keeps the order of values", () => {
    const image = numberedImage(20, 30);
    const lookup = equalize(image);
    for (let value = 1; value < 256; value++) assert.ok((lookup[value] ?? 0) >= (lookup[value - 1] ?? 0));
  });
});

describe("filters", () => {
  it("leave an image of one colour as it is", () => {
    const image = flat(6, 7, [3, 100, 250]);
    for (const factor of [0, 0.4, 1, 1.9]) {
      const near = sharpness(image, factor).data.map((value, at) => Math.abs(value - (image.data[at] ?? 0)));
      assert.ok(Math.max(...near) <= 1, `${factor}`); // cut to whole numbers, as upstream
    }
    for (const radius of [0, 0.5, 3, 50]) assert.deepEqual(gaussianBlur(image, radius), image);
  });

  it("a factor of 1, and a radius of 0, change nothing", () =>
    holds((image) => {
      assert.deepEqual(sharpness(image, 1), image);
      assert.deepEqual(gaussianBlur(image, 0), image);
    }));

  it("blurring does not leave the range of values, and keeps a mirror image one", () =>
    holds((image) => {
      const { data } = gaussianBlur(image, 1.4);
      const [least, greatest] = [Math.min(...image.data), Math.max(...image.data)];
      assert.ok(data.every((value) => value >= least - 1 && value <= greatest + 1));
      const mirrored = { ...image, data: image.data.toReversed() };
      assert.deepEqual(gaussianBlur(mirrored, 1.4).data, data.toReversed());
    }));
});
