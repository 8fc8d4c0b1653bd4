import { PetageError } from "#lib/base/errors.ts";

/** The files that datasets and transforms read; `lib/host/files/data-files.ts` is the one for local disks. */
export interface DataFiles {
  /** An absolute path, whatever the path is relative to. */
  resolve(...parts: readonly string[]): string;
  /** UTF-8 or UTF-16. Rejects with NOT_FOUND or DATASET_FILE_UNREADABLE, or with DATASET_INVALID for what is no text. */
  readText(path: string): Promise<string>;
  /** Rejects with DATASET_FILE_MISSING, DATASET_FILE_UNREADABLE, or with IMAGE_TOO_LARGE above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Names in a folder; rejects with NOT_FOUND or DATASET_FILE_UNREADABLE. */
  list(folder: string): Promise<FolderListing>;
}

/** Tells what a missing path was needed for, and which key to look at. */
export async function needed<T>(what: string, hint: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (thrown) {
    const error = PetageError.from(thrown);
    const { code, message } = error;
    if (code !== "NOT_FOUND" && code !== "DATASET_FILE_UNREADABLE") throw error;
    throw new PetageError(code, `Cannot read ${what}: ${message}`, { cause: thrown, hint: error.hint ?? hint });
  }
}

export interface FolderListing {
  /** What tells the folder from all others, however it is reached: by links a folder may lie in itself. */
  readonly identity: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
}
