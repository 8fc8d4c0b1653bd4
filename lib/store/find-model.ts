import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isBestCheckpoint } from "../train/checkpoint.ts";
import { readCheckpointMeta } from "./checkpoint-folder.ts";

/** How deep below the folder a checkpoint may lie: work_dirs/<config>/<time>/<checkpoint>. */
const MAX_DEPTH = 3;

interface Candidate {
  readonly path: string;
  readonly run: string;
  readonly isBest: boolean;
  readonly createTime: string;
}

/** The model to serve: of the newest run below a folder its best checkpoint, else its newest. */
export async function findModel(folder: string): Promise<string | undefined> {
  const candidates = await search(folder, MAX_DEPTH);
  const newest = candidates.toSorted((a, b) => b.createTime.localeCompare(a.createTime))[0];
  const best = candidates.find(({ run, isBest }) => isBest && run === newest?.run);
  return (best ?? newest)?.path;
}

async function search(folder: string, depth: number): Promise<Candidate[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some(({ name }) => name === "checkpoint.json")) return await describe(folder);
  if (depth === 0) return [];
  const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  return (await Promise.all(inner.map(({ name }) => search(join(folder, name), depth - 1)))).flat();
}

async function describe(path: string): Promise<Candidate[]> {
  try {
    const { createTime } = await readCheckpointMeta(path);
    return [{ path, run: dirname(path), isBest: isBestCheckpoint(basename(path)), createTime }];
  } catch {
    return []; // torn or foreign
  }
}
