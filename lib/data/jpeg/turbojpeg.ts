import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import koffi from "koffi";
import { assert } from "#lib/base/assert.ts";
import { IMAGE_PART_LIMITS } from "#lib/data/image-parts.ts";
import type { Box, Size } from "#lib/data/geometry.ts";

// The C API of libjpeg-turbo 3 (its turbojpeg.h), in the library that the package of a binding brings along. The binding
// itself is not used: it decodes with the fast DCT, whose pixels are not OpenCV's, and always all of them.

/** `TJINIT_DECOMPRESS` */
const DECOMPRESS = 1;
/** `TJPF_BGR` */
const BGR = 1;
/** `TJPARAM_*` */
const PARAM = {
  subsampling: 4,
  width: 5,
  height: 6,
  precision: 7,
  colourSpace: 8,
  progressive: 12,
  scanLimit: 13,
} as const;
/** `TJCS_YCbCr` and `TJCS_GRAY` */
const COLOUR_SPACES = new Set([1, 2]);
/** Width of a block of coefficients with its chroma, by `TJSAMP_*`: 4:4:4, 4:2:2, 4:2:0, grey, 4:4:0. Others are rare. */
const BLOCK_WIDTHS_PX: readonly number[] = [8, 16, 16, 8, 8];

/**
 * Blocks to decode beside those that are wanted. The chroma of an outermost column is enlarged without its neighbour; and
 * where the last scans of a progressive JPEG lack, libjpeg smooths each block by two on either side.
 */
const MARGIN_BLOCKS = { baseline: 1, progressive: 3 } as const;

/** An address. */
type Handle = unknown;

interface TurboJpeg {
  init(kind: number): Handle;
  destroy(handle: Handle): void;
  readHeader(handle: Handle, jpeg: Uint8Array, length: number): number;
  get(handle: Handle, parameter: number): number;
  set(handle: Handle, parameter: number, value: number): number;
  setRegion(handle: Handle, region: { x: number; y: number; w: number; h: number }): number;
  decompress(...of: [Handle, Uint8Array, number, Uint8Array, number, number]): number;
}

let loaded: { readonly library: TurboJpeg | undefined } | undefined;

/** Loaded for the first JPEG: most processes that know this module decode none. */
function turboJpeg(): TurboJpeg | undefined {
  loaded ??= { library: load() };
  return loaded.library;
}

/** `undefined` where the package has no library for this machine. */
function load(): TurboJpeg | undefined {
  const folder = join(dirname(createRequire(import.meta.url).resolve("@julusian/jpeg-turbo")), "prebuilds");
  // One for each processor and C library, of which a machine can load one; those for other systems are not libraries.
  const builds = readdirSync(folder).map((build) => join(folder, build, "libturbojpeg.so.0"));
  const library = firstDefined(builds, open);
  if (!library) return undefined;
  // Without a name, of which there may be one in a process.
  const region = koffi.struct({ x: "int", y: "int", w: "int", h: "int" });
  return {
    init: library.func("void *tj3Init(int)"),
    destroy: library.func("void tj3Destroy(void *)"),
    readHeader: library.func("int tj3DecompressHeader(void *, const uint8_t *, size_t)"),
    get: library.func("int tj3Get(void *, int)"),
    set: library.func("int tj3Set(void *, int, int)"),
    setRegion: library.func("tj3SetCroppingRegion", "int", ["void *", region]),
    decompress: library.func("int tj3Decompress8(void *, const uint8_t *, size_t, uint8_t *, int, int)"),
  };
}

function firstDefined<T, R>(items: readonly T[], of: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = of(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function open(file: string): ReturnType<typeof koffi.load> | undefined {
  try {
    return koffi.load(file);
  } catch {
    return undefined; // not there, or for another C library
  }
}

/** Runs `body` with a decoder of its own that has read the header; `undefined` where that makes no sense. */
function withDecoder<T>(turbo: TurboJpeg, jpeg: Uint8Array, body: (decoder: Handle) => T): T | undefined {
  const decoder = turbo.init(DECOMPRESS);
  assert(decoder !== null, "memory for a decoder of JPEGs");
  try {
    turbo.set(decoder, PARAM.scanLimit, IMAGE_PART_LIMITS.jpegScans);
    return turbo.readHeader(decoder, jpeg, jpeg.length) === 0 ? body(decoder) : undefined;
  } finally {
    turbo.destroy(decoder);
  }
}

/** A baseline or progressive JPEG of 8 bits, in colour or grey, whose pixels libjpeg-turbo gives. */
export interface TurboImage extends Size {
  /** The region to decode so that it holds `wanted`, with what its outermost pixels are mixed of; it begins with a block. */
  regionFor(wanted: Box): Box;
  /** Writes the region's pixels, BGR, one row after the other. False where the file is not as it should be. */
  decode(region: Box, target: Uint8Array): boolean;
}

/** `undefined` where it is for another decoder, or there is no library. */
export function openTurbo(jpeg: Uint8Array): TurboImage | undefined {
  const library = turboJpeg();
  return library && withDecoder(library, jpeg, (decoder) => describe(library, decoder, jpeg));
}

function describe(turbo: TurboJpeg, decoder: Handle, jpeg: Uint8Array): TurboImage | undefined {
  const get = (name: keyof typeof PARAM): number => turbo.get(decoder, PARAM[name]);
  const [width, height, blockWidth] = [get("width"), get("height"), BLOCK_WIDTHS_PX[get("subsampling")]];
  if (get("precision") !== 8 || !COLOUR_SPACES.has(get("colourSpace")) || blockWidth === undefined) return undefined;
  const margin = MARGIN_BLOCKS[get("progressive") === 1 ? "progressive" : "baseline"];
  return {
    width,
    height,
    regionFor({ top, left, height: rows, width: columns }) {
      const start = Math.max(0, (Math.floor(left / blockWidth) - margin) * blockWidth);
      const end = Math.min(width, left + columns + margin * blockWidth);
      return { top, left: start, height: rows, width: end - start };
    },
    decode: (region, target) => decode(turbo, jpeg, { region, target }),
  };
}

function decode(
  turbo: TurboJpeg,
  jpeg: Uint8Array,
  { region, target }: { readonly region: Box; readonly target: Uint8Array },
): boolean {
  const { left: x, top: y, width: w, height: h } = region;
  const isDone = withDecoder(turbo, jpeg, (decoder) => {
    if (turbo.setRegion(decoder, { x, y, w, h }) !== 0) return false;
    return turbo.decompress(decoder, jpeg, jpeg.length, target, 0, BGR) === 0;
  });
  return isDone ?? false;
}
