import { readdir, readFile, stat } from "node:fs/promises";
import { readFileSync, statSync, type Dirent } from "node:fs";
import { resolve } from "node:path";
import { decodeText } from "#lib/data/text.ts";
import type { DataFiles, FolderListing } from "#lib/data/files.ts";
import type { AllowedFolders } from "./allowed-folders.ts";
import { ArchiveFiles } from "./archive-files.ts";
import { checkFile, orMissing } from "./refused-files.ts";

export interface DataFilesOptions {
  /** Folder that relative paths of configs start from; by default the working directory. */
  readonly root?: string;
  /** Read images in this thread: for workers, which would otherwise queue for libuv's few threads. */
  readonly blocking?: boolean;
  /** Where files may lie; anywhere unless given. */
  readonly allowed?: AllowedFolders;
}

/** Of an annotation or class file; one of ImageNet's training split has 50 MB. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;

/** The files of this machine, those of zip and tar archives included: `photos.zip/train/a.jpg`. */
export function localDataFiles(options: DataFilesOptions = {}): DataFiles {
  const { root = ".", blocking = false, allowed } = options;
  const archives = new ArchiveFiles({ blocking, allowed });
  return {
    resolve: (...parts) => {
      const path = resolve(root, ...parts);
      return allowed?.named(path) ?? path;
    },
    readText: (path) =>
      orMissing("NOT_FOUND", path, async () => {
        allowed?.reached(path);
        const limit = { maxBytes: MAX_TEXT_BYTES, tooLarge: "DATASET_INVALID" } as const;
        const inside = await archives.read(path, limit);
        if (!inside) checkFile(path, await stat(path), limit);
        return decodeText(inside ?? (await readFile(path)), path, "DATASET_INVALID");
      }),
    read: (path, maxBytes) =>
      orMissing("DATASET_FILE_MISSING", path, async () => {
        const limit = { maxBytes, tooLarge: "IMAGE_TOO_LARGE" } as const;
        const inside = await archives.read(path, limit);
        if (inside) return inside;
        checkFile(path, blocking ? statSync(path) : await stat(path), limit);
        return blocking ? readFileSync(path) : await readFile(path);
      }),
    list: (folder) =>
      orMissing("NOT_FOUND", folder, async () => {
        allowed?.reached(folder);
        return (await archives.list(folder)) ?? (await listFolder(folder));
      }),
  };
}

async function listFolder(folder: string): Promise<FolderListing> {
  const { dev, ino } = await stat(folder);
  const listing = { identity: `${dev}:${ino}`, files: new Array<string>(), folders: new Array<string>() };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const isFolder = await leadsToFolder(entry, resolve(folder, entry.name));
    (isFolder ? listing.folders : listing.files).push(entry.name);
  }
  return listing;
}

async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // A dangling link: whoever reads it is told.
  }
}
