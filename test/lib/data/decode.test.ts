import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeImage, readImageHeader } from "#lib/data/decode.ts";
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from "#lib/data/image-limits.ts";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import type { Image } from "#lib/data/types.ts";
import * as odd from "./odd-images.ts";

function pixel(image: Image, x: number, y: number): number[] {
  return [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
}

function assertNear(actual: number[], expected: number[], tolerance: number): void {
  const near = actual.every((value, index) => Math.abs(value - (expected[index] ?? NaN)) <= tolerance);
  assert.ok(
    near,
    `pixels are ${actual.slice(0, 12).join()}, expected ${expected.slice(0, 12).join()} within ${tolerance}`,
  );
}

const GREEN = [0, 255, 0];
const RED = [0, 0, 255];
const BLUE = [255, 0, 0];

function assertMarked(image: Image, tolerance: number): void {
  assert.deepEqual([image.width, image.height, image.channels], [40, 20, 3]);
  assert.equal(image.data.length, 40 * 20 * 3);
  assertNear(pixel(image, 3, 3), GREEN, tolerance);
  assertNear(pixel(image, 14, 14), RED, tolerance);
  assertNear(pixel(image, 34, 3), BLUE, tolerance);
}

/** The first bytes of a file, some of them changed. */
function damage(whole: Buffer, changes: readonly (readonly [at: number, value: number])[], length: number): Buffer {
  const damaged = Buffer.from(whole.subarray(0, length));
  for (const [at, value] of changes) if (at < length) damaged[at] = value;
  return damaged;
}

async function decodesOrIsRefused(bytes: Buffer, limits: ImageLimits): Promise<void> {
  try {
    const image = await decodeImage(bytes, limits);
    assert.equal(image.data.length, image.height * image.width * 3);
  } catch (error) {
    assert.match(PetageError.from(error).code, /^IMAGE_/);
  }
}

describe("decodeImage", () => {
  const readable: readonly [string, () => Promise<Buffer>, number][] = [
    ["baseline JPEG", odd.markedJpeg, 12],
    ["progressive JPEG", odd.progressiveJpeg, 40],
    ["JPEG with extraneous bytes", odd.jpegWithExtraneousBytes, 12],
    ["16-bit PNG", odd.png16, 1],
    ["palette PNG", odd.palettePng, 1],
    ["lossless WebP", odd.webp, 0],
    ["GIF", odd.gif, 1],
    ["TIFF", odd.tiff, 12],
    ["AVIF", odd.avif, 12],
    ["BMP", async () => odd.bmp({}), 0],
    ["first frame of an animated GIF", () => odd.animated("gif"), 1],
    ["first frame of an animated WebP", () => odd.animated("webp"), 0],
  ];
  for (const [name, make, tolerance] of readable) {
    it(`reads a ${name} as BGR`, async () => assertMarked(await decodeImage(await make()), tolerance));
  }

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`honours EXIF orientation ${orientation} alike for JPEG, PNG and WebP`, async () => {
      const jpeg = await decodeImage(await odd.withOrientation("jpeg", orientation));
      const png = await decodeImage(await odd.withOrientation("png", orientation));
      const webp = await decodeImage(await odd.withOrientation("webp", orientation));
      // Where the marked top left corner of the stored image is to be seen.
      const right = [2, 3, 6, 7].includes(orientation);
      const bottom = [3, 4, 7, 8].includes(orientation);
      for (const image of [jpeg, png, webp]) {
        assert.deepEqual([image.width, image.height], orientation < 5 ? [40, 20] : [20, 40]);
        assertNear(pixel(image, right ? image.width - 4 : 3, bottom ? image.height - 4 : 3), GREEN, 12);
      }
      assert.deepEqual(png.data, webp.data);
      assertNear([...jpeg.data], [...png.data], 60);
    });
  }

  it("reads a JPEG that lacks its end, and says so", async () => {
    const jpeg = await odd.markedJpeg();
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    for (const length of [jpeg.length - 1, jpeg.length - 40]) {
      const image = await decodeImage(jpeg.subarray(0, length));
      assert.deepEqual([image.width, image.height, image.cutShort], [40, 20, true]);
      assertNear(pixel(image, 3, 3), GREEN, 12);
    }
    assert.equal((await decodeImage(jpeg)).cutShort, undefined);
    await assert.rejects(decodeImage(jpeg.subarray(0, scan + 30)), {
      code: "IMAGE_UNDECODABLE",
      message: /lacks its end, and \d\d % of the photo/,
    });
  });

  it("gives grey images three equal channels", async () => {
    for (const make of [odd.greyJpeg, odd.greyAlphaPng]) {
      const image = await decodeImage(await make());
      const [blue, green, red] = pixel(image, 14, 14);
      assert.equal(image.channels, 3);
      assert.ok(blue === green && green === red);
    }
  });

  it("drops alpha without blending, as OpenCV does", async () => {
    assertMarked(await decodeImage(await odd.transparentPng()), 0);
  });

  const bad: readonly [string, () => Promise<Buffer> | Buffer, ErrorCode, RegExp][] = [
    ["no bytes", () => Buffer.alloc(0), "IMAGE_EMPTY", /0 bytes/],
    ["text named .jpg", () => Buffer.from("I am not a photo"), "IMAGE_FORMAT_UNSUPPORTED", /no image format/],
    ["SVG", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "IMAGE_FORMAT_UNSUPPORTED", /format svg/],
    ["PDF", () => Buffer.from("%PDF-1.7"), "IMAGE_FORMAT_UNSUPPORTED", /format pdf/],
    ["BMP start alone", () => Buffer.from("BM0000000000"), "IMAGE_UNDECODABLE", /no header/],
    ["BMP of 2^61 pixels", () => odd.bmp({ width: 2 ** 31 - 1, height: -(2 ** 31 - 1) }), "IMAGE_TOO_LARGE", /limit/],
    ["BMP of no pixel", () => odd.bmp({ width: 0 }), "IMAGE_UNDECODABLE", /0 x -20/],
    ["BMP of a negative width", () => odd.bmp({ width: -40 }), "IMAGE_UNDECODABLE", /-40 x -20/],
    [
      "BMP of more colours than numbers",
      () => odd.bmp({ bits: 8, colours: 2 ** 32 - 1 }),
      "IMAGE_UNDECODABLE",
      /colours/,
    ],
    ["BMP of 3 bits a pixel", () => odd.bmp({ bits: 3 }), "IMAGE_UNDECODABLE", /3 bits/],
    ["BMP with a JPEG inside", () => odd.bmp({ compression: 4 }), "IMAGE_UNDECODABLE", /compression 4/],
    ["BMP whose pixels begin behind it", () => odd.bmp({ start: 2 ** 32 - 1 }), "IMAGE_UNDECODABLE", /cut short/],
    ["BMP with odd masks of 16 bits", () => odd.bmp({ bits: 16, compression: 3 }), "IMAGE_UNDECODABLE", /masks/],
    [
      "BMP in runs without one",
      () => odd.bmp({ bits: 8, compression: 1, colours: 2, pixels: 0 }),
      "IMAGE_UNDECODABLE",
      /cut short/,
    ],
    ["PPM of 10^18 pixels", () => Buffer.from("P6 1000000000 1000000000 255\n"), "IMAGE_TOO_LARGE", /1000000000/],
    ["PPM of endless digits", () => Buffer.from(`P6 ${"9".repeat(400)} 1 255\n`), "IMAGE_TOO_LARGE", /limit/],
    ["PGM without size", () => Buffer.from("P5 # nothing else"), "IMAGE_UNDECODABLE", /cut short/],
    ["PGM of 70,000 levels", () => Buffer.from("P5 1 1 70000\n\0\0"), "IMAGE_UNDECODABLE", /70000 levels/],
    ["PGM of text among its numbers", () => Buffer.from("P2 1 1 255\nold"), "IMAGE_UNDECODABLE", /no number/],
    [
      "JPEG cut in its header",
      async () => (await odd.markedJpeg()).subarray(0, 200),
      "IMAGE_UNDECODABLE",
      /Cannot decode/,
    ],
    ["truncated PNG", async () => (await odd.png16()).subarray(0, -30), "IMAGE_UNDECODABLE", /Cannot decode/],
    ["JPEG start alone", () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]), "IMAGE_UNDECODABLE", /Cannot decode/],
    ["JPEG of 280 megapixels", () => odd.jpegClaiming(20000, 14000), "IMAGE_TOO_LARGE", /20000 x 14000/],
    ["PNG of more rows than OpenCV takes", () => odd.flatPng(1, 1_000_001), "IMAGE_TOO_LARGE", /1 x 1000001/],
    ["PNG of 900 megapixels", () => odd.pngBomb(30000), "IMAGE_TOO_LARGE", /64000000 pixels/],
  ];
  for (const [name, make, code, message] of bad) {
    it(`refuses ${name} with ${code}`, async () => {
      await assert.rejects(async () => decodeImage(await make()), { code, message });
    });
  }

  it("says what to do with the photos of telephones", async () => {
    for (const brand of ["heic", "heix", "mif1"]) {
      const refused = {
        code: "IMAGE_FORMAT_UNSUPPORTED",
        message: /format heic/,
        hint: /^Convert it to JPEG, as tele/,
      };
      await assert.rejects(decodeImage(Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1heic`)), refused);
    }
  });

  it("refuses more bytes than the limit", async () => {
    const jpeg = await odd.markedJpeg();
    const limits = { ...DEFAULT_IMAGE_LIMITS, maxImageBytes: jpeg.length - 1 };
    await assert.rejects(decodeImage(jpeg, limits), { code: "IMAGE_TOO_LARGE" });
    await decodeImage(jpeg, { ...limits, maxImageBytes: jpeg.length });
  });

  it("reads an image at the pixel limit and refuses one above, whatever the decoder", async () => {
    for (const bytes of [await odd.markedJpeg(), await odd.webp()]) {
      await decodeImage(bytes, { ...DEFAULT_IMAGE_LIMITS, maxImagePixels: 800 });
      const limits = { ...DEFAULT_IMAGE_LIMITS, maxImagePixels: 799 };
      await assert.rejects(decodeImage(bytes, limits), { code: "IMAGE_TOO_LARGE" });
    }
  });

  it("takes photos of 50-megapixel telephones, and says which setting takes larger ones", async () => {
    for (const [width, height] of [
      [8064, 6048],
      [8160, 6120],
    ] as const) {
      const header = await readImageHeader(await odd.jpegClaiming(width, height), DEFAULT_IMAGE_LIMITS);
      assert.deepEqual([header.width, header.height], [width, height]);
    }
    const refused = { code: "IMAGE_TOO_LARGE", hint: /PETAGE_MAX_IMAGE_PIXELS/ };
    await assert.rejects(decodeImage(await odd.jpegClaiming(12_000, 9000)), refused);
    await assert.rejects(decodeImage(odd.pngBomb(30_000)), refused);
    const limits = { ...DEFAULT_IMAGE_LIMITS, maxImagePixels: 40 * 20 }; // as many as these have
    assert.equal((await decodeImage(await odd.webp(), limits)).width, 40);
    await assert.rejects(decodeImage(await odd.avif(), limits), { ...refused, message: /limit is 320 pixels/ });
    const bytes = await odd.webp();
    await assert.rejects(decodeImage(bytes, { ...DEFAULT_IMAGE_LIMITS, maxImageBytes: 10 }), {
      code: "IMAGE_TOO_LARGE",
      hint: /PETAGE_MAX_IMAGE_BYTES/,
    });
  });

  it("damaged JPEGs either decode or are refused with a code for images", async () => {
    const jpeg = await odd.withOrientation("jpeg", 6);
    const limits = { maxImageBytes: 1e6, maxImagePixels: 1e6 };
    const damages = fc.array(fc.tuple(fc.nat(jpeg.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damages, fc.integer({ min: 1, max: jpeg.length }), async (changes, length) => {
        await decodesOrIsRefused(damage(jpeg, changes, length), limits);
      }),
      { numRuns: 150 },
    );
  });

  for (const [format, make] of [
    ["BMP", () => odd.bmp({})],
    ["BMP of 32 bits", () => odd.bmp({ bits: 32 })],
    ["BMP in runs", () => odd.bmp({ bits: 8, compression: 1, colours: 2 })],
    ["PGM as text", () => Buffer.from(`P2 5 4 9\n${"7 ".repeat(20)}`)],
    ["PPM", () => Buffer.concat([Buffer.from("P6 # comment\n5 4 255\n"), Buffer.alloc(60, 9)])],
  ] as const) {
    it(`a damaged ${format} either decodes or is refused with a code for images`, async () => {
      const whole = make();
      const limits = { maxImageBytes: 1e6, maxImagePixels: 1e5 };
      const header = fc.tuple(fc.nat(Math.min(64, whole.length) - 1), fc.nat(255));
      const anywhere = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
      const damages = fc.array(fc.oneof(header, anywhere), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(damages, fc.integer({ min: 1, max: whole.length }), async (changes, length) => {
          await decodesOrIsRefused(damage(whole, changes, length), limits);
        }),
        { numRuns: 500 },
      );
    });
  }

  it("does not alter the bytes it is given", async () => {
    const jpeg = await odd.withOrientation("jpeg", 6);
    const copy = Buffer.from(jpeg);
    await decodeImage(jpeg);
    assert.deepEqual(jpeg, copy);
  });
});
