import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder and those above it. Node's own `recursive` never ends where none can be made: below /proc, for one. */
export async function makeFolder(path: string): Promise<void> {
  if (await isMade(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path).catch(unlessFolder(path)); // somebody else may have made it meanwhile
}

/** Whether the folder is there now; false where one above it is missing. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path).catch(unlessFolder(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== path) return false;
    throw error;
  }
}

function unlessFolder(path: string) {
  return async (error: NodeJS.ErrnoException): Promise<void> => {
    if (error.code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
  };
}

/** Runs that may begin in one folder within a second. */
const MAX_NAMESAKES = 1000;

/** Makes a folder that nobody else has: `path`, or the first of `<path>_1`, `_2`, ... that is not there yet. */
export async function claimFolder(path: string): Promise<string> {
  await makeFolder(dirname(path));
  for (let index = 0; ; index++) {
    const candidate = index === 0 ? path : `${path}_${index}`;
    try {
      await mkdir(candidate);
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || index >= MAX_NAMESAKES) throw error;
    }
  }
}
