import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import { decodeImage } from "#lib/data/decode.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { checkParts, IMAGE_PART_LIMITS } from "#lib/data/image-parts.ts";
import { derivedPixels } from "#lib/data/avif-outline.ts";
import { outlineJpeg } from "#lib/data/jpeg/outline.ts";
import { outlineTiff } from "#lib/data/tiff-outline.ts";
import * as odd from "./odd-images.ts";

const { jpegScans, jpegSegments, pngTexts, tiffPages, webpFrames, tiledShare } = IMAGE_PART_LIMITS;
const maxImagePixels = 1000;

/** A JPEG of so many more segments after its first bytes: comments, or scans of nothing. */
async function jpegWith(segment: readonly number[], count: number): Promise<Buffer> {
  const jpeg = await odd.markedJpeg();
  const more = Buffer.concat(Array.from({ length: count }, () => Buffer.from(segment)));
  const end = segment[1] === 0xda ? jpeg.length - 2 : 2;
  return Buffer.concat([jpeg.subarray(0, end), more, jpeg.subarray(end)]);
}
const COMMENT = [0xff, 0xfe, 0, 2];
const SCAN = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];

async function pngWithTexts(count: number): Promise<Buffer> {
  const png = await odd.palettePng();
  const text = Buffer.concat([Buffer.from("key\0\0"), deflateSync(Buffer.alloc(1000))]);
  const texts = Array.from({ length: count }, () => odd.pngChunk("zTXt", text));
  return Buffer.concat([png.subarray(0, 33), ...texts, png.subarray(33)]);
}

