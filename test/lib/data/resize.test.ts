import assert from "node:assert/strict";
import { CV2_INTERPOLATIONS, PILLOW_INTERPOLATIONS, resize, type ResizeMethod } from "#lib/data/resize.ts";
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
