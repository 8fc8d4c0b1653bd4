import assert from "node:assert/strict";
import { CV2_INTERPOLATIONS, PILLOW_INTERPOLATIONS, resize, type ResizeMethod } from "#lib/data/resize.ts";
import { MAX_EDGE_PX, MAX_ENLARGED_PIXELS } from "#lib/data/size-limit.ts";
import { numberedImage } from "./support.ts";

const METHODS: readonly ResizeMethod[] = [
  ...CV2_INTERPOLATIONS.map((interpolation) => ({ backend: "cv2", interpolation }) as const),
  ...PILLOW_INTERPOLATIONS.map((interpolation) => ({ backend: "pillow", interpolation }) as const),
];

describe("resize", () => {
  for (const method of METHODS) {
    const name = `${method.backend} ${method.interpolation}`;
    for (const channels of [1, 3]) {
      it(`${name} keeps a flat image of ${channels} channels flat`, () => {
        const flat = { data: new Uint8Array(11 * 7 * channels).fill(201), height: 11, width: 7, channels };
        for (const size of [
          { height: 5, width: 3 },
          { height: 30, width: 2 },
          { height: 1, width: 1 },
        ]) {
          const { data, ...shape } = resize(flat, size, method);
          assert.deepEqual(shape, { ...size, channels });
          assert.ok(
            data.every((value) => value === 201),
            [...new Set(data)].join(),
          );
        }
      });
    }

    it(`${name} treats the channels of a colour image like grey images`, () => {
      const colour = numberedImage(9, 8);
      const size = { height: 4, width: 11 };
      const whole = resize(colour, size, method);
      for (const channel of [0, 1, 2]) {
        const pick = (data: Uint8Array): Uint8Array => data.filter((_, index) => index % 3 === channel);
        const grey = resize({ ...colour, data: pick(colour.data), channels: 1 }, size, method);
        assert.deepEqual(pick(whole.data), grey.data);
      }
    });

    it(`${name} to the same size changes nothing`, () => {
      const image = numberedImage(6, 5);
      assert.deepEqual(resize(image, { height: 6, width: 5 }, method).data, image.data);
    });
  }

  for (const method of METHODS) {
    const edge = MAX_EDGE_PX;
    const limited = { code: "IMAGE_TOO_LARGE", message: /1 x 30000: the limit is 16777216 pixels/ };
    it(`${method.backend} ${method.interpolation} refuses to make more pixels than the limit`, () => {
      const sliver = numberedImage(30_000, 1);
      for (const size of [
        { height: 7_680_000, width: 256 },
        { height: edge, width: edge + 1 },
      ]) {
        assert.throws(() => resize(sliver, size, method), limited);
      }
      assert.equal(resize(sliver, { height: edge, width: 3 }, method).width, 3);
    });
  }

  it("makes as many pixels as the limit, and more of an image that is larger still", () => {
    const method = { backend: "cv2", interpolation: "nearest" } as const;
    const size = { height: MAX_EDGE_PX, width: MAX_EDGE_PX };
    assert.equal(resize(numberedImage(2, 2), size, method).data.length, 3 * MAX_ENLARGED_PIXELS);
    const large = { data: new Uint8Array(4200 * 4200), height: 4200, width: 4200, channels: 1 };
    assert.equal(resize(large, { height: 4100, width: 4100 }, method).height, 4100);
  });

  it("pillow counts the rows that it holds in between", () => {
    const size = { height: 1, width: 600 };
    const method = { backend: "pillow", interpolation: "bilinear" } as const;
    assert.throws(() => resize(numberedImage(30_000, 1), size, method), { code: "IMAGE_TOO_LARGE" });
  });

  it("cv2 bilinear to half the size averages blocks, rounding halves up", () => {
    const data = Uint8Array.of(0, 1, 10, 20, 0, 1, 30, 43);
    const half = resize(
      { data, height: 2, width: 4, channels: 1 },
      { height: 1, width: 2 },
      { backend: "cv2", interpolation: "bilinear" },
    );
    assert.deepEqual([...half.data], [1, 26]);
  });
});
