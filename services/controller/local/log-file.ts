import { createWriteStream } from "node:fs";
import type { WriteStream } from "node:fs";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";

/** The file of a job's log. Where the disk takes no more of it, it ends there, and the job and its controller go on. */
export class LogFile {
  readonly #stream: WriteStream;

  constructor(path: string, log: Log) {
    this.#stream = createWriteStream(path, { flags: "a" });
    this.#stream.once("error", (error) => {
      log.warn("The log of the job ends here", { path, why: PetageError.from(error).describe() });
    });
  }

  get isEnded(): boolean {
    return this.#stream.writableEnded;
  }

  add(line: string): void {
    if (!this.#stream.destroyed) this.#stream.write(`${line}\n`);
  }

  end(): void {
    this.#stream.end();
  }
}
