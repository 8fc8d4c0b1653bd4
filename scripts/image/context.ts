import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resetTimestamps } from "./inside/timestamps.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What `.dockerignore` lets into a build: it excludes everything, then names what is needed. */
export function contextPaths(): string[] {
  const lines = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n");
  return lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
}

/**
 * Copies what an image is built from into a folder, so that it stays as it is while it is built, and returns a digest of
 * all of it.
 */
export function copyContext(folder: string): string {
  const digest = createHash("sha256");
  for (const path of ["Dockerfile", ...contextPaths()]) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).toSorted()) {
    const content = readFileSync(path);
    digest.update(`${path.slice(folder.length)}\0${content.length}\0`).update(content);
  }
  resetTimestamps(folder);
  return digest.digest("hex");
}
