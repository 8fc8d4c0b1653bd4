import { defined } from "#lib/base/assert.ts";
import { randomStream } from "#lib/base/random.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { damaged } from "./damage.ts";
import { Decoder, type Timed } from "./decoder.ts";
import { readableFiles } from "./images.ts";

/** How long a damaged file may keep a decoder. */
export const LIMIT_MS = 2_000;
/** Files of a few kilobytes that claim more are refused before they are decoded. */
const LIMITS: ImageLimits = { maxImageBytes: 1e6, maxImagePixels: 4e6 };

export interface Fault {
  /** `seed/number`, which makes the file again. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly what: string;
}

export interface FuzzReport {
  readonly tried: number;
  readonly decoded: number;
  /** Files by the code that refused them. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  readonly faults: readonly Fault[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** The first file that is made. */
  readonly from?: number;
  readonly onFault?: (fault: Fault) => void;
}

/** The file that a seed and a number name. */
export function fuzzFile(files: readonly Buffer[], seed: number, number: number): Buffer {
  const random = randomStream(seed, number);
  const pick = (): Buffer => defined(files[random.integer(0, files.length - 1)], "a file");
  return damaged(pick(), pick(), random);
}

/** Decodes damaged files: each is an image or refused with a code, in time, and the process that decodes lives on. */
export async function fuzz({ seed, durationMs, from = 0, onFault }: FuzzOptions): Promise<FuzzReport> {
  await using decoder = new Decoder(LIMITS);
  const files = readableFiles();
  const refused = new Map<string, number>();
  const faults: Fault[] = [];
  const end = performance.now() + durationMs;
  let [number, decoded, slowestMs] = [from, 0, 0];
  for (; performance.now() < end; number++) {
    const bytes = fuzzFile(files, seed, number);
    const timed = await decoder.decode(bytes, LIMIT_MS);
    slowestMs = Math.max(slowestMs, timed.ms);
    const what = faultOf(timed);
    if (what !== undefined) {
      const fault = { name: `${seed}/${number}`, bytes, what };
      faults.push(fault);
      onFault?.(fault);
    }
    const { outcome } = timed;
    if (outcome.kind === "image") decoded++;
    else if (outcome.kind === "refused") refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1);
  }
  return { tried: number - from, decoded, refused, slowestMs, faults };
}

/** What is wrong with how a file was taken, if anything. */
export function faultOf({ outcome }: Timed): string | undefined {
  switch (outcome.kind) {
    case "image": {
      const { width, height, pixels, isEqualInPart } = outcome;
      if (pixels.length !== width * height * 3) return `${pixels.length} bytes of ${width} x ${height} pixels`;
      return isEqualInPart ? undefined : "a part of it has other pixels than the same part of the whole";
    }
    case "refused":
      return outcome.code.startsWith("IMAGE_") ? undefined : `${outcome.code}: ${outcome.message}`;
    case "crash":
    case "hang":
      return `${outcome.kind}: ${outcome.how}`;
  }
}
