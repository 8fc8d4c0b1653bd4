import assert from "node:assert/strict";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { defined } from "#lib/base/assert.ts";
import { randomStream } from "#lib/base/random.ts";
import { decodeImage } from "#lib/data/decode.ts";
import { hashDistance, lookOf, looksLike, type Look } from "#lib/data/hashes.ts";
import { findLookAlikes, type Print } from "#lib/data/look-alikes.ts";
import { drawPet } from "#lib/data/synth/draw.ts";

function pet(seed: number): Promise<Buffer> {
  return sharp(Buffer.from(drawPet(40, randomStream(seed))))
    .resize(160, 160)
    .removeAlpha()
    .png()
    .toBuffer();
}

async function look(bytes: Buffer): Promise<Look> {
  return defined(lookOf(await decodeImage(bytes)), "a look");
}

const words = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("the look of a photo", () => {
  const copies: Readonly<Record<string, (image: Sharp) => Sharp>> = {
    "compressed to quality 40": (image) => image.jpeg({ quality: 40 }),
    "of half the size": (image) => image.resize(80),
    "of twice the size": (image) => image.resize(320),
    blurred: (image) => image.blur(1.5),
    "in another format": (image) => image.webp({ quality: 60 }),
    "a little brighter": (image) => image.modulate({ brightness: 1.05 }),
  };
  for (const [name, change] of Object.entries(copies)) {
    it(`is that of a copy ${name}, and of no other pet`, async () => {
      const pets = await Promise.all([0, 1, 2, 3, 4].map(pet));
      const looks = await Promise.all(pets.map(look));
      for (const [index, bytes] of pets.entries()) {
        const copy = await look(await change(sharp(bytes)).toBuffer());
        for (const [other, its] of looks.entries())
          assert.equal(looksLike(its, copy), other === index, `${index}, ${other}`);
      }
    });
  }

  it("is none where there is one colour, and is there for the smallest and the narrowest picture", async () => {
    const flat = await sharp({ create: { width: 90, height: 70, channels: 3, background: "#f00" } })
      .png()
      .toBuffer();
    assert.equal(lookOf(await decodeImage(flat)), undefined);
    for (const [width, height] of [
      [2, 1],
      [1, 300],
      [300, 2],
      [33, 31],
    ] as const) {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at % 6 < 3 ? 0 : 255));
      assert.ok(lookOf({ data, width, height, channels: 3 }), `${width} x ${height}`);
    }
  });

  it("differs by as many bits as its hashes do", () => {
    fc.assert(
      fc.property(words, words, words, words, (a, b, c, d) => {
        const expected = [a ^ c, b ^ d].map((word) => (word >>> 0).toString(2).replaceAll("0", "").length);
        const of = (hash: Look["hash"]): Look => ({ hash, thumbnail: new Int16Array(768) });
        assert.equal(hashDistance(of([a, b]), of([c, d])), (expected[0] ?? 0) + (expected[1] ?? 0));
      }),
    );
  });
});

describe("findLookAlikes", () => {
  const printOf = (digest: string, hash: Look["hash"]): Print => ({
    digest,
    look: { hash, thumbnail: new Int16Array(768) },
  });

  it("finds what comparing every pair finds, at every distance", () => {
    const flips = fc.array(fc.nat(63), { maxLength: 9 });
    const hashes = fc.array(fc.record({ from: fc.nat(3), flips }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(hashes, fc.array(fc.tuple(words, words), { minLength: 4, maxLength: 4 }), (photos, origins) => {
        const prints = photos.map((photo, index) => {
          const [low = 0, high = 0] = origins[photo.from] ?? [];
          const flipped = photo.flips.reduce(
            ([a, b], bit): [number, number] =>
              bit < 32 ? [(a ^ (1 << bit)) >>> 0, b] : [a, (b ^ (1 << (bit - 32))) >>> 0],
            [low, high] as [number, number],
          );
          return printOf(`${index}`, flipped);
        });
        assert.deepEqual(findLookAlikes(prints).groups, byEveryPair(prints));
      }),
    );
  });

  it("groups equal files, also those of one colour", () => {
    const prints = [{ digest: "a", look: undefined }, printOf("b", [1, 2]), { digest: "a", look: undefined }];
    assert.deepEqual(findLookAlikes(prints), { groups: [[0, 2]], isPartial: false });
  });

  it("says so when there are more pairs than it may compare, and compares no more", () => {
    const prints = Array.from({ length: 100 }, (_, index) => printOf(`${index}`, [index, 2 ** 31]));
    assert.equal(findLookAlikes(prints, 50).isPartial, true);
    assert.equal(findLookAlikes(prints).isPartial, false);
  });

  function byEveryPair(prints: readonly Print[]): number[][] {
    let groups = prints.map((_, index) => [index]);
    for (const [a, first] of prints.entries()) {
      for (const [b, second] of prints.entries()) {
        if (a >= b || !first.look || !second.look || !looksLike(first.look, second.look)) continue;
        const [one, other] = [groups.find((group) => group.includes(a)), groups.find((group) => group.includes(b))];
        if (!one || !other || one === other) continue;
        groups = [...groups.filter((group) => group !== one && group !== other), [...one, ...other]];
      }
    }
    const byNumber = (x: number, y: number): number => x - y;
    return groups
      .filter(({ length }) => length > 1)
      .map((group) => group.toSorted(byNumber))
      .toSorted((x, y) => (x[0] ?? 0) - (y[0] ?? 0));
  }
});
