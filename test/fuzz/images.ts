import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

/** An image of the golden files, and what OpenCV shows of it: uint8 BGR, if anything. */
export interface GoldenImage {
  readonly name: string;
  readonly bytes: Buffer;
  readonly shown: { readonly width: number; readonly height: number; readonly pixels: Buffer } | undefined;
}

interface Row {
  readonly name: string;
  readonly file: string;
  readonly width?: number;
  readonly height?: number;
  readonly pixels?: string;
}

const FOLDER = new URL("../golden/opencv/", import.meta.url);

function rowsOf(file: string): readonly Row[] {
  return (JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as { readonly images: readonly Row[] }).images;
}

/** Those that decoders disagree about or refuse (`make_odd.py`). */
export function oddImages(): GoldenImage[] {
  return rowsOf("odd.json").map(({ name, file, width = 0, height = 0, pixels }) => ({
    name,
    bytes: inflate(file),
    shown: pixels === undefined ? undefined : { width, height, pixels: inflate(pixels) },
  }));
}

/** Files of all kinds that OpenCV reads, to be damaged. */
export function readableFiles(): Buffer[] {
  const plain = rowsOf("decoded.json").map(({ file }) => Buffer.from(file, "base64"));
  return [...plain, ...oddImages().flatMap(({ bytes, shown }) => (shown ? [bytes] : []))];
}

function inflate(text: string): Buffer {
  return inflateSync(Buffer.from(text, "base64"));
}
