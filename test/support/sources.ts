import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A TypeScript or JavaScript file of ours, named by its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every source file below the named folders of the root. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => filesBelow(folder)).map((path) => ({ path, text: readText(path) }));
}

/** The text of a file, named by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What a file imports: our own files by their path from the root, everything else as it is written. */
export function importsOf({ path, text }: SourceFile): string[] {
  const pattern =
    /^(?:import|export (?:type )?[{*])[^;]*?[\s}]from\s*"([^"\s]+)"|^import\s*"([^"\s]+)"|\bimport\(\s*"([^"\s]+)"/gm;
  return [...text.matchAll(pattern)].map((match) => {
    const written = match[1] ?? match[2] ?? match[3] ?? "";
    if (written.startsWith(".")) return posix.join(posix.dirname(path), written);
    if (written.startsWith("#proto/")) return written.replace("#proto/", "proto/gen/");
    return written.startsWith("#") ? written.slice(1) : written;
  });
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs)$/.test(entry.name))
    .map((entry) => posix.join(entry.parentPath.slice(ROOT.length), entry.name))
    .toSorted();
}
