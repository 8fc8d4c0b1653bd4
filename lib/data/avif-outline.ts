import { undecodable } from "./plain-image.ts";

/** A box of an AVIF (ISO/IEC 14496-12): its type, and its content, which is all that is read of it. */
interface Box {
  readonly type: string;
  readonly content: DataView;
}

/** Images made of images made of images; a grid of tiles is one level. */
const MAX_LEVELS = 3;
/** What describes the items, which is all that is read here: a photo has some hundred bytes of it, and its profile. */
const MAX_META_BYTES = 4 * 2 ** 20;
/** The version and the flags with which many boxes begin. */
const FULL_BOX_BYTES = 4;

/**
 * Pixels of all images that are decoded to make images of them, a grid's tiles (ISO/IEC 23008-12): a tile that is named
 * often is decoded as often. Infinity where they are nested too deeply, or in a circle. What the file says twice counts
 * twice: which of the two a decoder takes, it does not say.
 * @throws PetageError IMAGE_UNDECODABLE
 */
export function derivedPixels(bytes: Uint8Array): number {
  const metas = [...boxesOf("meta", new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))];
  const metaBytes = metas.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (metaBytes > MAX_META_BYTES) throw undecodable(`the AVIF has more than ${MAX_META_BYTES} bytes of metadata`);
  try {
    return metas.reduce((sum, meta) => sum + pixelsOf(meta), 0);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw undecodable("a box of the AVIF says more than it holds");
  }
}

function pixelsOf(meta: DataView): number {
  const parts = after(meta, FULL_BOX_BYTES);
  const sources = new Map<number, number[]>();
  for (const references of boxesOf("iref", parts)) addSources(sources, references);
  const own = new Map<number, number>();
  for (const properties of boxesOf("iprp", parts)) addSizes(own, properties);
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

/** What the boxes of this type hold that follow others there. */
function* boxesOf(type: string, view: DataView): Generator<DataView, void> {
  for (const box of boxes(view)) if (box.type === type) yield box.content;
}

/** The boxes that follow each other there; of one that is longer than what it lies in, what there is of it. */
function* boxes(view: DataView): Generator<Box, void> {
  for (let at = 0; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    const long = size === 1;
    const head = long ? 16 : 8;
    if (at + head > view.byteLength) break;
    const bytes = long ? Number(view.getBigUint64(at + 8)) : size === 0 ? view.byteLength - at : size;
    if (bytes < head) break;
    yield { type, content: after(view, at + head, at + bytes) };
    at += bytes;
  }
}

/** What lies from `from` on, up to `to` or the end. */
function after(view: DataView, from: number, to = view.byteLength): DataView {
  const end = Math.min(to, view.byteLength);
  const start = Math.min(from, end);
  return new DataView(view.buffer, view.byteOffset + start, end - start);
}

/** Which items an item is made of, by `dimg` references. */
function addSources(sources: Map<number, number[]>, references: DataView): void {
  const idBytes = references.getUint8(0) === 0 ? 2 : 4;
  for (const content of boxesOf("dimg", after(references, FULL_BOX_BYTES))) {
    const id = (at: number): number => (idBytes === 2 ? content.getUint16(at) : content.getUint32(at));
    const count = content.getUint16(idBytes);
    const made = sources.get(id(0)) ?? [];
    for (let nth = 0; nth < count; nth++) made.push(id(idBytes + 2 + nth * idBytes));
    sources.set(id(0), made);
  }
}

/** The pixels of each item, by its property `ispe`. */
function addSizes(own: Map<number, number>, properties: DataView): void {
  const pixels: number[] = [];
  for (const container of boxesOf("ipco", properties)) {
    for (const { type, content } of boxes(container)) {
      pixels.push(type === "ispe" ? content.getUint32(4) * content.getUint32(8) : 0);
    }
  }
  for (const associations of boxesOf("ipma", properties)) addAssociations(own, associations, pixels);
}

function addAssociations(own: Map<number, number>, content: DataView, pixels: readonly number[]): void {
  const idBytes = content.getUint8(0) === 0 ? 2 : 4;
  const indexBytes = (content.getUint8(3) & 1) === 0 ? 1 : 2;
  const count = content.getUint32(FULL_BOX_BYTES);
  let at = FULL_BOX_BYTES + 4;
  for (let nth = 0; nth < count; nth++) {
    const item = idBytes === 2 ? content.getUint16(at) : content.getUint32(at);
    const associated = content.getUint8(at + idBytes);
    at += idBytes + 1;
    let most = own.get(item) ?? 0;
    for (let property = 0; property < associated; property++, at += indexBytes) {
      const index = indexBytes === 1 ? content.getUint8(at) & 0x7f : content.getUint16(at) & 0x7fff;
      most = Math.max(most, pixels[index - 1] ?? 0);
    }
    own.set(item, most);
  }
}
