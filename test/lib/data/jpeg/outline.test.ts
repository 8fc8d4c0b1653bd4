import assert from "node:assert/strict";
import { outlineJpeg, type JpegOutline } from "#lib/data/jpeg/outline.ts";
import * as odd from "../odd-images.ts";

const START = [0xff, 0xd8];
const FRAME = [0xff, 0xc0, 0, 11, 8, 0, 20, 0, 40, 1, 1, 0x11, 0];
const SCAN = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
const END = [0xff, 0xd9];

describe("outlineJpeg", () => {
  const whole: JpegOutline = {
    frame: { width: 40, height: 20, components: 1 },
    scans: 1,
    segments: 2,
    exif: false,
    complete: true,
  };
  const cases: readonly [string, readonly number[], Partial<JpegOutline>][] = [
    ["a whole image", [...START, ...FRAME, ...SCAN, 1, 2, 3, ...END], {}],
    ["no end", [...START, ...FRAME, ...SCAN, 1, 2, 3], { complete: false }],
    ["half an end", [...START, ...FRAME, ...SCAN, 1, 2, 3, 0xff], { complete: false }],
    ["stuffed bytes, restarts and fill bytes", [...START, ...FRAME, ...SCAN, 0xff, 0, 0xff, 0xd3, 0xff, ...END], {}],
    ["stray bytes between segments", [...START, 7, 7, ...FRAME, 7, ...SCAN, 1, ...END, 7, 7], {}],
    ["an end within a segment", [...START, 0xff, 0xe1, 0, 4, ...END, ...FRAME, ...SCAN, ...END], { segments: 3 }],
    ["three scans", [...START, ...FRAME, ...SCAN, 1, ...SCAN, 2, ...SCAN, ...END], { scans: 3, segments: 4 }],
    ["a second frame", [...START, ...FRAME, ...FRAME.with(8, 99), ...SCAN, ...END], { segments: 3 }],
    ["a frame after the scan", [...START, ...SCAN, ...FRAME, ...END], { frame: undefined }],
    ["a segment longer than the file", [...START, ...FRAME, 0xff, 0xe1, 0xff, 0xff, 1], { scans: 0, complete: false }],
    [
      "a frame that ends early",
      [...START, ...FRAME.slice(0, -4)],
      { frame: undefined, scans: 0, segments: 1, complete: false },
    ],
    ["a segment that claims no length", [...START, 0xff, 0xe1, 0, 0, ...FRAME, ...SCAN, ...END], { segments: 3 }],
    ["nothing", START, { frame: undefined, scans: 0, segments: 0, complete: false }],
  ];
  for (const [name, bytes, expected] of cases) {
    it(`sees ${name}`, () => assert.deepEqual(outlineJpeg(Uint8Array.from(bytes)), { ...whole, ...expected }));
  }

  it("counts the scans of a progressive JPEG that sharp made", async () => {
    const { frame, scans, complete } = outlineJpeg(await odd.progressiveJpeg());
    assert.deepEqual([frame, complete], [{ width: 40, height: 20, components: 3 }, true]);
    assert.ok(scans > 5 && scans < 20, `${scans} scans`);
  });
});
