import assert from "node:assert/strict";
import sharp from "sharp";
import { decodeImage } from "#lib/data/decode.ts";
import { fitPhoto } from "#lib/host/pictures/fit-photo.ts";
import * as odd from "../../data/odd-images.ts";

const LIMITS = { maxImageBytes: 1_000_000, maxImagePixels: 1_000_000 };

describe("fitPhoto", () => {
  const asTheyAre: readonly [string, () => Promise<Buffer> | Buffer][] = [
    ["a photo that fits", odd.markedJpeg],
    ["what is no photo", () => Buffer.from("a letter")],
    ["nothing", () => Buffer.alloc(0)],
    ["a damaged photo", async () => (await odd.markedJpeg()).subarray(0, 200)],
  ];
  for (const [name, make] of asTheyAre) {
    it(`leaves ${name} as it is, for the service to judge`, async () => {
      const bytes = await make();
      assert.deepEqual(await fitPhoto(bytes, LIMITS), { bytes, notes: [] });
    });
  }

  it("makes a photo of too many pixels smaller, as it is seen, and says so in one line", async () => {
    for (const bytes of [await odd.withOrientation("jpeg", 6), odd.bmp({})]) {
      const upright = await decodeImage(bytes);
      const photo = await fitPhoto(bytes, { ...LIMITS, maxImagePixels: 200 });
      const small = await decodeImage(photo.bytes);
      assert.deepEqual([small.width, small.height], [upright.width / 2, upright.height / 2]);
      assert.equal(photo.notes.length, 1);
      assert.match(photo.notes[0] ?? "", /^Made smaller .* from (40 x 20|20 x 40) pixels .* takes 200 pixels/);
      const corner = (image: typeof small): number[] => [...image.data.subarray((image.width - 2) * 3).subarray(0, 3)];
      for (const [part, value] of corner(small).entries())
        assert.ok(Math.abs(value - (corner(upright)[part] ?? NaN)) < 40, "its colours are others");
    }
  });

  it("makes a photo of too many bytes smaller, until it fits", async () => {
    const noise = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919 + ((at * at) % 251)) % 256));
    const png = await sharp(noise, { raw: { width: 200, height: 100, channels: 3 } })
      .png()
      .toBuffer();
    const { bytes, notes } = await fitPhoto(png, { ...LIMITS, maxImageBytes: 6000 });
    assert.ok(bytes.length <= 6000 && png.length > 6000);
    const { width, height } = await decodeImage(bytes);
    assert.ok(Math.abs(width - 2 * height) <= 2, `${width} x ${height}`);
    assert.match(notes[0] ?? "", /^Made smaller .*6000 bytes$/);
  });

  it("says that a file lacks its end", async () => {
    const bytes = (await odd.markedJpeg()).subarray(0, -40);
    const photo = await fitPhoto(bytes, LIMITS);
    assert.equal(photo.bytes, bytes);
    assert.match(photo.notes.join(), /^The file lacks its end/);
  });
});
