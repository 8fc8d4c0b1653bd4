import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { CheckedPhoto } from "#lib/data/check.ts";
import { findLookAlikes } from "#lib/data/look-alikes.ts";
import { splitByAge, type Part } from "#lib/data/split.ts";
import { makeFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";

export interface SplitOptions {
  /** Folder of the annotation files that are written. */
  readonly out: string;
  readonly parts: readonly Part[];
  readonly seed: number;
}

export interface SplitReport {
  readonly parts: readonly {
    readonly name: string;
    readonly path: string;
    readonly labels: readonly number[];
    readonly count: number;
  }[];
  /** Groups of copies, each of which is in one part. */
  readonly copies: number;
}

/** Writes an annotation file for each part: all photos of a dataset, copies of one photo in one part, all ages in each. */
export async function writeSplit(photos: readonly CheckedPhoto[], options: SplitOptions): Promise<SplitReport> {
  const { out, parts, seed } = options;
  const { groups } = findLookAlikes(photos);
  const chosen = splitByAge(
    photos.map(({ label }) => label),
    { parts, seed, together: groups },
  );
  const files = parts.map(({ name }, part) => {
    const own = photos.filter((_, position) => chosen[position] === part);
    const labels = own.flatMap(({ label }) => label ?? []);
    return { name, path: join(out, `${name}.txt`), labels, count: own.length, text: own.map(lineOf).join("") };
  });
  await makeFolder(out);
  for (const { path, text } of files) await checkFree(path, text);
  for (const { path, text } of files) await writeNamed(path, text);
  return { parts: files, copies: groups.length };
}

/** A line of an annotation file. */
export function lineOf({ id, label }: Pick<CheckedPhoto, "id" | "label">): string {
  if (/[\t\r\n]/.test(id)) {
    throw new PetageError("DATASET_INVALID", `The name ${JSON.stringify(id)} cannot stand in an annotation file`, {
      hint: "Rename the photo: tabs and line ends part names from labels",
    });
  }
  return label === null ? `${id}\n` : `${id}\t${label}\n`;
}

/** What somebody else has written stays; the same again is no harm. */
async function checkFree(path: string, text: string): Promise<void> {
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found === undefined || found === text) return;
  throw new PetageError("FAILED_PRECONDITION", `${path} is there already, with other lines`, {
    hint: "Name another folder with --out, or remove it",
  });
}
