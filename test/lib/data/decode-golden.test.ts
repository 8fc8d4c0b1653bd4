import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { decodeImage } from "#lib/data/decode.ts";

/** How `make.py`, beside the file, describes an image. */
type Golden = { readonly name: string; /** The encoded image, in base64. */ readonly file: string } & (
  Decoded | { readonly refused: true }
);

interface Decoded {
  /** The middle row of pixels, in base64. */
  readonly row: string;
  readonly height: number;
  readonly width: number;
  /** Of all pixels. */
  readonly sha256: string;
}

const FILE = new URL("../../golden/opencv/decoded.json", import.meta.url);
const { images } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly images: readonly Golden[] };

describe("decodeImage shows what OpenCV shows, bit by bit:", () => {
  for (const { name, file, ...expected } of images) {
    it(`${name}${"refused" in expected ? ", which it refuses" : ""}`, async () => {
      if ("refused" in expected) {
        await assert.rejects(decodeImage(Buffer.from(file, "base64")), { code: "IMAGE_UNDECODABLE" });
        return;
      }
      const { data, width, height } = await decodeImage(Buffer.from(file, "base64"));
      assert.deepEqual([width, height], [expected.width, expected.height]);
      const middle = Math.floor(height / 2) * width * 3;
      assert.deepEqual([...data.subarray(middle, middle + width * 3)], [...Buffer.from(expected.row, "base64")]);
      assert.equal(createHash("sha256").update(data).digest("hex"), expected.sha256);
    });
  }
});
