import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { assert } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { makeFolder } from "#lib/system/folders.ts";
import { readCheckpoint, syncFolder, WEIGHTS_FILE, weightsSha256, writeCheckpoint } from "./checkpoint-folder.ts";
import { removeLeftBehind, temporaryFor } from "./temporary.ts";

/** Publishers that may come between the look at the folder and the rename; each takes a number away. */
const PUBLISH_ATTEMPTS = 100;

/** One version of a model: a whole checkpoint, without optimizer, in a folder named by a number, as Triton has it. */
export interface ModelVersion {
  readonly version: number;
  readonly path: string;
}

export interface PublishOptions {
  /** The folder of the model: `work_dirs/models/<name>`. */
  readonly folder: string;
  /** Folder or file:// URI of the checkpoint to publish. */
  readonly checkpoint: string;
  readonly signal?: AbortSignal;
}

/**
 * Adds a checkpoint to a model as its next version: 1, 2, 3, ... It is there whole or not at all, and two publishers at
 * once get two versions. Throws NOT_FOUND or CHECKPOINT_INVALID when the checkpoint is not sound.
 */
export async function publishModel({ folder, checkpoint, signal }: PublishOptions): Promise<ModelVersion> {
  const { meta, weights } = await readCheckpoint(checkpoint);
  await makeFolder(folder);
  await removeLeftBehind(folder);
  const temporary = temporaryFor(join(folder, "version"));
  try {
    await mkdir(temporary);
    await writeCheckpoint(temporary, { meta, weights, optimizer: new Map() });
    if (signal?.aborted) throw abortReason(signal);
    return await takeNextVersion(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function takeNextVersion(temporary: string, folder: string): Promise<ModelVersion> {
  for (let attempt = 0; attempt < PUBLISH_ATTEMPTS; attempt++) {
    const version = ((await modelVersions(folder))[0]?.version ?? 0) + 1;
    const path = resolve(folder, String(version));
    if (await renameUnlessThere(temporary, path)) {
      await syncFolder(folder);
      return { version, path };
    }
  }
  throw new PetageError("RESOURCE_EXHAUSTED", `No free version in ${folder} after ${PUBLISH_ATTEMPTS} attempts`, {
    hint: "Look whether many jobs publish this model at once",
  });
}

/** A version with a file of this name stays, however old it is. */
const KEEP_FILE = "keep";

/**
 * Removes what is older than the newest so many whole versions; the newest whole one is what inference serves, so that is
 * never among them. What is not whole neither counts nor goes: it may be somebody's. The versions that are gone.
 */
export async function pruneModel(folder: string, keepVersions: number): Promise<readonly number[]> {
  assert(keepVersions >= 1, `${keepVersions} versions to keep, expected at least 1`);
  const whole: ModelVersion[] = [];
  for (const model of await modelVersions(folder)) if (await isSound(model)) whole.push(model);
  const gone: number[] = [];
  for (const { version, path } of whole.slice(keepVersions)) {
    if (await isThere(join(path, KEEP_FILE))) continue;
    const temporary = temporaryFor(join(folder, "version")); // whole or absent, for whoever reads it now
    if (!(await renameUnlessGone(path, temporary))) continue;
    await rm(temporary, { recursive: true, force: true });
    gone.push(version);
  }
  return gone;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Another publisher may prune at the same time. */
async function renameUnlessGone(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** A folder that is not empty is never replaced by a rename: whoever came first has the number. */
async function renameUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") return false;
    throw error;
  }
}

/** What claims to be a version of a model, the newest first; none when the folder is not there. */
export async function modelVersions(folder: string): Promise<ModelVersion[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map((name) => ({ version: Number(name), path: resolve(folder, name) }))
    .toSorted((a, b) => b.version - a.version);
}

/** The newest version that has a manifest and weights; its bytes are checked when it is read. */
export async function newestModel(folder: string): Promise<ModelVersion | undefined> {
  for (const model of await modelVersions(folder)) {
    if (await isSound(model)) return model;
  }
  return undefined;
}

async function isSound({ path }: ModelVersion): Promise<boolean> {
  try {
    await Promise.all([weightsSha256(path), access(join(path, WEIGHTS_FILE))]);
    return true;
  } catch {
    return false;
  }
}
