import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { PetageError } from "#lib/base/errors.ts";
import { localPath } from "#lib/model/location.ts";
import type { Checkpoint, CheckpointMeta, CheckpointStore, StateDict } from "#lib/model/checkpoint.ts";
import { makeFolder } from "#lib/system/folders.ts";
import { naming, writeNamed } from "#lib/system/naming.ts";
import { formatManifest, parseManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { TEMPORARY_PREFIX, temporaryFor } from "./temporary.ts";

/** A checkpoint is a folder of these; the manifest names the others with their SHA-256. */
export const WEIGHTS_FILE = "model.safetensors";
export const OPTIMIZER_FILE = "optimizer.safetensors";
const MANIFEST_FILE = "checkpoint.json";
/** As mmengine's: a text file in the work dir that holds the path of the checkpoint to resume. */
export const LATEST_FILE = "last_checkpoint";

export interface CheckpointFolderOptions {
  /** Where the checkpoints of this run go. */
  readonly folder: string;
  /** Where `last_checkpoint` is kept: the work dir that all runs of a config share. */
  readonly workDir: string;
}

/** Checkpoints of one run in a folder. */
export function checkpointFolder({ folder, workDir }: CheckpointFolderOptions): CheckpointStore {
  return {
    async save(name, checkpoint) {
      await makeFolder(folder);
      const temporary = temporaryFor(join(folder, name));
      await mkdir(temporary);
      try {
        const sha256 = await writeCheckpoint(temporary, checkpoint);
        await placeFolder(temporary, join(folder, name));
        return { name, uri: resolve(folder, name), sha256 };
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    },
    async amend(name, meta) {
      const { files } = await readManifest(join(folder, name));
      await writeAtomically(join(folder, name, MANIFEST_FILE), formatManifest({ meta, files }));
    },
    async remove(name) {
      await rm(join(folder, name), { recursive: true, force: true });
    },
    async list() {
      return (await readdir(folder)).filter((name) => !name.startsWith(TEMPORARY_PREFIX));
    },
    async markLatest({ uri }) {
      await writeAtomically(join(workDir, LATEST_FILE), `${uri}\n`);
    },
  };
}

async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = temporaryFor(path);
  await writeNamed(temporary, text, { flush: true });
  await rename(temporary, path);
}

/** Writes a checkpoint into an empty folder and flushes it; resolves with the SHA-256 of its weights. */
export async function writeCheckpoint(folder: string, { meta, weights, optimizer }: Checkpoint): Promise<string> {
  const files: Record<string, string> = {};
  const sha256 = await writeTensors(join(folder, WEIGHTS_FILE), weights);
  files[WEIGHTS_FILE] = sha256;
  if (optimizer.size > 0) files[OPTIMIZER_FILE] = await writeTensors(join(folder, OPTIMIZER_FILE), optimizer);
  await writeNamed(join(folder, MANIFEST_FILE), formatManifest({ meta, files }), { flush: true });
  await syncFolder(folder);
  return sha256;
}

async function writeTensors(path: string, tensors: StateDict): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for (const piece of encodeSafetensors(tensors, { format: "pt" })) {
      hash.update(piece);
      await naming(path, file.writeFile(piece));
    }
    await naming(path, file.sync());
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** Others may put a folder there meanwhile; how often this one is put in its place before giving up. */
const PLACE_ATTEMPTS = 5;

/**
 * Moves `from` to `to`. What is there already stays if it is the same: survivors of a failure all save the same step, and
 * none may take away what another one has told of. Else it is moved aside first.
 */
async function placeFolder(from: string, to: string): Promise<void> {
  const aside = `${from}-replaced`;
  for (let attempt = 1; ; attempt++) {
    if (await succeeds(rename(from, to), attempt < PLACE_ATTEMPTS)) {
      await rm(aside, { recursive: true, force: true });
      return await syncFolder(dirname(to));
    }
    if (await isSame(from, to)) return;
    await rm(aside, { recursive: true, force: true });
    await succeeds(rename(to, aside));
  }
}

/** Whether `to` is a sound checkpoint of the same tensors. */
async function isSame(from: string, to: string): Promise<boolean> {
  try {
    const [ours, theirs] = await Promise.all([readManifest(from), readManifest(to)]);
    if (!isDeepStrictEqual(ours.files, theirs.files)) return false;
    await readCheckpoint(to, { withOptimizer: true });
    return true;
  } catch {
    return false;
  }
}

async function succeeds(work: Promise<void>, tolerate = true): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (tolerate) return false;
    throw error;
  }
}

