/** What a JPEG's markers say, without decoding it (ITU-T T.81 annex B). */
export interface JpegOutline {
  /** `undefined` where no frame header makes sense. */
  readonly frame: JpegFrame | undefined;
  /** Passes over the whole image: one of a baseline JPEG, about ten of a progressive one. */
  readonly scans: number;
  readonly segments: number;
  /** Whether it brings metadata of a camera, by which it may have to be turned. */
  readonly exif: boolean;
  /** Whether the marker of the end is there. */
  readonly complete: boolean;
}

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

const MARKER = { stuffing: 0x00, temporary: 0x01, startOfScan: 0xda, endOfImage: 0xd9, application1: 0xe1 } as const;
const MIN_FRAME_BYTES = 8;

/** Reads the markers up to the end of the image, over what stands between them as libjpeg does. */
export function outlineJpeg(bytes: Uint8Array): JpegOutline {
  let frame: JpegFrame | undefined;
  let scans = 0;
  let segments = 0;
  let exif = false;
  let at = nextMarker(bytes, 2);
  for (; at + 1 < bytes.length; at = nextMarker(bytes, at)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === MARKER.endOfImage) return { frame, scans, segments, exif, complete: true };
    if (isAlone(marker)) {
      at += 2;
      continue;
    }
    const length = uint16(bytes, at + 2);
    segments++;
    if (marker === MARKER.application1 && isExif(bytes, at + 4)) exif = true;
    if (marker === MARKER.startOfScan) scans++;
    else if (isFrame(marker) && scans === 0 && at + 2 + length <= bytes.length && length >= MIN_FRAME_BYTES) {
      frame ??= readFrame(bytes, at + 4);
    }
    at += 2 + length;
  }
  return { frame, scans, segments, exif, complete: false };
}

/** Where 0xFF stands and something else follows. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && bytes[at + 1] === 0xff) at = bytes.indexOf(0xff, at + 1);
  return at < 0 ? bytes.length : at;
}

/** Markers without a segment; those of restarts and of the start of an image, too. */
function isAlone(marker: number): boolean {
  return marker === MARKER.stuffing || marker === MARKER.temporary || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0 to SOF15; C4, C8 and CC in that range are other things. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function isExif(bytes: Uint8Array, at: number): boolean {
  return [0x45, 0x78, 0x69, 0x66].every((letter, index) => bytes[at + index] === letter);
}

function readFrame(bytes: Uint8Array, start: number): JpegFrame {
  return { height: uint16(bytes, start + 1), width: uint16(bytes, start + 3), components: bytes[start + 5] ?? 0 };
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}
