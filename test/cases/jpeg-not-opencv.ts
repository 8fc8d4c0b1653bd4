import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage } from "#lib/data/decode.ts";
import { Skipped } from "./case.ts";
import type { Check } from "./case.ts";

/** SHA-256 of a JPEG's bytes, and of the BGR pixels that `cv2.imread` of OpenCV 5.0.0 makes of them. */
const OPENCV_PIXELS: Readonly<Record<string, string>> = {
  "3f787ff6770f89e80606dc78b09e220feb6f0b8b9a04fe0898e29786f3ba717a":
    "aa1c143f8cd1b62f219baa8a6a1ceb0387e96cdda27404a4ce46bd1331feb91c",
};

/** A JPEG's pixels are those of OpenCV, every one. */
export const jpegNotOpenCv: Check = async ({ path }) => {
  const photos = (await readdir(path)).filter((name) => name.endsWith(".jpg"));
  assert.ok(photos.length > 0, "there is no photo in this case");
  for (const photo of photos) {
    const bytes = await readFile(join(path, photo));
    const expected = OPENCV_PIXELS[sha256(bytes)];
    if (expected === undefined) throw new Skipped(`what OpenCV makes of ${photo} is not known here`);
    const { data } = await decodeImage(bytes);
    assert.equal(sha256(data), expected, `the pixels of ${photo}`);
  }
};

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
