import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `body` with a folder that is removed afterwards. */
export async function* inScratchFolder<T>(body: (folder: string) => AsyncIterable<T>): AsyncGenerator<T> {
  const folder = await mkdtemp(join(tmpdir(), "petage-bench-"));
  try {
    yield* body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
