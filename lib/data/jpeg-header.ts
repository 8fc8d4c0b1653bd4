/** What the frame header of a JPEG says, without decoding it (ITU-T T.81 annex B). */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

const MARKER = { startOfScan: 0xda, endOfImage: 0xd9 } as const;

/** Reads markers up to the frame header; `undefined` where they make no sense. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // Fill byte.
      continue;
    }
    if (marker === MARKER.startOfScan || marker === MARKER.endOfImage) return;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > view.byteLength) return;
    if (isFrame(marker) && end - at >= 10) return readFrame(view, at + 4);
    at = end;
  }
  return;
}

/** SOF0 to SOF15; C4, C8 and CC in that range are other things. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function readFrame(view: DataView, start: number): JpegHeader {
  return {
    height: view.getUint16(start + 1),
    width: view.getUint16(start + 3),
    components: view.getUint8(start + 5),
  };
}
