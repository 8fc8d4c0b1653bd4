import { dirname, relative, resolve } from "node:path";
import { numberedNames } from "#lib/model/checkpoint.ts";
import type { Ancestor, CheckpointStore } from "#lib/model/checkpoint.ts";
import { folderOf, readCheckpointMeta } from "./checkpoint-folder.ts";
import { foldersIn } from "./find-resumable.ts";

/** Runs further back are forgotten. */
const MAX_ANCESTORS = 100;

/** What a run in a folder goes on from: the checkpoint, and what that one's run went on from, the newest first. */
export async function lineageOf(checkpoint: string, runFolder: string): Promise<readonly Ancestor[]> {
  const from = folderOf(checkpoint);
  const { progress, continues = [] } = await readCheckpointMeta(from);
  const run = dirname(from);
  if (run === resolve(runFolder)) return continues;
  const older = continues.map(({ path, step }) => ({ path: relative(runFolder, resolve(run, path)), step }));
  return [{ path: relative(runFolder, from), step: progress.step }, ...older].slice(0, MAX_ANCESTORS);
}

/** A store of a run that goes on from others: it lists the checkpoints of those, too. */
export function continuing(store: CheckpointStore, line: Line): CheckpointStore {
  return { ...store, list: async () => [...(await store.list()), ...(await earlierCheckpoints(line))] };
}

export interface Line {
  /** Where the checkpoints of the run go. */
  readonly folder: string;
  /** The work dir that all runs of a config share. */
  readonly workDir: string;
  readonly continues: readonly Ancestor[];
}

/**
 * The checkpoints of earlier runs, in the same work dir, that a run went on from, as names in its own folder
 * (`../20261123_061500/epoch_3`). What a run made after the step from which another went on is not of that line.
 */
async function earlierCheckpoints({ folder, workDir, continues }: Line): Promise<string[]> {
  const runs = continues
    .map(({ path, step }) => ({ run: dirname(resolve(folder, path)), step }))
    .filter(({ run }) => dirname(run) === resolve(workDir) && run !== resolve(folder));
  const found = await Promise.all(runs.map(checkpointsUntil));
  return [...new Set(found.flat())].map((path) => relative(folder, path));
}

async function checkpointsUntil({ run, step }: { readonly run: string; readonly step: number }): Promise<string[]> {
  const paths = await foldersIn(run).catch(() => []); // what cannot be read cannot be removed
  const numbered = [...numberedNames(paths, "epoch"), ...numberedNames(paths, "iter")].map(({ name }) => name);
  const steps = await Promise.all(numbered.map(stepOf));
  return numbered.filter((_, index) => (steps[index] ?? Infinity) <= step);
}

/** Infinity for what is no sound checkpoint. */
async function stepOf(path: string): Promise<number> {
  return await readCheckpointMeta(path).then(
    ({ progress }) => progress.step,
    () => Infinity,
  );
}
