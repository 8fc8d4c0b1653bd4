import { lstat, readFile, realpath, rm } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { isRunOf } from "#lib/jobs/names.ts";
import { absentAs, LATEST_FILE } from "./checkpoint-folder.ts";

export interface RunToRemove {
  /** `work_dirs`: nothing outside of it is touched. It may itself be a link. */
  readonly root: string;
  /** The run's folder, with the root's path before it. */
  readonly folder: string;
  /** Uid of the job whose run it is. */
  readonly uid: string;
}

/**
 * Removes a run with its checkpoints and logs; says whether it was there. Everything else in the work dir stays: other
 * runs, and what was published. Throws INVALID_ARGUMENT for a folder that is not the job's own, and for a way to it that
 * leads over a link.
 */
export async function removeRun({ root, folder, uid }: RunToRemove): Promise<boolean> {
  const way = relative(resolve(root), resolve(folder)).split(sep);
  if (way[0] === "..") throw refused(folder, `lies outside of ${root}`);
  const name = basename(folder);
  if (!isRunOf(name, uid)) throw refused(folder, `is not named as a run of job ${uid} is`);
  let path = await realpath(root);
  for (const part of way) {
    path = join(path, part);
    const found = await lstat(path).catch(absentAs(undefined));
    if (found === undefined) return false;
    if (!found.isDirectory()) throw refused(folder, `leads over ${path}, which is no folder`);
  }
  await rm(path, { recursive: true }); // removes links, and follows none
  await forgetLatest(dirname(path), name);
  return true;
}

/** The file of a work dir that names the newest checkpoint, where that was one of the run. */
async function forgetLatest(workDir: string, run: string): Promise<void> {
  const file = join(workDir, LATEST_FILE);
  const latest = await readFile(file, "utf8").catch(absentAs(""));
  if (basename(dirname(latest.trim())) === run) await rm(file, { force: true });
}

function refused(folder: string, why: string): PetageError {
  return new PetageError("INVALID_ARGUMENT", `${folder} ${why}: nothing was removed`);
}
