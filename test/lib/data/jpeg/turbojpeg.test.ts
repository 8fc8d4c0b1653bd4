import assert from "node:assert/strict";
import { createRequire } from "node:module";
import fc from "fast-check";
import sharp from "sharp";
import { defined } from "#lib/base/assert.ts";
import { openImage } from "#lib/data/decode.ts";
import type { Box, Size } from "#lib/data/geometry.ts";
import { withArena } from "#lib/data/simd/arena.ts";
import { openTurbo } from "#lib/data/jpeg/turbojpeg.ts";
import { carryOut } from "#lib/data/raster.ts";
import { crop, swapRedAndBlue } from "#lib/data/pixels.ts";
import type { Image } from "#lib/data/types.ts";
import { boxWithin } from "../support.ts";

/** The encoder of the package whose library decodes. */
interface Encoder {
  readonly [sampling: `SAMP_${string}`]: number;
  readonly FORMAT_RGB: number;
  compressSync(pixels: Buffer, options: object): Buffer;
}
const encoder = createRequire(import.meta.url)("@julusian/jpeg-turbo") as Encoder;

const SAMPLINGS = ["444", "422", "420", "440", "GRAY"] as const;

/** Colours that change by steps and smoothly, so that chroma is enlarged over edges. */
function pixelsOf({ width, height }: Size): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    pixels[at] = (x * 7 * ((at % 3) + 1) + y * 11 + (((x >> 3) ^ (y >> 2)) & 1) * 90) % 256;
  }
  return pixels;
}

function encode(size: Size, sampling: (typeof SAMPLINGS)[number]): Buffer {
  const options = { ...size, format: encoder.FORMAT_RGB, subsampling: encoder[`SAMP_${sampling}`], quality: 92 };
  return encoder.compressSync(pixelsOf(size), options);
}

async function bySharp(jpeg: Buffer): Promise<Image> {
  const { data, info } = await sharp(jpeg)
    .autoOrient()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  swapRedAndBlue(data);
  return { data: Uint8Array.from(data), width: info.width, height: info.height, channels: 3 };
}

/** What is placed in an arena, without decoding the rest. */
async function placed(jpeg: Buffer, box: Box): Promise<Image> {
  const opened = await openImage(jpeg);
  const image = withArena((arena) => {
    const { address, stride } = defined(opened.place(arena, box), "the pixels");
    const rows = Array.from({ length: box.height }, (_, y) => arena.bytes(address + y * stride, box.width * 3));
    return { data: Uint8Array.from(Buffer.concat(rows)), width: box.width, height: box.height, channels: 3 };
  });
  return defined(image, "kernels on this machine");
}

function progressive(size: Size, chromaSubsampling: "4:2:0" | "4:4:4"): Promise<Buffer> {
  return sharp(encode(size, "444")).jpeg({ progressive: true, chromaSubsampling }).toBuffer();
}

/** The first scans of a progressive JPEG and its end, as an encoder may leave it that saves the finest detail. */
function firstScans(jpeg: Buffer, count: number): Buffer {
  const starts: number[] = [];
  for (let at = jpeg.indexOf(START_OF_SCAN); at >= 0; at = jpeg.indexOf(START_OF_SCAN, at + 1)) starts.push(at);
  return Buffer.concat([jpeg.subarray(0, starts[count]), END_OF_IMAGE]);
}
const START_OF_SCAN = Buffer.from([0xff, 0xda]);
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

const SIZES: readonly Size[] = [
  { width: 131, height: 83 },
  { width: 64, height: 48 },
  { width: 9, height: 200 },
  { width: 1, height: 1 },
];

describe("a JPEG of which a part is decoded", () => {
  const jpegs: Readonly<Record<string, (size: Size) => Promise<Buffer> | Buffer>> = {
    ...Object.fromEntries(SAMPLINGS.map((sampling) => [sampling, (size: Size) => encode(size, sampling)])),
    progressive: (size) => progressive(size, "4:2:0"),
    "progressive, of which only the first scan is there": async (size) =>
      firstScans(await progressive(size, "4:2:0"), 1),
    "progressive, without its last scans": async (size) => firstScans(await progressive(size, "4:4:4"), 5),
  };
  for (const [name, make] of Object.entries(jpegs)) {
    it(`shows what all of it shows there, as libvips and OpenCV do: ${name}`, async () => {
      for (const size of SIZES) {
        const jpeg = await make(size);
        const whole = await bySharp(jpeg);
        assert.deepEqual(await carryOut([], await openImage(jpeg)), whole);
        await fc.assert(
          fc.asyncProperty(boxWithin(size), async (box) => {
            assert.deepEqual(await placed(jpeg, box), { ...crop(whole, box) });
          }),
          { numRuns: 60 },
        );
      }
    });
  }

  it("is opened by libjpeg-turbo, which comes with a package", () => {
    const [size] = SIZES;
    assert.ok(size);
    const { width, height } = openTurbo(encode(size, "420")) ?? {};
    assert.deepEqual({ width, height }, size);
  });

  it("has a decoder that may be loaded twice in a process, as by a plugin", async () => {
    const again = new URL("../../../../lib/data/jpeg/turbojpeg.ts?again", import.meta.url);
    const { openTurbo: openAgain } = (await import(again.href)) as { readonly openTurbo: typeof openTurbo };
    assert.ok(openAgain(encode({ width: 8, height: 8 }, "444")));
  });

  it("is refused where a second header claims another size than the one that the limits were held to", async () => {
    const [size] = SIZES;
    assert.ok(size);
    const jpeg = encode(size, "420");
    const frame = jpeg.subarray(jpeg.indexOf(Buffer.from([0xff, 0xc0])));
    const claiming = Buffer.from(frame.subarray(0, 19));
    claiming.writeUInt16BE(8, 5);
    claiming.writeUInt16BE(8, 7);
    const odd = Buffer.concat([jpeg.subarray(0, 2), claiming, jpeg.subarray(2)]);
    await assert.rejects(async () => (await openImage(odd)).decode(), { code: /^IMAGE_/ });
  });

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`is turned by its EXIF orientation ${orientation}`, async () => {
      const size = { width: 70, height: 45 };
      const jpeg = await sharp(encode(size, "420")).keepExif().withMetadata({ orientation }).jpeg().toBuffer();
      const whole = await bySharp(jpeg);
      assert.equal(whole.width, orientation < 5 ? size.width : size.height);
      assert.deepEqual(await carryOut([], await openImage(jpeg)), whole);
      await fc.assert(
        fc.asyncProperty(boxWithin(whole), async (box) => {
          assert.deepEqual(await placed(jpeg, box), { ...crop(whole, box) });
        }),
        { numRuns: 60 },
      );
    });
  }
});
