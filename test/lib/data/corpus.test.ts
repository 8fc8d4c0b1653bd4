import assert from "node:assert/strict";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { Decoder } from "#test/fuzz/decoder.ts";
import { fuzzFile, LIMIT_MS, fuzz } from "#test/fuzz/fuzz.ts";
import { oddImages, readableFiles, type GoldenImage } from "#test/fuzz/images.ts";

/**
 * Where our pixels are not OpenCV's: the table "Pixels, and OpenCV's" of docs/datasets.md. Levels, the most and in the mean, that were
 * measured here; "not shown": OpenCV shows nothing, and we do; a code: OpenCV shows something, and we do not.
 */
const EXCEPTIONS: readonly (readonly [
  RegExp,
  { readonly most: number; readonly mean: number } | "not shown" | "other size" | ErrorCode,
])[] = [
  [/^GIF with transparent pixels$/, { most: 255, mean: 2 }],
  [/^GIF whose frame is smaller than its screen$/, { most: 255, mean: 110 }],
  [/^GIF whose frame is larger than its screen$|^GIF that claims/, "not shown"],
  [/^16-bit TIFF$/, { most: 1, mean: 0.3 }],
  [/^TIFF with alpha$/, { most: 255, mean: 60 }],
  [/^CMYK TIFF$/, { most: 128, mean: 25 }],
  [/^TIFF, orientation [5-8]$/, "not shown"],
  [/^AVIF 4:4:4$|^AVIF with alpha$/, { most: 1, mean: 0.3 }],
  [/^AVIF 4:2:2$|^AVIF 4:2:0$|^AVIF of 10 bits$/, { most: 90, mean: 6 }],
  [/^AVIF 4:2:0 of bold colours$/, { most: 170, mean: 10 }],
  [/^AVIF, orientation [23]$/, { most: 255, mean: 100 }],
  [/^AVIF, orientation [68]$/, "other size"],
  [/^big TIFF$|^JPEG 2000$|^Radiance$|^PAM$|^PFM$/, "IMAGE_FORMAT_UNSUPPORTED"],
  [/^TIFF of Lab$/, "IMAGE_UNDECODABLE"],
  [/circle$/, "IMAGE_TOO_LARGE"],
];

/** Those of OpenCV that we refuse have one of these codes, too. */
const REFUSED = /^IMAGE_(EMPTY|TOO_LARGE|FORMAT_UNSUPPORTED|UNDECODABLE)$/;

const images = oddImages();

describe(`each of ${images.length} odd files`, function () {
  let decoder: Decoder;
  before(() => void (decoder = new Decoder(DEFAULT_IMAGE_LIMITS)));
  after(() => decoder[Symbol.asyncDispose]());

  for (const image of images) {
    const [, expected] = EXCEPTIONS.find(([name]) => name.test(image.name)) ?? [];
    it(`${titleOf(image, expected)}: ${image.name}`, async () => {
      const { outcome } = await decoder.decode(image.bytes, LIMIT_MS);
      if (outcome.kind === "refused") {
        assert.match(outcome.code, REFUSED, outcome.message);
        assert.ok(image.shown === undefined || expected === outcome.code, `${outcome.code}: ${outcome.message}`);
        return;
      }
      assert.ok(outcome.kind === "image", JSON.stringify(outcome));
      const { shown } = image;
      if (!shown) {
        assert.equal(expected, "not shown");
        return;
      }
      const isOfSize = outcome.width === shown.width && outcome.height === shown.height;
      assert.equal(isOfSize, expected !== "other size");
      if (!isOfSize) return;
      const { most, mean } = difference(outcome.pixels, shown.pixels);
      const bound = typeof expected === "object" ? expected : { most: 0, mean: 0 };
      assert.ok(most <= bound.most && mean <= bound.mean, `off by ${most}, in the mean by ${mean.toFixed(2)}`);
      assert.ok(bound.most === 0 || most > 0, "it is equal by now: take it off the list");
    });
  }

  it("is named by every exception, so that none outlives its file", () => {
    const idle = EXCEPTIONS.filter(([name]) => !images.some((image) => name.test(image.name)));
    assert.deepEqual(
      idle.map(([name]) => String(name)),
      [],
    );
  });
});

function titleOf({ shown }: GoldenImage, expected: unknown): string {
  if (expected === undefined) return shown ? "is what OpenCV shows" : "is refused, as by OpenCV";
  return "differs as documented";
}

function difference(ours: Uint8Array, theirs: Uint8Array): { readonly most: number; readonly mean: number } {
  assert.equal(ours.length, theirs.length);
  let [most, sum] = [0, 0];
  for (const [at, value] of ours.entries()) {
    const off = Math.abs(value - (theirs[at] ?? 0));
    most = Math.max(most, off);
    sum += off;
  }
  return { most, mean: sum / ours.length };
}

describe("damaged files", function () {
  this.timeout(60_000);

  it("are decoded or refused with a code, each in two seconds, for ten seconds", async () => {
    const { tried, decoded, faults } = await fuzz({ seed: 1, durationMs: 10_000 });
    assert.deepEqual(
      faults.map(({ name, what }) => `${name}: ${what}`),
      [],
      "npm run fuzz -- --seed SEED --from NUMBER makes the file of a fault again",
    );
    assert.ok(decoded > 0 && decoded < tried, `${decoded} of ${tried} were decoded`);
  });

  it("are made again by their names", () => {
    const files = readableFiles();
    assert.deepEqual(fuzzFile(files, 3, 14), fuzzFile(files, 3, 14));
    assert.notDeepEqual(fuzzFile(files, 3, 14), fuzzFile(files, 3, 15));
  });
});

describe("the process that decodes them", () => {
  it("is told from one that hangs or crashes, and started again", async () => {
    await using decoder = new Decoder(DEFAULT_IMAGE_LIMITS);
    const [{ bytes } = { bytes: Buffer.alloc(0) }] = images;
    const kinds: string[] = [];
    for (const [signal, limitMs] of [
      [undefined, LIMIT_MS],
      ["SIGSTOP", 50],
      [undefined, LIMIT_MS],
      ["SIGKILL", LIMIT_MS],
      [undefined, LIMIT_MS],
    ] as const) {
      if (signal) process.kill(decoder.pid, signal);
      kinds.push((await decoder.decode(bytes, limitMs)).outcome.kind);
    }
    assert.deepEqual(kinds, ["image", "hang", "image", "crash", "image"]);
  });
});
