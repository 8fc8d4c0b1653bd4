import { writeFile } from "node:fs/promises";

/**
 * Has an error of the system name the file that it is about. Calls on a file that is open do not know its name: of a full
 * disk Node says `ENOSPC: no space left on device, write`, and not where.
 */
export async function naming<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (thrown) {
    throw named(path, thrown);
  }
}

/** The same for work that is done at once. */
export function namingSync<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw named(path, thrown);
  }
}

export interface WriteOptions {
  /** Whether the bytes are on the disk when this resolves. */
  readonly flush?: boolean;
}

/** Node's `writeFile`, whose errors name the file. */
export function writeNamed(path: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  return naming(path, writeFile(path, data, options));
}

function named(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const error: NodeJS.ErrnoException = thrown;
  if (error.syscall === undefined || error.path !== undefined) return thrown;
  error.path = path;
  error.message += ` '${path}'`; // as Node itself puts it
  return error;
}
