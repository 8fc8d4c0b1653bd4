import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { synthesize } from "#lib/host/pictures/synth.ts";

/** The most common size of photos in ImageNet. */
const WIDTH_PX = 500;
const HEIGHT_PX = 375;
const JPEG_QUALITY = 90;
/** Grey levels by which neighbouring pixels differ: drawings are smooth, and decode faster than photos. */
const GRAIN = 12;

/**
 * Draws a dataset in the annotation layout whose training photos are like those of a camera in size and grain; its list
 * names each of them `repeats` times. Returns the training photos.
 */
export async function drawPhotos(
  folder: string,
  { count, repeats }: { readonly count: number; readonly repeats: number },
): Promise<string[]> {
  await synthesize({ out: folder, count, seed: 0, layout: "annotation", sizePx: WIDTH_PX });
  const list = join(folder, "meta", "train.txt");
  const lines = await readFile(list, "utf8");
  await writeFile(list, lines.repeat(repeats));
  const photos = lines
    .trim()
    .split("\n")
    .map((line) => join(folder, "train", line.split("\t")[0] ?? ""));
  const noise = { type: "gaussian", mean: 128, sigma: GRAIN } as const;
  const grain = await sharp({ create: { width: WIDTH_PX, height: HEIGHT_PX, channels: 3, background: "grey", noise } })
    .png()
    .toBuffer();
  for (const photo of photos) {
    await sharp(photo)
      .resize(WIDTH_PX, HEIGHT_PX)
      .composite([{ input: grain, blend: "overlay" }])
      .jpeg({ quality: JPEG_QUALITY })
      .toFile(`${photo}.new`);
    await rename(`${photo}.new`, photo);
  }
  return photos;
}