/** An animation whose last frame comes again and again. */
async function webpWithFrames(count: number): Promise<Buffer> {
  const webp = await odd.animated("webp");
  const last = webp.subarray(webp.lastIndexOf("ANMF"));
  const whole = Buffer.concat([webp, ...Array.from({ length: count - 2 }, () => last)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

/** A TIFF whose pages say what `tags` say; the last leads to `next`, 0 being the end. */
function tiffOf(pages: number, { tags = [], next = 0, little = true }: TiffClaim = {}): Buffer {
  const pageBytes = 6 + tags.length * 12;
  const file = Buffer.alloc(8 + pages * pageBytes);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  file.write(little ? "II*\0" : "MM\0*", "latin1");
  view.setUint32(4, 8, little);
  for (let page = 0; page < pages; page++) {
    const at = 8 + page * pageBytes;
    view.setUint16(at, tags.length, little);
    for (const [index, [tag, value]] of tags.entries()) {
      view.setUint16(at + 2 + index * 12, tag, little);
      view.setUint16(at + 4 + index * 12, value < 65_536 ? 3 : 4, little);
      view.setUint32(at + 6 + index * 12, 1, little);
      if (value < 65_536) view.setUint16(at + 10 + index * 12, value, little);
      else view.setUint32(at + 10 + index * 12, value, little);
    }
    view.setUint32(at + pageBytes - 4, page === pages - 1 ? next : at + pageBytes, little);
  }
  return file;
}

/** An AVIF as which item `levels` is a grid that names the item before it `count` times, and so on down to item 1. */
function grid(avif: Buffer, levels: number, count: number): Buffer {
  const level = (nth: number): Buffer => dimg(nth + 2, Array<number>(count).fill(nth + 1));
  return withReferences(
    avif,
    Array.from({ length: levels - 1 }, (_, nth) => level(nth)),
  );
}

/** That an item is made of others. */
function dimg(item: number, sources: readonly number[]): Buffer {
  return box("dimg", Buffer.from([item, sources.length, ...sources].flatMap((id) => [id >> 8, id & 255])));
}

const withReferences = (avif: Buffer, references: readonly Buffer[]): Buffer =>
  withBox(avif, box("iref", Buffer.concat([Buffer.alloc(4), ...references])));

/** With one more box that describes its items. */
function withBox(avif: Buffer, more: Buffer): Buffer {
  const at = avif.indexOf("iprp") - 4;
  const whole = Buffer.concat([avif.subarray(0, at), more, avif.subarray(at)]);
  const meta = avif.indexOf("meta") - 4;
  whole.writeUInt32BE(avif.readUInt32BE(meta) + more.length, meta);
  return whole;
}

/** Whether it ended, or refused what cannot be decoded. */
function tried(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    return PetageError.from(error).code === "IMAGE_UNDECODABLE";
  }
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

interface TiffClaim {
  readonly tags?: readonly (readonly [tag: number, value: number])[];
  readonly next?: number;
  readonly little?: boolean;
}

/** 70,000 x 1 pixels in tiles of 16 x `height`. */
const tiled = (height: number): TiffClaim => ({
  tags: [
    [256, 70_000],
    [257, 1],
    [322, 16],
    [323, height],
  ],
});

describe("the parts of an image", () => {
  const refused: readonly [string, () => Buffer | Promise<Buffer>, RegExp][] = [
    ["scans of a JPEG", () => jpegWith(SCAN, jpegScans), /more than 100 scans/],
    ["scans of a JPEG without end", async () => (await jpegWith(SCAN, jpegScans)).subarray(0, -2), /100 scans/],
    ["segments of a JPEG", () => jpegWith(COMMENT, jpegSegments), /more than 2000 segments/],
    ["packed texts of a PNG", () => pngWithTexts(pngTexts + 1), /more than 50 texts/],
    ["frames of a WebP", () => webpWithFrames(webpFrames + 1), /more than 2000 frames/],
    ["pages of a TIFF", () => tiffOf(tiffPages + 1), /more than 1000 pages/],
    ["pages of a TIFF that lead in a circle", () => tiffOf(2, { next: 8 }), /more than 1000 pages/],
    ["tiles of an AVIF", async () => grid(await odd.avif(), 2, 200), /tiles of an AVIF/],
    ["grids in a grid of an AVIF", async () => grid(await odd.avif(), 6, 4), /tiles of an AVIF/],
    ["tiles of a TIFF beyond its edges", () => tiffOf(1, tiled(8192)), /tiles of a TIFF/],
    ["tiles of a TIFF of the other byte order", () => tiffOf(1, { ...tiled(8192), little: false }), /tiles of a TIFF/],
  ];
  for (const [name, make, message] of refused) {
    it(`too many ${name} are refused before anything is decoded`, async () => {
      const limits = { ...DEFAULT_IMAGE_LIMITS, maxImagePixels: 70_000 };
      await assert.rejects(async () => decodeImage(await make(), limits), { code: "IMAGE_TOO_LARGE", message });
    });
  }

  it("as many as the limit are allowed", async () => {
    await decodeImage(await jpegWith(COMMENT, 1000));
    await decodeImage(await pngWithTexts(pngTexts));
    assert.equal((await decodeImage(await webpWithFrames(webpFrames))).width, 40);
    const jpeg = outlineJpeg(await jpegWith(SCAN, jpegScans - 1));
    assert.equal(jpeg.scans, jpegScans);
    checkParts(Buffer.alloc(0), "jpeg", { jpeg, maxImagePixels });
    checkParts(tiffOf(tiffPages), "tiff", { jpeg: undefined, maxImagePixels });
    const inTiles = tiffOf(1, {
      tags: [
        [256, 20],
        [257, 20],
        [322, 40],
        [323, 25 * tiledShare],
      ],
    });
    checkParts(inTiles, "tiff", { jpeg: undefined, maxImagePixels });
  });

  it("of an AVIF are counted as often as they are named", async () => {
    const avif = await odd.avif(); // 40 x 20
    assert.equal(derivedPixels(avif), 0);
    assert.equal(derivedPixels(grid(avif, 2, 3)), 3 * 800);
    assert.equal(derivedPixels(grid(avif, 3, 3)), 3 * 800 + 9 * 800);
    const circle = grid(avif, 2, 1);
    circle[circle.indexOf("dimg") + 9] = 2; // item 2 is made of itself
    assert.equal(derivedPixels(circle), Infinity);
    const long = Buffer.alloc(5 * 2 ** 20);
    long.writeUInt32BE(long.length);
    long.write("meta", 4, "latin1");
    assert.throws(() => derivedPixels(long), { code: "IMAGE_UNDECODABLE", message: /bytes of metadata/ });
    const whole = grid(avif, 2, 3);
    for (let length = 0; length < whole.length; length += 7) {
      assert.ok(tried(() => derivedPixels(whole.subarray(0, length))));
    }
  });

  it("of an AVIF are those of all its boxes, whichever a decoder takes", async () => {
    const avif = await odd.avif(); // 40 x 20
    const twice = withReferences(avif, [dimg(2, [1, 1, 1]), dimg(2, [1])]);
    assert.equal(derivedPixels(twice), 4 * 800);
    const meta = avif.indexOf("meta") - 4;
    const plain = avif.subarray(meta, meta + avif.readUInt32BE(meta));
    assert.equal(
      derivedPixels(Buffer.concat([avif.subarray(0, meta), plain, grid(avif, 2, 3).subarray(meta)])),
      3 * 800,
    );
  });

  it("of an AVIF that says more than it holds are refused before it is believed", async () => {
    const avif = await odd.avif();
    const many = Array.from({ length: 200_000 }, () => box("dimg", Buffer.from([0, 2, 0xff, 0xff]))); // 65,535 of none
    const far = Buffer.from([0, 0, 0, 0, 0, 0xff, 0xff, 0xff]); // 16 million of none
    const associations = box("iprp", Buffer.concat(Array.from({ length: 100_000 }, () => box("ipma", far))));
    for (const bytes of [withReferences(avif, many), withBox(avif, associations)]) {
      assert.throws(() => derivedPixels(bytes), { code: "IMAGE_UNDECODABLE", message: /says more than it holds/ });
    }
  });

  const oddPixels: readonly (readonly [what: string, tags: TiffClaim["tags"], says: RegExp])[] = [
    ["signed numbers", [[339, 2]], /are numbers that are signed or floating$/],
    ["floating numbers", [[339, 3]], /are numbers that are signed or floating$/],
    ["numbers of 32 bits", [[258, 32]], /are numbers of 32 bits$/],
    ["YCbCr without JPEG", [[262, 6]], /are YCbCr colours that are not JPEG's$/],
  ];
  for (const [what, tags = [], message] of oddPixels) {
    it(`of a TIFF with ${what} are refused: libvips would show other colours`, () => {
      for (const little of [true, false]) {
        const check = (): void => checkParts(tiffOf(1, { tags, little }), "tiff", { jpeg: undefined, maxImagePixels });
        assert.throws(check, { code: "IMAGE_UNDECODABLE", message });
      }
    });
  }

  it("of a TIFF are found where a tag has several values, too", async () => {
    const tiff = await odd.tiff();
    checkParts(tiff, "tiff", { jpeg: undefined, maxImagePixels });
    const bits = tiff.indexOf(Buffer.from([2, 1, 3, 0, 3, 0, 0, 0])); // tag 258, three numbers of two bytes
    tiff.writeUInt16LE(32, tiff.readUInt32LE(bits + 8));
    assert.throws(() => checkParts(tiff, "tiff", { jpeg: undefined, maxImagePixels }), { code: "IMAGE_UNDECODABLE" });
  });

  it("of a TIFF with JPEG's YCbCr, or 16 bits, are taken", () => {
    for (const tags of [
      [
        [262, 6],
        [259, 7],
      ],
      [[258, 16]],
      [[339, 4]],
    ] as const) {
      checkParts(tiffOf(1, { tags }), "tiff", { jpeg: undefined, maxImagePixels });
    }
  });

  it("of a TIFF end where the file ends", () => {
    const none = { pages: 0, tiledPixels: 0 };
    assert.deepEqual(outlineTiff(Buffer.from("II*\0"), tiffPages), none);
    const [one, away] = [tiffOf(1, tiled(16)), tiffOf(2, { next: 2 ** 32 - 1 })];
    assert.deepEqual(outlineTiff(one, tiffPages), { pages: 1, tiledPixels: 70_000 * 16 });
    assert.deepEqual(outlineTiff(away, tiffPages), { pages: 3, tiledPixels: 0 });
    for (let length = 4; length < one.length; length++) outlineTiff(one.subarray(0, length), tiffPages);
  });
});
