import { refusalOf } from "./refusals.ts";

/**
 * Every error that may leave a part of petage. A code is stable: tools and tests may match on it.
 * `docs/errors.md` explains each; `lib/rpc/errors.ts` maps each to a gRPC status.
 */
export const ERROR_CODES = {
  ABORTED: "The work was cancelled before it finished.",
  STOPPED: "Training was stopped by a call before its last step.",
  INTERNAL: "A bug in petage. Please report it with the log.",
  INVALID_ARGUMENT: "A request or a command line holds a value that cannot be used.",
  NOT_FOUND: "The named thing does not exist.",
  ALREADY_EXISTS: "A thing of this name exists already.",
  FILE_REFUSED: "The system refuses to read or write a file.",
  UNAUTHENTICATED: "The service does not know who calls.",
  PERMISSION_DENIED: "The caller does not have the role that a call needs.",
  FAILED_PRECONDITION: "The thing exists but is in a state that does not allow this.",
  RESOURCE_EXHAUSTED: "A limit was reached.",
  UNAVAILABLE: "A service cannot be reached or is not ready.",
  DEADLINE_EXCEEDED: "The work did not finish in the time allowed.",
  CONFIG_NOT_FOUND: "A config file, or a base that it names, does not exist.",
  CONFIG_SYNTAX: "A config file is not valid Python, YAML or JSON.",
  CONFIG_UNSUPPORTED: "A config uses a part of Python that the safe interpreter does not run.",
  CONFIG_EVALUATION: "Evaluating a config failed (unknown name, wrong type, missing key).",
  CONFIG_LIMIT: "A config exceeded the interpreter's budget of steps, depth or size.",
  CONFIG_MERGE: "A config cannot be merged into its base.",
  CONFIG_UNKNOWN_TYPE: "`type` names nothing that petage knows.",
  CONFIG_UNKNOWN_KEY: "A component was given a key that it does not have.",
  CONFIG_INVALID_VALUE: "A component was given a value that it cannot use.",
  DATASET_INVALID: "A dataset cannot be read as its config says (annotation, folder, classes).",
  DATASET_FILE_MISSING: "An annotation names a file that does not exist.",
  DATASET_FILE_UNREADABLE: "The system refuses to read a file or folder of a dataset.",
  DATASET_LABEL_OUT_OF_RANGE: "A label lies outside the classes of the dataset, or of the head.",
  IMAGE_EMPTY: "An image has no bytes.",
  IMAGE_TOO_LARGE: "An image has more bytes, pixels or parts than the limit, or a transform would make that of it.",
  IMAGE_FORMAT_UNSUPPORTED: "The bytes are not of an image format that petage reads.",
  IMAGE_UNDECODABLE: "An image is damaged and cannot be decoded.",
  TOO_MANY_BAD_SAMPLES: "More samples of an epoch were skipped than the limit allows.",
  TENSORFLOW_UNAVAILABLE: "The TensorFlow library cannot be loaded.",
  GRAPH_FAILED: "TensorFlow could not open or run a compiled graph.",
  GRAPH_UNSUPPORTED: "A model does something that cannot be compiled into a graph.",
  GRAPH_TOO_LARGE: "A step or a prediction needs more memory than there is.",
  CHECKPOINT_INVALID: "A checkpoint is damaged, incomplete or of an unknown format.",
  CHECKPOINT_MISMATCH: "A checkpoint belongs to another model.",
  WEIGHTS_DIVERGED: "Ranks hold different weights after a synchronised step.",
  NOT_FINITE: "A loss, gradient or prediction is NaN or infinite.",
  PEER_LOST: "A peer of the ring stopped answering.",
  NATS_UNAVAILABLE: "The NATS server cannot be reached or was lost.",
  RING_PROTOCOL: "A message of the ring does not fit the plan.",
  PORT_IN_USE: "A port is already taken by another process.",
  PROCESS_FAILED: "A process of the job ended before it should.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where in a user's file something stands; lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface PetageErrorOptions {
  readonly cause?: unknown;
  readonly position?: SourcePosition | undefined;
  /** What to do about it: one sentence, often the next command. */
  readonly hint?: string | undefined;
}

/** The one error class. `message` says what, where and what was expected; `hint` says what to do. */
export class PetageError extends Error {
  override readonly name = "PetageError";
  readonly code: ErrorCode;
  readonly position: SourcePosition | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: PetageErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.position = options.position;
    this.hint = options.hint;
  }

  /** Wraps whatever was thrown, so that a border sees one class. */
  static from(thrown: unknown): PetageError {
    if (thrown instanceof PetageError) return thrown;
    if (thrown instanceof Error && (thrown.name === "AbortError" || thrown.name === "TimeoutError")) {
      const code = thrown.name === "AbortError" ? "ABORTED" : "DEADLINE_EXCEEDED";
      return new PetageError(code, thrown.message, { cause: thrown });
    }
    const refusal = refusalOf(thrown);
    if (refusal && thrown instanceof Error) {
      const { code, hint } = refusal;
      return new PetageError(code, `The system says ${thrown.message}`, {
        cause: thrown,
        ...(hint !== undefined && { hint }),
      });
    }
    return new PetageError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }

  /** The same, with another place or other advice; what is not given stays. */
  retold({ position = this.position, hint = this.hint }: Omit<PetageErrorOptions, "cause">): PetageError {
    return new PetageError(this.code, this.message, { cause: this, position, hint });
  }

  /** For those to whom the user's files do not belong: where something is wrong, and nothing of what stands there. */
  withoutQuotes(): PetageError {
    const { code, position } = this;
    if (!position || position.file.startsWith("--cfg-options ")) return this; // an override is the caller's own
    return new PetageError(code, ERROR_CODES[code].replace(/\.$/, ""), {
      cause: this,
      position,
      hint: "`petage config print` and `petage dataset check` say more, where the file is",
    });
  }

  /** One line for people: `file:line:column: message. hint [CODE]`. */
  describe(): string {
    const where = this.position ? `${this.position.file}:${this.position.line}:${this.position.column}: ` : "";
    const hint = this.hint ? `. ${this.hint}` : "";
    return `${where}${this.message}${hint} [${this.code}]`;
  }
}
