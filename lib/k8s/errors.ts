import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";

/** What the API server says of a call that failed (`metav1.Status`). */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** One word: "AlreadyExists", "Conflict", "Expired"; empty when the answer was no Status. */
  readonly reason: string;
  readonly message: string;
  /** How long the server wants to be left alone, ms. */
  readonly retryAfterMs?: number;
}

/** A call that the API server refused. */
export class KubeError extends PetageError {
  readonly status: number;
  readonly reason: string;
  /** Refused because a ResourceQuota is used up. */
  readonly isOfQuota: boolean;
  /** Refused because the namespace is being deleted: nothing can be created in it any more. */
  readonly isOfEndingNamespace: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(call: string, refusal: Refusal) {
    const isOfQuota = refusal.message.includes("exceeded quota");
    const hint = hintOf(refusal);
    super(codeOf(refusal), `${call}: ${refusal.message}`, hint === undefined ? {} : { hint });
    this.isOfQuota = isOfQuota;
    this.isOfEndingNamespace = refusal.message.includes("because it is being terminated");
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}

const HINTS = {
  quota: "`kubectl describe resourcequota` shows what is in use",
  credentials: "The API server does not know these credentials; check the kubeconfig or the pod's service account",
  role: "The role lacks this verb; `kubectl auth can-i --list` shows what it has",
};

/** A 403 comes of roles, or of what an admission plugin says itself: a quota, a class that is not there, Pod Security. */
function hintOf({ status, message }: Refusal): string | undefined {
  if (message.includes("exceeded quota")) return HINTS.quota;
  if (status === 401) return HINTS.credentials;
  return status === 403 && / cannot \S+ (resource|path) /.test(message) ? HINTS.role : undefined;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_ARGUMENT",
  404: "NOT_FOUND",
  413: "INVALID_ARGUMENT",
  415: "INVALID_ARGUMENT",
  422: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  504: "DEADLINE_EXCEEDED",
};

function codeOf({ status, reason }: Refusal): ErrorCode {
  if (reason === "AlreadyExists") return "ALREADY_EXISTS";
  return CODES[status] ?? (status >= 500 ? "UNAVAILABLE" : "FAILED_PRECONDITION");
}

/** Reads an answer that tells of a failure, a `Status` or whatever a proxy in between wrote. */
export function readRefusal(status: number, body: string, retryAfter: string | undefined): Refusal {
  const seconds = Number(retryAfter);
  const retry = retryAfter !== undefined && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
  try {
    const { reason, message } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (typeof message === "string") {
      return { status, reason: typeof reason === "string" ? reason : "", message, ...retry };
    }
  } catch {
    // not JSON: told as it is
  }
  return { status, reason: "", message: `HTTP ${status} ${body.slice(0, 200).trim()}`.trim(), ...retry };
}

/** Why a call could not be made. Node gives an error without words when a host has several addresses and none answers. */
export function whyOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === "") return cause.errors.map(whyOf).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