/** Flushes the names in a folder, so that a rename outlives a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folder of a checkpoint from what people write: the folder, its manifest, or a file:// URI of either. */
export function folderOf(uri: string): string {
  const path = localPath(uri);
  const named = [MANIFEST_FILE, WEIGHTS_FILE].includes(basename(path));
  return resolve(named ? dirname(path) : path);
}

/** Reads only what describes a checkpoint. Throws NOT_FOUND or CHECKPOINT_INVALID. */
export async function readCheckpointMeta(uri: string): Promise<CheckpointMeta> {
  return (await readManifest(await checkpointAt(uri))).meta;
}

/** SHA-256 of a checkpoint's weights file, as its manifest states it. */
export async function weightsSha256(uri: string): Promise<string> {
  return (await readManifest(await checkpointAt(uri))).files[WEIGHTS_FILE] ?? "";
}

/** Reads and verifies a checkpoint: every file against its SHA-256. Throws NOT_FOUND or CHECKPOINT_INVALID. */
export async function readCheckpoint(uri: string, { withOptimizer = false } = {}): Promise<Checkpoint> {
  const folder = await checkpointAt(uri);
  const { meta, files } = await readManifest(folder);
  const weights = await readTensors(folder, WEIGHTS_FILE, files);
  const hasOptimizer = withOptimizer && files[OPTIMIZER_FILE] !== undefined;
  const optimizer = hasOptimizer ? await readTensors(folder, OPTIMIZER_FILE, files) : new Map();
  return { meta, weights, optimizer };
}

/** How files of weights end, `.pth.tar` among them; what lies in one is known by its content alone. */
export const WEIGHTS_ENDING = /(\.(safetensors|pth|pt|bin|ckpt|tar|pkl))+$/;

/** The path of a file that holds weights alone; undefined for a checkpoint of ours, and for what is not there. */
export async function bareFile(uri: string): Promise<string | undefined> {
  const path = resolve(localPath(uri));
  const found = await stat(path).catch(absentAs(undefined));
  if (!found) return WEIGHTS_ENDING.test(path) && basename(path) !== WEIGHTS_FILE ? path : undefined;
  if (found.isDirectory() || basename(path) === MANIFEST_FILE) return undefined;
  const isOurs = basename(path) === WEIGHTS_FILE && (await succeeds(access(join(dirname(path), MANIFEST_FILE))));
  return isOurs ? undefined : path;
}

/** As `folderOf`, of what is to be a checkpoint. */
async function checkpointAt(uri: string): Promise<string> {
  const file = await bareFile(uri);
  if (file === undefined || !(await succeeds(access(file)))) return folderOf(uri);
  throw new PetageError("CHECKPOINT_INVALID", `${file} is a file of weights, expected the folder of a checkpoint`, {
    hint: "Start from it with --load-from, measure it with `petage test CONFIG FILE`, ask it with `petage predict --checkpoint FILE --config CONFIG`",
  });
}

/** Turns the error of something that is not there into a value. */
export function absentAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return value;
    throw error;
  };
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readOrThrow(path, `Checkpoint ${folder} does not exist or is not complete: no ${MANIFEST_FILE}`);
  return parseManifest(text.toString("utf8"), path);
}

async function readTensors(folder: string, name: string, files: Manifest["files"]): Promise<StateDict> {
  const path = join(folder, name);
  const bytes = await readOrThrow(path, `Checkpoint ${folder} is not complete: no ${name}`);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== files[name]) {
    const message = `${path} is damaged: its SHA-256 is ${found.slice(0, 12)}…, the manifest says ${files[name]?.slice(0, 12)}…`;
    throw new PetageError("CHECKPOINT_INVALID", message, {
      hint: "Resume from an older checkpoint of the same folder",
    });
  }
  return decodeSafetensors(bytes, path);
}

/** What Node reads at once. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** A whole file. @throws NOT_FOUND, saying `missing`, or CHECKPOINT_INVALID for what is no file, or too large */
export async function readOrThrow(path: string, missing: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    // A pipe would be waited for without an end.
    if (!found.isFile()) throw new PetageError("CHECKPOINT_INVALID", `${path} is not a file`);
    if (found.size <= MAX_FILE_BYTES) return await readFile(path);
    throw new PetageError("CHECKPOINT_INVALID", `${path} has ${found.size} bytes, expected at most ${MAX_FILE_BYTES}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new PetageError("NOT_FOUND", missing, { cause: error });
    throw error;
  }
}
