import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { memoryConfigFiles } from "#lib/config/language/files.ts";
import { loadConfig, type LoadOptions, type LoadedConfig } from "#lib/config/language/load.ts";

/** Loads `main.py` (or `main`) of files held in memory; names are relative to the root. */
export function load(
  files: Readonly<Record<string, string>> | string,
  options: Omit<LoadOptions, "files"> & { readonly main?: string } = {},
): LoadedConfig {
  const texts = typeof files === "string" ? { "main.py": files } : files;
  const rooted = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`/${name}`, text]));
  const { main = "main.py", ...rest } = options;
  return loadConfig(main, { files: memoryConfigFiles(rooted), ...rest });
}

/** The error of ours that loading throws. */
export function loadError(...args: Parameters<typeof load>): PetageError {
  return errorOf(() => load(...args));
}

export function errorOf(work: () => unknown): PetageError {
  try {
    work();
  } catch (error) {
    assert(error instanceof PetageError, `expected a PetageError, got ${String(error)}`);
    return error;
  }
  assert.fail("nothing was thrown");
}

/** `line:column` of an error. */
export function placeOf(error: PetageError): string {
  return `${error.position?.file}:${error.position?.line}:${error.position?.column}`;
}
