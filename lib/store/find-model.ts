import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isBestCheckpoint } from "#lib/model/checkpoint.ts";
import type { Ancestor, Progress } from "#lib/model/checkpoint.ts";
import { folderOf, readCheckpointMeta } from "./checkpoint-folder.ts";

/** How deep below the folder a checkpoint may lie: work_dirs/<config>/<time>/<checkpoint>. */
const MAX_DEPTH = 3;

interface Candidate {
  readonly path: string;
  readonly run: string;
  readonly isBest: boolean;
  readonly createTime: string;
  readonly best: Progress["best"];
}

/** The model to serve: of the newest run below a folder its best checkpoint, or of those that it resumed, else its newest. */
export async function findModel(folder: string): Promise<string | undefined> {
  const candidates = await search(folder, MAX_DEPTH);
  const newest = candidates.toSorted((a, b) => b.createTime.localeCompare(a.createTime))[0];
  const best = candidates.find(({ run, isBest }) => isBest && run === newest?.run);
  return best?.path ?? (newest && (await findBest(newest.path, newest.best))) ?? newest?.path;
}

/** The best checkpoint of which another one tells: in its own run, in one that this went on from, or beside it. */
export async function findBest(checkpoint: string, best: Progress["best"]): Promise<string | undefined> {
  if (!best) return undefined;
  const run = dirname(folderOf(checkpoint));
  const ancestors = (await continuesOf(checkpoint)).map(({ path }) => dirname(resolve(run, path)));
  const others = (await foldersIn(dirname(run))).map((name) => join(dirname(run), name));
  for (const folder of new Set([run, ...ancestors, ...others])) {
    const [found] = await describe(resolve(folder, best.name));
    if (found && isDeepStrictEqual(found.best, best)) return found.path; // another run may have one of the same name
  }
  return undefined;
}

async function continuesOf(checkpoint: string): Promise<readonly Ancestor[]> {
  return await readCheckpointMeta(checkpoint).then(
    ({ continues = [] }) => continues,
    () => [],
  );
}

async function search(folder: string, depth: number): Promise<Candidate[]> {
  const itself = await describe(folder);
  if (itself.length > 0 || depth === 0) return itself;
  return (await Promise.all((await foldersIn(folder)).map((name) => search(join(folder, name), depth - 1)))).flat();
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
}

async function describe(path: string): Promise<Candidate[]> {
  try {
    const { createTime, progress } = await readCheckpointMeta(path);
    return [{ path, run: dirname(path), isBest: isBestCheckpoint(basename(path)), createTime, best: progress.best }];
  } catch {
    return []; // torn or foreign
  }
}
