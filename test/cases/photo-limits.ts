import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Check } from "./case.ts";

/** Pixels of a telephone's photo of 50 megapixels, and of noise that no PNG makes smaller: 20 MB. */
const PHONE = { width: 8160, height: 6120 } as const;
const NOISE = { width: 3000, height: 2250 } as const;
const CHANNELS = 3;

/** Photos of 50 megapixels are trained on; `petage predict` makes what is too large smaller, and says so. */
export const photoLimits: Check = async ({ root }) => {
  const data = await root.draw();
  const [phone, noise] = [join(data, "train/phone.jpg"), root.path("noise_20mb.png")];
  await writeFile(phone, await flatJpeg());
  await writeFile(noise, await noisePng());
  await appendFile(join(data, "meta/train.txt"), "phone.jpg\t12\n");
  const trained = await root.succeeds("train tiny.py --work-dir W");
  assert.doesNotMatch(trained, /phone\.jpg|IMAGE_TOO_LARGE/);
  const answer = await root.succeeds(`predict ${phone} ${noise} --work-dirs W`);
  for (const photo of [phone, noise]) assert.ok(answer.includes(`${photo}: Made smaller before it is sent`), answer);
  await writeFile(phone, await flatJpeg({ width: 12_000, height: 9000 }));
  await root.fails("dataset check tiny.py --split train", /PETAGE_MAX_IMAGE_PIXELS.*\[IMAGE_TOO_LARGE\]/);
};

function flatJpeg(size: { readonly width: number; readonly height: number } = PHONE): Promise<Buffer> {
  const create = { ...size, channels: CHANNELS, background: "tan" } as const;
  return sharp({ create, limitInputPixels: false }).jpeg().toBuffer();
}

function noisePng(): Promise<Buffer> {
  const noise = randomFillSync(Buffer.alloc(NOISE.width * NOISE.height * CHANNELS));
  return sharp(noise, { raw: { ...NOISE, channels: CHANNELS } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
