import { undecodable } from "./plain-image.ts";

/** A box of an AVIF (ISO/IEC 14496-12): its type, and where its content begins and ends. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/** Images made of images made of images; a grid of tiles is one level. */
const MAX_LEVELS = 3;
/** What describes the items, which is all that is read here: a photo has some hundred bytes of it, and its profile. */
const MAX_META_BYTES = 4 * 2 ** 20;
/** The version and the flags with which many boxes begin. */
const FULL_BOX_BYTES = 4;

/**
 * Pixels of all images that are decoded to make images of them, a grid's tiles (ISO/IEC 23008-12): a tile that is named
 * often is decoded as often. Infinity where they are nested too deeply, or in a circle.
 * @throws PetageError IMAGE_UNDECODABLE
 */
export function derivedPixels(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return pixelsOf(view);
  } catch (error) {
    if (error instanceof RangeError) return 0; // a box is longer than the file, which the decoder refuses
    throw error;
  }
}

function pixelsOf(view: DataView): number {
  const meta = findBox(view, "meta");
  if (!meta) return 0;
  if (meta.to - meta.from > MAX_META_BYTES)
    throw undecodable(`the AVIF has more than ${MAX_META_BYTES} bytes of metadata`);
  const parts = boxes(view, meta.from + FULL_BOX_BYTES, meta.to);
  const sources = new Map(parts.filter(({ type }) => type === "iref").flatMap((box) => readSources(view, box)));
  const own = new Map(parts.filter(({ type }) => type === "iprp").flatMap((box) => readSizes(view, box)));
  const measured = new Map<number, number>();
  const measure = (item: number, level: number): number => {
    const made = sources.get(item);
    if (!made) return own.get(item) ?? 0;
    if (level > MAX_LEVELS) return Infinity;
    const known = measured.get(item) ?? made.reduce((sum, source) => sum + measure(source, level + 1), 0);
    measured.set(item, known);
    return known;
  };
  return [...sources.keys()].reduce((sum, item) => sum + measure(item, 1), 0);
}

/** The first at the top of the file. */
function findBox(view: DataView, type: string): Box | undefined {
  for (const box of eachBox(view, 0, view.byteLength)) if (box.type === type) return box;
  return undefined;
}

function boxes(view: DataView, from: number, to: number): Box[] {
  return [...eachBox(view, from, to)];
}

function* eachBox(view: DataView, from: number, to: number): Generator<Box, void> {
  for (let at = from; at + 8 <= to;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    const long = size === 1;
    const bytes = long ? Number(view.getBigUint64(at + 8)) : size === 0 ? to - at : size;
    if (bytes < 8) break;
    yield { type, from: at + (long ? 16 : 8), to: Math.min(at + bytes, to) };
    at += bytes;
  }
}

/** Which items an item is made of, by `dimg` references. */
function readSources(view: DataView, box: Box): [item: number, sources: readonly number[]][] {
  const idBytes = view.getUint8(box.from) === 0 ? 2 : 4;
  const id = (at: number): number => (idBytes === 2 ? view.getUint16(at) : view.getUint32(at));
  return boxes(view, box.from + FULL_BOX_BYTES, box.to)
    .filter(({ type }) => type === "dimg")
    .map(({ from }) => {
      const count = view.getUint16(from + idBytes);
      return [id(from), Array.from({ length: count }, (_, nth) => id(from + idBytes + 2 + nth * idBytes))];
    });
}

/** The pixels of each item, by its property `ispe`. */
function readSizes(view: DataView, box: Box): [item: number, pixels: number][] {
  const parts = boxes(view, box.from, box.to);
  const properties = parts
    .filter(({ type }) => type === "ipco")
    .flatMap(({ from, to }) => boxes(view, from, to))
    .map(({ type, from }) => (type === "ispe" ? view.getUint32(from + 4) * view.getUint32(from + 8) : 0));
  return parts.filter(({ type }) => type === "ipma").flatMap(({ from }) => readAssociations(view, from, properties));
}

function readAssociations(view: DataView, from: number, pixels: readonly number[]): [item: number, pixels: number][] {
  const idBytes = view.getUint8(from) === 0 ? 2 : 4;
  const indexBytes = (view.getUint8(from + 3) & 1) === 0 ? 1 : 2;
  const count = view.getUint32(from + FULL_BOX_BYTES);
  let at = from + FULL_BOX_BYTES + 4;
  if (at + count * (idBytes + 1) > view.byteLength) throw new RangeError("more items than the file has bytes for");
  return Array.from({ length: count }, () => {
    const item = idBytes === 2 ? view.getUint16(at) : view.getUint32(at);
    const associated = view.getUint8(at + idBytes);
    at += idBytes + 1;
    let most = 0;
    for (let nth = 0; nth < associated; nth++, at += indexBytes) {
      const index = indexBytes === 1 ? view.getUint8(at) & 0x7f : view.getUint16(at) & 0x7fff;
      most = Math.max(most, pixels[index - 1] ?? 0);
    }
    return [item, most];
  });
}
