import { PetageError } from "#lib/base/errors.ts";

/** The name of a tensor without what DistributedDataParallel (`module.`) and torch.compile (`_orig_mod.`) put into it. */
export function plainName(name: string): string {
  return name.replaceAll(/(^|\.)_orig_mod(?=\.)/g, "").replace(/^\.?(module\.)*/, "");
}

/** @throws CHECKPOINT_INVALID naming `source`, where two names come to the same */
export function plainNames<T>(tensors: ReadonlyMap<string, T>, source: string): Map<string, T> {
  const plain = new Map<string, T>();
  for (const [name, tensor] of tensors) {
    const short = plainName(name);
    if (plain.has(short)) throw new PetageError("CHECKPOINT_INVALID", `${source} has two tensors ${short}`);
    plain.set(short, tensor);
  }
  return plain;
}
