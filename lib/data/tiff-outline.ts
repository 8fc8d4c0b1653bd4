/** What the directories of a TIFF say, without decoding it (TIFF 6.0, sections 2 and 15). */
export interface TiffOutline {
  /** One more than `maxPages` where there are more. */
  readonly pages: number;
  /** Of the first page's tiles, those beyond its edges too; 0 where it has none. */
  readonly tiledPixels: number;
}

const TAG = {
  width: 256,
  height: 257,
  sampleBits: 258,
  compression: 259,
  photometric: 262,
  tileWidth: 322,
  tileHeight: 323,
  sampleFormat: 339,
} as const;
const UNSIGNED = 1;
const UNDEFINED = 4;
const YCBCR = 6;
/** As old writers have it, and as it is today; both say how their colours are coded. */
const JPEG_COMPRESSIONS: readonly number[] = [6, 7];
const ENTRY_BYTES = 12;
/** The type of a number of two bytes; one of four is read otherwise. */
const SHORT = 3;

/** Reads no more than one page too many; a directory that leads nowhere is the last. */
export function outlineTiff(bytes: Uint8Array, maxPages: number): TiffOutline {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === "I".charCodeAt(0);
  const first = nextOf(view, 4, little);
  let pages = 0;
  for (let at = first; at !== 0 && pages <= maxPages; pages++) {
    at = nextOf(view, at + 2 + entryCount(view, at, little) * ENTRY_BYTES, little);
  }
  return { pages, tiledPixels: tiledPixels(tagsAt(view, first, little)) };
}

/** What the pixels of the first page are that libvips would show otherwise than meant: black, or in wrong colours. */
export function oddTiffPixels(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === "I".charCodeAt(0);
  const tags = tagsAt(view, nextOf(view, 4, little), little);
  const format = tags.get(TAG.sampleFormat) ?? UNSIGNED;
  const bits = tags.get(TAG.sampleBits) ?? 1;
  if (format !== UNSIGNED && format !== UNDEFINED) return "numbers that are signed or floating";
  if (bits > 16) return `numbers of ${bits} bits`;
  const isJpeg = JPEG_COMPRESSIONS.includes(tags.get(TAG.compression) ?? 1);
  return tags.get(TAG.photometric) === YCBCR && !isJpeg ? "YCbCr colours that are not JPEG's" : undefined;
}

function tiledPixels(tags: ReadonlyMap<number, number>): number {
  const [width = 0, height = 0] = [tags.get(TAG.width), tags.get(TAG.height)];
  const [tileWidth = 0, tileHeight = 0] = [tags.get(TAG.tileWidth), tags.get(TAG.tileHeight)];
  if (tileWidth === 0 || tileHeight === 0) return 0;
  return Math.ceil(width / tileWidth) * tileWidth * Math.ceil(height / tileHeight) * tileHeight;
}

/** The first value of each tag of a directory. */
function tagsAt(view: DataView, directory: number, little: boolean): ReadonlyMap<number, number> {
  const tags = new Map<number, number>();
  for (let entry = 0; entry < entryCount(view, directory, little); entry++) {
    const at = directory + 2 + entry * ENTRY_BYTES;
    if (at + ENTRY_BYTES > view.byteLength) break;
    const short = view.getUint16(at + 2, little) === SHORT;
    const isInline = !short || view.getUint32(at + 4, little) <= 2;
    const valueAt = isInline ? at + 8 : view.getUint32(at + 8, little);
    if (valueAt + (short ? 2 : 4) > view.byteLength) continue;
    tags.set(view.getUint16(at, little), short ? view.getUint16(valueAt, little) : view.getUint32(valueAt, little));
  }
  return tags;
}

function entryCount(view: DataView, directory: number, little: boolean): number {
  return directory + 2 <= view.byteLength ? view.getUint16(directory, little) : 0;
}

/** 0 where the file ends. */
function nextOf(view: DataView, at: number, little: boolean): number {
  return at + 4 <= view.byteLength ? view.getUint32(at, little) : 0;
}
