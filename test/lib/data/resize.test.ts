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

  // cv2.resize(..., interpolation=cv2.INTER_CUBIC) of OpenCV 5.0.0 on AVX2, of `at * 73 + at % 7 * 31`
  const slivers = [
    [
      { height: 1, width: 4 },
      { height: 2, width: 9 },
      [
        0, 98, 230, 7, 110, 178, 29, 129, 73, 60, 167, 5, 80, 232, 32, 106, 255, 96, 154, 190, 134, 194, 85, 153, 217,
        33, 165, 0, 98, 230, 7, 110, 178, 29, 129, 73, 60, 167, 5, 80, 232, 32, 106, 255, 96, 154, 190, 134, 194, 85,
        153, 217, 33, 165,
      ],
    ],
    [
      { height: 3, width: 5 },
      { height: 7, width: 4 },
      [
        0, 101, 200, 61, 235, 0, 206, 127, 141, 21, 88, 255, 17, 120, 169, 95, 188, 34, 189, 129, 127, 36, 122, 224, 56,
        166, 101, 176, 83, 100, 155, 137, 100, 56, 200, 143, 107, 184, 59, 212, 15, 164, 125, 133, 73, 101, 243, 88,
        149, 139, 91, 142, 55, 188, 120, 107, 62, 167, 192, 116, 174, 73, 153, 38, 141, 185, 129, 78, 64, 225, 107, 178,
        190, 43, 180, 0, 178, 188, 131, 64, 62, 255, 69, 204,
      ],
    ],
    [
      { height: 6, width: 2 },
      { height: 3, width: 5 },
      [
        57, 204, 147, 72, 185, 137, 104, 143, 117, 135, 102, 97, 150, 82, 88, 72, 17, 214, 91, 41, 200, 132, 92, 168,
        173, 143, 136, 192, 167, 121, 127, 110, 60, 112, 125, 78, 81, 156, 118, 49, 188, 158, 35, 202, 176,
      ],
    ],
  ] as const;
  for (const [from, to, expected] of slivers) {
    it(`cv2 bicubic of ${from.width} x ${from.height} is in fixed point`, () => {
      const data = Uint8Array.from({ length: from.height * from.width * 3 }, (_, at) => at * 73 + (at % 7) * 31);
      const made = resize({ ...from, data, channels: 3 }, to, { backend: "cv2", interpolation: "bicubic" });
      assert.deepEqual([...made.data], expected);
    });
  }
});
