import { chmod } from "node:fs/promises";

const NOBODY = 65_534;

/** Runs `body` as a user whom permissions bind, where this process is root. @param folder what that user may enter. */
export async function asNobody<T>(folder: string, body: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return body();
  await chmod(folder, 0o755);
  process.seteuid?.(NOBODY);
  try {
    return await body();
  } finally {
    process.seteuid?.(0);
  }
}
