/** The files that datasets and transforms read; `lib/host/data-files.ts` is the one for local disks. */
export interface DataFiles {
  /** An absolute path, whatever the path is relative to. */
  resolve(...parts: readonly string[]): string;
  /** Rejects with NOT_FOUND. */
  readText(path: string): Promise<string>;
  /** Rejects with DATASET_FILE_MISSING, or with IMAGE_TOO_LARGE above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Names in a folder; rejects with NOT_FOUND. */
  list(folder: string): Promise<FolderListing>;
}

export interface FolderListing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}
