import type { PetageError } from "#lib/base/errors.ts";

/** Makes the error that says what is wrong with an archive. */
export type Invalid = (what: string) => PetageError;

/** Where the content of an entry lies. */
export interface Member {
  /** In the archive, from its first byte: of a zip's entry, its header. */
  readonly at: number;
  /** As it lies there. */
  readonly bytes: number;
  readonly inflatedBytes: number;
  /** How it is compressed, by zip's numbers. */
  readonly method: number | "encrypted";
}

export type Members = ReadonlyMap<string, Member>;

/** Entries of an archive. ImageNet has 1.3 million photos. */
export const MAX_ENTRIES = 2_000_000;
/** Of a zip's directory, which is read at once. */
export const MAX_LIST_BYTES = 256 * 2 ** 20;
