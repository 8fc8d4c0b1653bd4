import { PetageError } from "#lib/base/errors.ts";
import type { StateDict } from "#lib/model/checkpoint.ts";
import { plainNames } from "#lib/model/plain-names.ts";
import { bareFile, readCheckpoint, readOrThrow } from "./checkpoint-folder.ts";
import { foreignFile } from "./foreign-file.ts";
import { openPth } from "./pth.ts";
import { openSafetensors } from "./safetensors.ts";
import { readAll } from "./stored-tensor.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** Weights to start from: a checkpoint of ours, or a file of safetensors or torch.save, whatever it is called. */
export async function readWeights(uri: string): Promise<StateDict> {
  const path = await bareFile(uri);
  return path === undefined ? (await readCheckpoint(uri)).weights : await readWeightsFile(path);
}

export async function readWeightsFile(path: string): Promise<StateDict> {
  return readAll(await open(path));
}

/** Reads all that `readWeights` reads but for the values of a file. Throws NOT_FOUND or CHECKPOINT_INVALID as it would. */
export async function checkWeights(uri: string): Promise<void> {
  const path = await bareFile(uri);
  await (path === undefined ? readCheckpoint(uri) : open(path));
}

async function open(path: string): Promise<Map<string, StoredTensor>> {
  return openWeights(await readOrThrow(path, `Weights ${path} do not exist`), path);
}

/** The tensors of a file, by their plain names; what it is, its content says. @throws CHECKPOINT_INVALID naming `source` */
export function openWeights(bytes: Uint8Array, source: string): Map<string, StoredTensor> {
  return plainNames(openByContent(bytes, source), source);
}

function openByContent(bytes: Uint8Array, source: string): Map<string, StoredTensor> {
  if (looksLikeSafetensors(bytes)) return openSafetensors(bytes, source); // first: its length may look like the others
  if (beginsWith(bytes, "PK") || beginsWith(bytes, "\x80")) return openPth(bytes, source);
  const foreign = foreignFile(bytes);
  if (foreign) {
    throw new PetageError("CHECKPOINT_INVALID", `${source} is ${foreign.what}`, { hint: foreign.hint });
  }
  if (source.endsWith(".safetensors")) return openSafetensors(bytes, source); // says what is wrong with it
  throw new PetageError(
    "CHECKPOINT_INVALID",
    `${source} is no checkpoint, expected safetensors or a file of torch.save`,
  );
}

function beginsWith(bytes: Uint8Array, beginning: string): boolean {
  return Buffer.from(bytes.subarray(0, beginning.length)).equals(Buffer.from(beginning, "latin1"));
}

/** A length of less than 2^40 bytes, and then a brace. */
function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0;
}
