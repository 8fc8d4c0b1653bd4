import type { ErrorCode } from "./errors.ts";

/** What the system's refusal to read or write a file means to us. */
export interface Refusal {
  readonly code: Extract<ErrorCode, "NOT_FOUND" | "RESOURCE_EXHAUSTED" | "FILE_REFUSED">;
  readonly hint?: string;
}

const FAILED_VOLUME = "The disk or volume failed: look at the system's log, and mount it again";
const PERMISSION =
  "Permission denied: give petage's user access with chmod or chown; on Kubernetes set fsGroup, or the user of the pods";
const OPEN_FILES = "Raise the limit of open files: ulimit -n";
const DISK_SPACE = "Make room on the disk";

/** By the name that the system gives to the error; whatever is missing here is refused without advice. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOENT: { code: "NOT_FOUND" },
  EMFILE: { code: "RESOURCE_EXHAUSTED", hint: OPEN_FILES },
  ENFILE: { code: "RESOURCE_EXHAUSTED", hint: OPEN_FILES },
  ENOMEM: { code: "RESOURCE_EXHAUSTED", hint: "Give it more memory" },
  ENOSPC: { code: "RESOURCE_EXHAUSTED", hint: DISK_SPACE },
  EDQUOT: { code: "RESOURCE_EXHAUSTED", hint: DISK_SPACE },
  EACCES: { code: "FILE_REFUSED", hint: PERMISSION },
  EPERM: { code: "FILE_REFUSED", hint: PERMISSION },
  EROFS: { code: "FILE_REFUSED", hint: "The disk is mounted for reading only" },
  EIO: { code: "FILE_REFUSED", hint: FAILED_VOLUME },
  ESTALE: { code: "FILE_REFUSED", hint: FAILED_VOLUME },
  ELOOP: { code: "FILE_REFUSED", hint: "A symbolic link leads to itself: replace it by the file" },
  ENAMETOOLONG: { code: "FILE_REFUSED", hint: "Shorten the name" },
  EEXIST: { code: "FILE_REFUSED", hint: "Something else of this name is there already" },
  EISDIR: { code: "FILE_REFUSED", hint: "It is a folder, expected a file" },
  ENOTDIR: { code: "FILE_REFUSED", hint: "A part of the path is a file, expected a folder" },
};

/** Calls of the system that work on files without their name, which the error then lacks. */
const FILE_CALLS = ["read", "write", "fstat", "fsync", "ftruncate", "fdatasync"];
/** Refusals of files alone: those calls work on sockets, too. */
const SOCKET_ERRORS = ["ECONNRESET", "EPIPE", "EAGAIN", "ENOTCONN", "ETIMEDOUT", "ECONNABORTED"];

/** `undefined` for what is no error of the system about a file. */
export function refusalOf(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, syscall, path } = thrown as NodeJS.ErrnoException;
  // Node itself refuses these, before it asks the system.
  if (code === "ERR_INVALID_ARG_VALUE" && thrown.message.includes("null bytes")) {
    return { code: "FILE_REFUSED", hint: "Remove the NUL character from the name" };
  }
  if (code === undefined || syscall === undefined || syscall.startsWith("spawn")) return undefined;
  const named = path !== undefined && syscall !== "connect" && syscall !== "listen";
  if (!named && (!FILE_CALLS.includes(syscall) || SOCKET_ERRORS.includes(code))) return undefined;
  return REFUSALS[code] ?? { code: "FILE_REFUSED" };
}
