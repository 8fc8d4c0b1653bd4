import { randomUUID } from "node:crypto";
import { Metadata, status, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { ERROR_CODES, PetageError, type ErrorCode, type SourcePosition } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { explain } from "./explain.ts";
import { MAX_ERROR_TEXT_CHARACTERS } from "./limits.ts";

/** The only place that knows which gRPC status an error of ours is. Retry on UNAVAILABLE alone. */
const STATUS = {
  ABORTED: status.CANCELLED,
  STOPPED: status.CANCELLED,
  INTERNAL: status.INTERNAL,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  FILE_REFUSED: status.FAILED_PRECONDITION,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CONFIG_NOT_FOUND: status.NOT_FOUND,
  CONFIG_SYNTAX: status.INVALID_ARGUMENT,
  CONFIG_UNSUPPORTED: status.INVALID_ARGUMENT,
  CONFIG_EVALUATION: status.INVALID_ARGUMENT,
  CONFIG_LIMIT: status.INVALID_ARGUMENT,
  CONFIG_MERGE: status.INVALID_ARGUMENT,
  CONFIG_UNKNOWN_TYPE: status.INVALID_ARGUMENT,
  CONFIG_UNKNOWN_KEY: status.INVALID_ARGUMENT,
  CONFIG_INVALID_VALUE: status.INVALID_ARGUMENT,
  DATASET_INVALID: status.FAILED_PRECONDITION,
  DATASET_FILE_MISSING: status.FAILED_PRECONDITION,
  DATASET_FILE_UNREADABLE: status.FAILED_PRECONDITION,
  DATASET_LABEL_OUT_OF_RANGE: status.FAILED_PRECONDITION,
  IMAGE_EMPTY: status.INVALID_ARGUMENT,
  IMAGE_TOO_LARGE: status.INVALID_ARGUMENT,
  IMAGE_FORMAT_UNSUPPORTED: status.INVALID_ARGUMENT,
  IMAGE_UNDECODABLE: status.INVALID_ARGUMENT,
  TOO_MANY_BAD_SAMPLES: status.FAILED_PRECONDITION,
  TENSORFLOW_UNAVAILABLE: status.FAILED_PRECONDITION,
  GRAPH_FAILED: status.INTERNAL,
  GRAPH_UNSUPPORTED: status.FAILED_PRECONDITION,
  GRAPH_TOO_LARGE: status.FAILED_PRECONDITION,
  CHECKPOINT_INVALID: status.DATA_LOSS,
  CHECKPOINT_MISMATCH: status.FAILED_PRECONDITION,
  WEIGHTS_DIVERGED: status.DATA_LOSS,
  NOT_FINITE: status.INTERNAL,
  PEER_LOST: status.UNAVAILABLE,
  NATS_UNAVAILABLE: status.UNAVAILABLE,
  RING_PROTOCOL: status.INTERNAL,
  PORT_IN_USE: status.FAILED_PRECONDITION,
  PROCESS_FAILED: status.FAILED_PRECONDITION,
} as const satisfies Record<ErrorCode, status>;

/** What a status without our code means: it comes from gRPC itself or from a foreign server. */
const CODE_OF_STATUS: Partial<Record<status, ErrorCode>> = {
  [status.CANCELLED]: "ABORTED",
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
  [status.NOT_FOUND]: "NOT_FOUND",
  [status.ALREADY_EXISTS]: "ALREADY_EXISTS",
  [status.UNAUTHENTICATED]: "UNAUTHENTICATED",
  [status.PERMISSION_DENIED]: "PERMISSION_DENIED",
  [status.FAILED_PRECONDITION]: "FAILED_PRECONDITION",
  [status.UNIMPLEMENTED]: "FAILED_PRECONDITION",
  [status.RESOURCE_EXHAUSTED]: "RESOURCE_EXHAUSTED",
  [status.UNAVAILABLE]: "UNAVAILABLE",
  [status.DEADLINE_EXCEEDED]: "DEADLINE_EXCEEDED",
};

const CODE_KEY = "petage-error-code";
const HINT_KEY = "petage-error-hint";
const POSITION_KEY = "petage-error-position";

/** The status that a caller gets for what a handler threw. An unexpected error is logged in full and sent as its id alone. */
export function toStatus(thrown: unknown, log: Log): Pick<StatusObject, "code" | "details" | "metadata"> {
  const error = PetageError.from(thrown);
  const metadata = new Metadata();
  metadata.set(CODE_KEY, error.code);
  if (error.code === "INTERNAL") return { code: STATUS.INTERNAL, details: internalDetails(error, log), metadata };
  if (error.hint !== undefined) metadata.set(HINT_KEY, encodeText(error.hint));
  if (error.position) metadata.set(POSITION_KEY, encodeText(JSON.stringify(error.position)));
  return { code: STATUS[error.code], details: shorten(error.message), metadata };
}

/** The same as data: for one item of a stream that goes on, or for a status that is read later. */
export function toDetail(thrown: unknown, log: Log): { code: ErrorCode; message: string; hint: string } {
  const error = PetageError.from(thrown);
  const { code, hint = "" } = error;
  return { code, message: code === "INTERNAL" ? internalDetails(error, log) : shorten(error.message), hint };
}

function internalDetails(error: PetageError, log: Log): string {
  const errorId = randomUUID();
  const { cause } = error;
  const stack = cause instanceof Error ? cause.stack : error.stack;
  log.error("Unexpected error in a call", { errorId, error: error.message, stack });
  return `Unexpected error; the log of the service has it under errorId ${errorId}`;
}

/** Whom a call went to, for messages. */
export interface Callee {
  readonly service: string;
  readonly address: string;
}

/** The error behind a failed call. */
export function fromStatus(failure: ServiceError, { service, address }: Callee): PetageError {
  const cause = failure;
  const sent = failure.metadata?.get(CODE_KEY)[0];
  if (typeof sent === "string" && Object.hasOwn(ERROR_CODES, sent)) {
    const hint = readText(failure.metadata, HINT_KEY);
    const position = readPosition(failure.metadata);
    return new PetageError(sent as ErrorCode, failure.details, {
      cause,
      ...(hint === undefined ? {} : { hint }),
      ...(position ? { position } : {}),
    });
  }
  const { reason, isBroken, hint } = explain(failure, service);
  const code = isBroken ? "UNAVAILABLE" : (CODE_OF_STATUS[failure.code] ?? "INTERNAL");
  return new PetageError(code, `Call to ${service} at ${address} failed: ${reason}`, { cause, ...(hint && { hint }) });
}

function readPosition(metadata: Metadata): SourcePosition | undefined {
  const text = readText(metadata, POSITION_KEY);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as SourcePosition);
  } catch {
    return undefined;
  }
}

function readText(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  if (typeof value !== "string") return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Header values are printable ASCII; the rest, and %, is percent-encoded as in grpc-message. */
function encodeText(text: string): string {
  const wellFormed = Buffer.from(shorten(text)).toString(); // encodeURIComponent throws on half a surrogate pair
  return wellFormed.replace(/[^ -$&-~]/gu, encodeURIComponent);
}

function shorten(text: string): string {
  return text.length <= MAX_ERROR_TEXT_CHARACTERS ? text : `${text.slice(0, MAX_ERROR_TEXT_CHARACTERS - 1)}…`;
}
