import { PetageError, type ErrorCode } from "#lib/base/errors.ts";

const ENCODINGS = [
  { name: "utf-16le", mark: [0xff, 0xfe] },
  { name: "utf-16be", mark: [0xfe, 0xff] },
] as const;
const LINE_FEED = 0x0a;

/**
 * A user's text: UTF-8, or UTF-16 that says so by its first bytes, as Windows PowerShell writes it. Without the mark.
 * @param file the name that messages show
 * @throws PetageError with the code and the line, for what is neither
 */
export function decodeText(bytes: Uint8Array, file: string, code: ErrorCode): string {
  const marked = ENCODINGS.find(({ mark }) => mark.every((byte, at) => bytes[at] === byte));
  if (!marked && bytes.includes(0)) {
    throw notText("a NUL byte", { code, file, line: lineOf(bytes, bytes.indexOf(0)) });
  }
  const text = decode(bytes, marked?.name ?? "utf-8");
  if (text === undefined) {
    const holds = marked ? "half a character of UTF-16" : "bytes that are not UTF-8";
    throw notText(holds, { code, file, line: marked ? 1 : firstOddLine(bytes) });
  }
  // UTF-32 begins as UTF-16 does, and goes on with NULs.
  if (text.includes("\0")) throw notText("a NUL character", { code, file, line: 1 });
  return text;
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

interface Place {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
}

function notText(holds: string, { code, file, line }: Place): PetageError {
  return new PetageError(code, `The file is no text in UTF-8: it holds ${holds}`, {
    position: { file, line, column: 1 },
    hint: "Save it as UTF-8",
  });
}

function lineOf(bytes: Uint8Array, at: number): number {
  return bytes.subarray(0, at).reduce((count, byte) => (byte === LINE_FEED ? count + 1 : count), 1);
}

/** The first line whose bytes are not UTF-8; no byte of a character is a line feed. */
function firstOddLine(bytes: Uint8Array): number {
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const end = bytes.indexOf(LINE_FEED, from);
    const next = end < 0 ? bytes.length : end + 1;
    if (decode(bytes.subarray(from, next), "utf-8") === undefined) return line;
    from = next;
  }
  return 1;
}
