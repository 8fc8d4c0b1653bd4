#!/usr/bin/env bash
# Two npm packages decode the same valid JPEG with libjpeg-turbo, and give other pixels.
#
# Guess: @julusian/jpeg-turbo and sharp both use libjpeg-turbo's decoder, so that their pixels are equal, as OpenCV's and
# sharp's are.
# Seen with @julusian/jpeg-turbo 2.3.0 (libjpeg-turbo 3.1.2) and sharp 0.35.5: most pixels differ, by up to several levels.
# The binding asks for the fast DCT (TJFLAG_FASTDCT) and has no option to turn that off. Called through a foreign function
# interface (koffi 3.3.4), the very library that the package brings along gives sharp's pixels to the bit: its own default
# is the accurate DCT. Who compares models by their pixels must not decode for one of them with this binding.
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
import turbo from "@julusian/jpeg-turbo";
import koffi from "koffi";
import sharp from "sharp";

const [width, height] = [160, 120];
const pixels = Buffer.from(Array.from({ length: width * height * 3 }, (_, at) => (at * 7 + (at >> 5) * 13) % 256));
const smooth = await sharp(pixels, { raw: { width, height, channels: 3 } }).blur(3).png().toBuffer();
const jpeg = await sharp(smooth).jpeg({ quality: 90 }).toBuffer();

const bySharp = await sharp(jpeg).raw().toBuffer();
const byBinding = turbo.decompressSync(jpeg, { format: turbo.FORMAT_RGB }).data;

const prebuilds = "node_modules/@julusian/jpeg-turbo/prebuilds";
const builds = readdirSync(prebuilds).map((name) => `${prebuilds}/${name}/libturbojpeg.so.0`);
const library = builds.reduce((found, build) => {
  try {
    return found ?? koffi.load(build);
  } catch {
    return found; // for another machine
  }
}, undefined);
const decoder = library.func("void *tj3Init(int)")(1);
const byLibrary = Buffer.alloc(bySharp.length);
assert.equal(library.func("int tj3DecompressHeader(void *, const uint8_t *, size_t)")(decoder, jpeg, jpeg.length), 0);
const decompress = library.func("int tj3Decompress8(void *, const uint8_t *, size_t, uint8_t *, int, int)");
assert.equal(decompress(decoder, jpeg, jpeg.length, byLibrary, 0, 0), 0);

const differences = (one) => [...one].map((value, at) => Math.abs(value - bySharp[at]));
const [binding, direct] = [differences(byBinding), differences(byLibrary)];
const count = (all) => all.filter((difference) => difference > 0).length;
console.log(`of ${bySharp.length} values: binding ${count(binding)} others, up to ${Math.max(...binding)} levels;`);
console.log(`the library itself ${count(direct)}`);
assert.ok(count(binding) > 0 && Math.max(...binding) >= 2, "the binding gives sharp's pixels now");
assert.equal(count(direct), 0, "the library gives other pixels than sharp now");
SCRIPT
node look.mjs
echo "as described"
