/** What the markers of a JPEG say, without decoding it (ITU-T T.81 annex B; Exif 2.3 section 4.6.4). */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
  /** Baseline, extended or progressive Huffman coding: what libjpeg-turbo's simple interface decodes. */
  readonly huffman: boolean;
  /** EXIF orientation, 1 where there is none. */
  readonly orientation: number;
}

const MARKER = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1 } as const;
const EXIF_INTRODUCTION = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif\0\0"
const ORIENTATION_TAG = 0x0112;

/** Reads markers up to the frame header and EXIF; `undefined` where they make no sense. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let frame: Omit<JpegHeader, "orientation"> | undefined;
  for (const { marker, start, end } of segments(view)) {
    if (marker === MARKER.app1) orientation = readOrientation(view, start, end) ?? orientation;
    if (isFrame(marker) && end - start >= 6) frame = readFrame(view, start, marker);
  }
  return frame && { ...frame, orientation };
}

interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/** The marker segments before the first scan; stops quietly where the file does not follow the form. */
function* segments(view: DataView): Generator<Segment, void> {
  let at = 2;
  while (at + 4 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // Fill byte.
      continue;
    }
    if (marker === MARKER.startOfScan || marker === MARKER.endOfImage) return;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > view.byteLength || end < at + 4) return;
    yield { marker, start: at + 4, end };
    at = end;
  }
}

/** SOF0 to SOF15; C4, C8 and CC in that range are other things. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function readFrame(view: DataView, start: number, marker: number): Omit<JpegHeader, "orientation"> {
  return {
    bitsPerSample: view.getUint8(start),
    height: view.getUint16(start + 1),
    width: view.getUint16(start + 3),
    components: view.getUint8(start + 5),
    huffman: marker <= 0xc2,
  };
}

function readOrientation(view: DataView, start: number, end: number): number | undefined {
  if (EXIF_INTRODUCTION.some((byte, index) => start + index >= end || view.getUint8(start + index) !== byte)) return;
  const tiff = start + EXIF_INTRODUCTION.length;
  if (tiff + 8 > end) return;
  const littleEndian = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  if (directory + 2 > end) return;
  const count = view.getUint16(directory, littleEndian);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return;
    if (view.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, littleEndian);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return;
}
