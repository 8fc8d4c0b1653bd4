import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { synthesize } from "#lib/host/pictures/synth.ts";

/** Pixels. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** The most common size of photos in ImageNet. */
const DEFAULT_SIZE: PhotoSize = { width: 500, height: 375 };
const JPEG_QUALITY = 90;
/** Grey levels by which neighbouring pixels differ: drawings are smooth, and decode faster than photos. */
const GRAIN = 12;

export interface DrawOptions {
  readonly count: number;
  readonly repeats: number;
  readonly size?: PhotoSize;
}

/**
 * Draws a dataset in the annotation layout whose training photos are like those of a camera in size and grain; its list
 * names each of them `repeats` times. Returns the training photos.
 */
export async function drawPhotos(
  folder: string,
  { count, repeats, size = DEFAULT_SIZE }: DrawOptions,
): Promise<string[]> {
  await synthesize({ out: folder, count, seed: 0, layout: "annotation", sizePx: size.width });
  const list = join(folder, "meta", "train.txt");
  const lines = await readFile(list, "utf8");
  await writeFile(list, lines.repeat(repeats));
  const photos = lines
    .trim()
    .split("\n")
    .map((line) => join(folder, "train", line.split("\t")[0] ?? ""));
  const noise = { type: "gaussian", mean: 128, sigma: GRAIN } as const;
  const grain = await sharp({ create: { ...size, channels: 3, background: "grey", noise } })
    .png()
    .toBuffer();
  for (const photo of photos) {
    await sharp(photo)
      .resize(size.width, size.height)
      .composite([{ input: grain, blend: "overlay" }])
      .jpeg({ quality: JPEG_QUALITY })
      .toFile(`${photo}.new`);
    await rename(`${photo}.new`, photo);
  }
  return photos;
}
