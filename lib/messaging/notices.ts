import type { Notice } from "#lib/collective/types.ts";

import { encodeFrame } from "./codec.ts";
import type { Frame, FrameHeader } from "./codec.ts";

/** Longer reasons are cut, so that a notice stays a small message. */
const REASON_LIMIT_CHARACTERS = 1_000;

/** The fields of a frame that carries no chunk. */
export function plainHeader(kind: FrameHeader["kind"], generation: number, sender: number): FrameHeader {
  return { kind, generation, sender, step: 0, bucket: 0, hop: 0, chunk: 0, position: 0 };
}

export function encodeNotice(notice: Notice, generation: number): Uint8Array {
  const header = plainHeader(notice.kind, generation, notice.rank);
  if (notice.kind === "alive") return encodeFrame({ ...header, step: notice.begun }, new Uint8Array(0));
  if (notice.kind === "leaving") return encodeFrame(header, new Uint8Array(0));
  const { lost, reason } = notice;
  const text = JSON.stringify({ reason: reason.slice(0, REASON_LIMIT_CHARACTERS), lost });
  return encodeFrame(header, new TextEncoder().encode(text));
}

/** The notice in a frame, or nothing when it is none of a ring of that size. */
export function decodeNotice(frame: Frame, size: number): Notice | undefined {
  const rank = frame.sender;
  if (rank >= size) return undefined;
  switch (frame.kind) {
    case "alive":
      return { kind: "alive", rank, begun: frame.step };
    case "leaving":
      return { kind: "leaving", rank };
    case "failed":
      return { kind: "failed", rank, ...parseFailure(new TextDecoder().decode(frame.payload), size) };
    default:
      return undefined;
  }
}

function parseFailure(text: string, size: number): { reason: string; lost?: number } {
  try {
    const { reason, lost } = JSON.parse(text) as { reason?: unknown; lost?: unknown };
    const isRank = typeof lost === "number" && Number.isInteger(lost) && lost >= 0 && lost < size;
    return { reason: String(reason).slice(0, REASON_LIMIT_CHARACTERS), ...(isRank && { lost }) };
  } catch {
    return { reason: "no reason that can be read" };
  }
}
