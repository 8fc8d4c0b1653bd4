#!/usr/bin/env bash
# A JPEG that TurboJPEG decodes in part differs from the whole in its outermost columns, and in no row.
#
# Guess: tj3SetCroppingRegion gives the pixels that decoding all of the photo gives there; or, as chroma is enlarged by its
# neighbours in both directions (4:2:0), its edges differ on all four sides.
# Seen with libjpeg-turbo 3.1.2 (in @julusian/jpeg-turbo 2.3.0, called by koffi 3.3.4): the first column differs, and the
# last where it does not end at a block's edge, since the chroma beyond is not looked at. The first and the last row are
# right: rows that are skipped serve as neighbours. One block more to the left and to the right makes the part exact.
#
# Prints what it saw; fails if that has changed. Needs Node 20 and a package registry.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @julusian/jpeg-turbo@2.3.0 sharp@0.35.5 koffi@3.3.4
cat >look.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import koffi from "koffi";
import sharp from "sharp";

const [width, height, block] = [320, 240, 16];
const pixels = Buffer.from(
  Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return (x * 7 * ((at % 3) + 1) + y * 11 + (((x >> 3) ^ (y >> 2)) & 1) * 90) % 256;
  }),
);
const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
  .jpeg({ quality: 90, chromaSubsampling: "4:2:0" })
  .toBuffer();

const prebuilds = "node_modules/@julusian/jpeg-turbo/prebuilds";
const library = readdirSync(prebuilds).reduce((found, name) => {
  try {
    return found ?? koffi.load(`${prebuilds}/${name}/libturbojpeg.so.0`);
  } catch {
    return found; // for another machine
  }
}, undefined);
koffi.struct("region", { x: "int", y: "int", w: "int", h: "int" });
const decoder = library.func("void *tj3Init(int)")(1);
const readHeader = library.func("int tj3DecompressHeader(void *, const uint8_t *, size_t)");
const setRegion = library.func("int tj3SetCroppingRegion(void *, region)");
const decompress = library.func("int tj3Decompress8(void *, const uint8_t *, size_t, uint8_t *, int, int)");

function decode({ x, y, w, h }) {
  const out = Buffer.alloc(w * h * 3);
  assert.equal(readHeader(decoder, jpeg, jpeg.length), 0);
  assert.equal(setRegion(decoder, { x, y, w, h }), 0);
  assert.equal(decompress(decoder, jpeg, jpeg.length, out, 0, 0), 0);
  return out;
}
const whole = decode({ x: 0, y: 0, w: width, h: height });

/** The columns of `part` that differ from the whole, and for each how many rows do. */
function wrongColumns(region, part) {
  const wrong = new Map();
  for (let at = 0; at < part.length; at++) {
    const [column, row] = [Math.floor(at / 3) % region.w, Math.floor(at / 3 / region.w)];
    const there = ((region.y + row) * width + region.x + column) * 3 + (at % 3);
    if (part[at] !== whole[there]) wrong.set(column, (wrong.get(column) ?? new Set()).add(row));
  }
  return new Map([...wrong].map(([column, rows]) => [column, rows.size]));
}

const region = { x: 4 * block, y: 37, w: 6 * block + 3, h: 101 };
const wrong = wrongColumns(region, decode(region));
console.log("wrong columns and their rows:", wrong);
assert.ok(wrong.has(0), "the first column is right now");
assert.ok([...wrong.keys()].every((column) => column === 0 || column === region.w - 1), "others are wrong, too");
assert.ok(wrong.get(0) > region.h / 2, "the first column is wrong in few rows only");

const wider = { ...region, x: region.x - block, w: region.w + 2 * block };
const inner = [...wrongColumns(wider, decode(wider)).keys()].filter((column) => {
  return column >= block && column < block + region.w;
});
console.log("wrong columns of the same part, with a block more on both sides:", inner);
assert.deepEqual(inner, []);
SCRIPT
node look.mjs
echo "as described"
