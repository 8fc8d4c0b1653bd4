#!/bin/sh
# sharp 0.35.5 (libvips 8.18, libheif): to decode an AVIF takes about 20 bytes a pixel, where the same image as PNG takes
# three, those of the result. sharp reads PNG and JPEG in strips, so that memory is bounded by the result; libheif has the
# planes of the whole image, then a copy in RGB, which libvips copies again. A limit of pixels that is right for photos
# in JPEG (`limitInputPixels`) lets an AVIF have six times the memory.
#
# Seen: peak of resident memory above that before, for 5000 x 4000 pixels: PNG 3 to 4 bytes a pixel, AVIF 15 to 22.
# Fails if the AVIF takes less than three times what the PNG takes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5 >/dev/null
cat >try.cjs <<'JS'
const sharp = require("sharp");
const { readFileSync } = require("node:fs");
sharp.cache(false);
sharp.concurrency(1);

const [, , what] = process.argv;
const [width, height] = [5000, 4000];
void (async () => {
  if (what === "make") {
    const image = sharp({ create: { width, height, channels: 3, background: "grey" } });
    await image.clone().png().toFile("image.png");
    await image.clone().avif({ effort: 0 }).toFile("image.avif");
    return;
  }
  const bytes = readFileSync(`image.${what}`);
  const before = process.memoryUsage().rss;
  await sharp(bytes).raw().toBuffer();
  console.log(((process.resourceUsage().maxRSS * 1024 - before) / (width * height)).toFixed(1));
})();
JS
node try.cjs make
png=$(node try.cjs png)
avif=$(node try.cjs avif)
echo "peak memory: PNG $png bytes a pixel, AVIF $avif bytes a pixel"
awk -v png="$png" -v avif="$avif" 'BEGIN { exit !(avif > 3 * png) }'
