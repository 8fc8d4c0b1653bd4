import type { Stats } from "node:fs";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { LARGE_BYTES_HINT } from "#lib/data/image-limits.ts";

/** How large a file may be, and the error of one that is larger. */
export interface FileLimit {
  readonly maxBytes: number;
  readonly tooLarge: ErrorCode;
}

/** Throws for what is too large to be read, or has no end. */
export function checkFile(path: string, found: Stats, limit: FileLimit): void {
  refuseEndless(found, { code: "DATASET_FILE_UNREADABLE", what: path, expected: "a file" });
  checkSize(path, found.size, limit);
}

export function checkSize(path: string, bytes: number, { maxBytes, tooLarge }: FileLimit): void {
  if (bytes <= maxBytes) return;
  throw new PetageError(tooLarge, `The file ${path} has ${bytes} bytes: the limit is ${maxBytes} bytes`, {
    ...(tooLarge === "IMAGE_TOO_LARGE" && { hint: LARGE_BYTES_HINT }),
  });
}

/** Throws for what may be read without end. A folder is told by the system itself, when it is read. */
export function refuseEndless(
  found: Stats,
  { code, what, expected }: { readonly code: ErrorCode; readonly what: string; readonly expected: string },
): void {
  if (found.isFile() || found.isDirectory()) return;
  throw new PetageError(code, `${what} is a pipe, a device or a socket, expected ${expected}`);
}

/** What the system refuses is the file's fault, unless the system has run out of something. */
export async function orMissing<T>(missing: ErrorCode, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof PetageError) throw thrown;
    const { code: systemCode } = thrown as NodeJS.ErrnoException;
    if (systemCode === "ENOENT" || systemCode === "ENOTDIR") {
      throw new PetageError(missing, `There is no ${path}`, { cause: thrown });
    }
    if (systemCode === "EISDIR")
      throw new PetageError(missing, `${path} is a folder, expected a file`, { cause: thrown });
    const { code, message, hint } = PetageError.from(thrown);
    throw new PetageError(
      code === "FILE_REFUSED" ? "DATASET_FILE_UNREADABLE" : code,
      `Cannot read ${path}. ${message}`,
      {
        cause: thrown,
        ...(hint !== undefined && { hint }),
      },
    );
  }
}
