import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { bmp } from "#test/lib/data/odd-images.ts";

const WIDTH = 40;
const HEIGHT = 20;

/** Writes photos of one colour into a folder, each in the format that its name ends with. */
export async function writePhotos(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await write(join(folder, name), await photo(extname(name).toLowerCase()));
}

/** Writes text, or bytes, to files of a folder, by their names. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await write(join(folder, name), content);
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function photo(ending: string): Promise<Uint8Array> {
  if (ending === ".bmp") return bmp({});
  return await encoded(sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: "tan" } }), ending);
}

function encoded(image: Sharp, ending: string): Promise<Buffer> {
  const formats: Readonly<Record<string, () => Sharp>> = {
    ".webp": () => image.webp(),
    ".tiff": () => image.tiff(),
    ".gif": () => image.gif(),
    ".png": () => image.png(),
  };
  return (formats[ending] ?? (() => image.jpeg()))().toBuffer();
}
