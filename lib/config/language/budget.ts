import { PetageError } from "#lib/base/errors.ts";

/** What the evaluation of one config, with all its bases, may cost. */
export const CONFIG_LIMITS = {
  /** Expressions and statements evaluated, and elements visited or made. */
  steps: 1_000_000,
  /** Nesting of calls, expressions and values. */
  depth: 400,
  /** Length of one string, in UTF-16 units. */
  stringLength: 1 << 20,
  /** Size of one integer, in bits. */
  integerBits: 4096,
  /** Length of one file, in UTF-16 units. */
  fileLength: 1 << 20,
  /** Files in one inheritance tree. */
  files: 200,
} as const;

type Limit = keyof typeof CONFIG_LIMITS;

/** Counts what an evaluation has cost; throws CONFIG_LIMIT when a limit is passed. */
export class Budget {
  #steps = 0;
  #files = 0;
  #depth = 0;

  /** Pays for `count` steps. Ask before making that many elements, so that nothing huge is ever made. */
  spend(count: number): void {
    this.#steps += count;
    if (!(this.#steps <= CONFIG_LIMITS.steps)) throw overLimit("steps", "needs more steps or elements than");
  }

  /** Pays for one file. */
  openFile(length: number): void {
    if (++this.#files > CONFIG_LIMITS.files) throw overLimit("files", "inherits from more files than");
    if (length > CONFIG_LIMITS.fileLength) throw overLimit("fileLength", "has a file of more characters than");
  }

  /** Runs `work` one level deeper. */
  nested<T>(work: () => T): T {
    if (++this.#depth > CONFIG_LIMITS.depth) throw overLimit("depth", "nests deeper than");
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** Checks the length of a string that is about to be made; making it costs steps too. */
  string(length: number): void {
    if (!(length <= CONFIG_LIMITS.stringLength))
      throw overLimit("stringLength", "makes a string of more characters than");
    this.spend(Math.ceil(length / 64));
  }

  /** Checks the size of an integer that is about to be made. */
  integer(bits: number): void {
    if (!(bits <= CONFIG_LIMITS.integerBits)) throw overLimit("integerBits", "makes an integer of more bits than");
  }
}

function overLimit(limit: Limit, what: string): PetageError {
  return new PetageError(
    "CONFIG_LIMIT",
    `The config ${what} the limit of ${CONFIG_LIMITS[limit].toLocaleString("en")}`,
    {
      hint: "Configs are data: make large things where they are used, and look for a loop that does not end",
    },
  );
}
