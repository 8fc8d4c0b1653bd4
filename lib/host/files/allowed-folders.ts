import { realpathSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";

/** The folders in which the paths of a caller may lie: whoever names a path may not be who owns the files. */
export class AllowedFolders {
  /** Absolute; undefined: any. */
  readonly folders: readonly string[] | undefined;
  readonly #setting: string;

  /** @param setting the variable that names them, for whoever is refused. */
  constructor(folders: readonly string[] | undefined, setting: string) {
    this.folders = folders?.map((folder) => resolve(folder));
    this.#setting = setting;
  }

  /** The absolute path, if by its name it lies inside. The disk is not asked. INVALID_ARGUMENT */
  named(path: string): string {
    const absolute = resolve(path);
    if (isWithin(absolute, this.folders)) return absolute;
    throw new PetageError("INVALID_ARGUMENT", `${path} lies outside the folders that may be used here`, {
      hint: `Whoever runs the service names them in ${this.#setting}`,
    });
  }

  /** As `named`, and wherever links lead from there. */
  reached(path: string): string {
    const absolute = this.named(path);
    if (this.folders && !isWithin(realOf(absolute), this.folders.map(realOf))) {
      throw new PetageError("INVALID_ARGUMENT", `${path} leads by a link outside the folders that may be used here`, {
        hint: `Whoever runs the service names them in ${this.#setting}`,
      });
    }
    return absolute;
  }
}

/** Those that a variable names, split as those of PATH are; without it, `otherwise`. */
export function foldersOf(variable: string | undefined, otherwise?: readonly string[]): readonly string[] | undefined {
  return variable ? variable.split(delimiter).filter((folder) => folder !== "") : otherwise;
}

function isWithin(path: string, folders: readonly string[] | undefined): boolean {
  return !folders || folders.some((folder) => isBelow(relative(folder, path)));
}

function isBelow(way: string): boolean {
  return way !== ".." && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

/** Where a path leads; of one that is not there, where what there is of it leads. */
function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), basename(path));
  }
}
