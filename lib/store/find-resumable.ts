import { access, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { absentAs, OPTIMIZER_FILE, readCheckpoint, readCheckpointMeta } from "./checkpoint-folder.ts";

export interface Resumable {
  readonly checkpoint: Checkpoint;
  readonly path: string;
  /** One line for each newer checkpoint that could not be used, and why. */
  readonly skipped: readonly string[];
}

/**
 * What `--resume` continues: the newest checkpoint, below a work dir or in one of its runs, that is complete and whose
 * files have the SHA-256 of their manifest. A damaged one is passed over and named. `undefined` when there is none.
 * @throws CHECKPOINT_INVALID where all that there are are damaged, FILE_REFUSED where the work dir cannot be read
 */
export async function findResumable(workDir: string): Promise<Resumable | undefined> {
  const skipped: string[] = [];
  const pass = (thrown: unknown): undefined => void skipped.push(PetageError.from(thrown).describe());
  // What cannot be read within it may be another's: a volume has its lost+found.
  const inRun = async (run: string): Promise<string[]> => (await foldersIn(run).catch(pass)) ?? [];
  const runs = await foldersIn(workDir);
  const paths = [...runs, ...(await Promise.all(runs.map(inRun))).flat()].filter((path) =>
    RESUMABLE.test(basename(path)),
  );
  const found = await Promise.all(paths.map((path) => describe(path).catch(pass)));
  const candidates = found.filter((candidate) => candidate !== undefined);
  for (const { path } of candidates.toSorted((a, b) => b.createTime.localeCompare(a.createTime) || b.step - a.step)) {
    const checkpoint = await readCheckpoint(path, { withOptimizer: true }).catch(pass);
    if (checkpoint) return { checkpoint, path, skipped };
  }
  if (candidates.length === 0) return undefined;
  throw new PetageError("CHECKPOINT_INVALID", `No checkpoint below ${workDir} can be resumed: ${skipped.join("; ")}`, {
    hint: "Move them away to start anew",
  });
}

const RESUMABLE = /^(epoch|iter)_\d+$/;

/** Paths of the folders in one; none where it is not there. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(absentAs([]));
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

/** When a checkpoint was made, or nothing for what is none to resume: torn, or without optimizer. */
async function describe(path: string): Promise<{ path: string; step: number; createTime: string } | undefined> {
  try {
    await access(join(path, OPTIMIZER_FILE));
    const { progress, createTime } = await readCheckpointMeta(path);
    return { path, step: progress.step, createTime };
  } catch (thrown) {
    const error = PetageError.from(thrown);
    if (error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
