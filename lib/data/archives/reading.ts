/** A part of a file. */
export interface Span {
  readonly at: number;
  readonly bytes: number;
}

/**
 * Reads a file in parts, wherever it is: yields the span that it wants, and gets those bytes, or fewer where the file
 * ends before. So the same code reads memory, and files with and without waiting.
 */
export type Reading<Result> = Generator<Span, Result, Uint8Array>;

/** Carries a reading out at once. */
export function readNow<Result>(reading: Reading<Result>, read: (span: Span) => Uint8Array): Result {
  let next = reading.next();
  while (!next.done) next = reading.next(read(next.value));
  return next.value;
}

/** Carries a reading out, and waits for its parts. */
export async function readLater<Result>(
  reading: Reading<Result>,
  read: (span: Span) => Promise<Uint8Array>,
): Promise<Result> {
  let next = reading.next();
  while (!next.done) next = reading.next(await read(next.value));
  return next.value;
}

/** Reads what is in memory. */
export function inMemory(bytes: Uint8Array): (span: Span) => Uint8Array {
  return ({ at, bytes: count }) => bytes.subarray(at, at + count);
}
