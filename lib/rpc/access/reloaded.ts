import { readFile } from "node:fs/promises";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { delay } from "#lib/system/clock.ts";

/** How often files are looked at. A Secret that has changed reaches a pod within a minute, so this adds little. */
const RELOAD_INTERVAL_MS = 2_000;

export interface ReloadedOptions<T> {
  readonly paths: readonly string[];
  /** What the files come to; throws where they make no sense, alone or together. */
  readonly make: (contents: readonly Buffer[]) => T;
  readonly log: Log;
  readonly intervalMs?: number;
}

/**
 * What some small files say, read again whenever they change. They are read, not watched: the files of a Secret are
 * links that change all at once. What makes no sense, as files that are half written, leaves the last that did.
 */
export class Reloaded<T> implements Disposable {
  readonly #options: ReloadedOptions<T>;
  readonly #end = new AbortController();
  readonly #listeners = new Set<(value: T) => void>();
  #contents: readonly Buffer[];
  #value: T;
  /** What was wrong last, to be told once. */
  #problem = "";

  private constructor(options: ReloadedOptions<T>, contents: readonly Buffer[]) {
    this.#options = options;
    this.#contents = contents;
    this.#value = options.make(contents);
    void this.#follow();
  }

  /** Reads them for the first time; whatever is wrong then is thrown. */
  static async open<T>(options: ReloadedOptions<T>): Promise<Reloaded<T>> {
    return new Reloaded(options, await Promise.all(options.paths.map(read)));
  }

  get value(): T {
    return this.#value;
  }

  onChange(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  async #follow(): Promise<void> {
    const { intervalMs = RELOAD_INTERVAL_MS } = this.#options;
    const { signal } = this.#end;
    for (;;) {
      await delay(intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    const { paths, make, log } = this.#options;
    try {
      const contents = await Promise.all(paths.map(read));
      if (contents.every((bytes, index) => this.#contents[index]?.equals(bytes))) return;
      this.#value = make(contents);
      this.#contents = contents;
      this.#problem = "";
      log.info("Took up files that have changed", { paths });
      for (const listener of this.#listeners) listener(this.#value);
    } catch (thrown) {
      const error = PetageError.from(thrown).describe();
      if (error !== this.#problem) log.warn("Files have changed and cannot be used; those before still are", { error });
      this.#problem = error;
    }
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    const { code, message } = PetageError.from(thrown);
    const missing = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    throw new PetageError(missing ? "NOT_FOUND" : code, missing ? `There is no file ${path}` : message, {
      cause: thrown,
      hint: "A flag or a variable names it, as docs/security.md has them: --tls-ca, --token-file, PETAGE_TOKENS_FILE",
    });
  }
}
