import { AllowedFolders, foldersOf } from "#lib/host/files/allowed-folders.ts";
import { configEnvironment, configFilesWithin } from "#lib/host/files/config-files.ts";
import { ownSurroundings } from "#lib/host/files/job-config.ts";
import type { ConfigSurroundings } from "#lib/host/files/job-config.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";
import type { LocalEnvironment } from "../config.ts";

/** What those who ask for jobs reach of this machine. */
export interface Reach {
  readonly reads: AllowedFolders;
  readonly writes: AllowedFolders;
  readonly config: ConfigSurroundings;
  /** Whether they may see what stands in a file of this machine. */
  readonly quotesFiles: boolean;
}

export type ReachSettings = Pick<
  LocalEnvironment,
  "PETAGE_ROOT" | "PETAGE_READ_ROOTS" | "PETAGE_WRITE_ROOTS" | "PETAGE_CONFIG_VARIABLES"
>;

/**
 * A controller that a command has started for itself reaches what its user does. One that serves others reads and
 * writes below its root unless told otherwise, and shows configs no variable that is not named.
 */
export function reachOf(settings: ReachSettings, { quotesFiles }: Pick<Reach, "quotesFiles">): Reach {
  const { PETAGE_ROOT: root, PETAGE_READ_ROOTS: read, PETAGE_WRITE_ROOTS: write } = settings;
  const usual = quotesFiles ? undefined : [root];
  const writable = foldersOf(write, usual);
  const readable = foldersOf(read, usual);
  // What jobs write they read again.
  const all = readable && [...readable, ...(writable ?? []), CONFIGS_FOLDER];
  const reads = new AllowedFolders(all, "PETAGE_READ_ROOTS");
  const names = settings.PETAGE_CONFIG_VARIABLES?.split(",").map((name) => name.trim()) ?? [];
  return {
    reads,
    writes: new AllowedFolders(writable, "PETAGE_WRITE_ROOTS"),
    config: quotesFiles ? ownSurroundings() : { env: configEnvironment(names), files: configFilesWithin(reads) },
    quotesFiles,
  };
}
