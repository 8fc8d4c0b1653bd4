import { z } from "zod";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";

import { connectNats } from "./connect.ts";
import type { Nats } from "./connect.ts";

/** How long a new pod may take until it reaches NATS: its network may be complete only after it has started. */
const FIRST_CONNECTION_MS = 30_000;

const optional = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** Environment of a service that belongs to an attempt of a job and finds the others, or is found, over NATS. */
export const attemptVariables = {
  NATS_URL: optional,
  JOB_UID: z.string().default(""),
  /** Incarnation of the job's workers, from 0. */
  ATTEMPT: z.coerce.number().int().min(0).default(0),
  /** `host:port` at which the others reach this service; set on Kubernetes. */
  PETAGE_ADVERTISE: optional,
  /** How long to look for a service, and to wait for other ranks, in ms. */
  PETAGE_PEER_TIMEOUT_MS: z.coerce.number().int().min(1).max(86_400_000).default(600_000),
};

const environment = z.object(attemptVariables);
type AttemptEnvironment = z.output<typeof environment>;

/** One attempt of a job, as its services see it over NATS. */
export interface Attempt {
  readonly nats: Nats;
  /** Uid of the job. */
  readonly job: string;
  readonly attempt: number;
  readonly peerTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface AttemptOptions {
  /** Shown by the server's monitoring. */
  readonly name: string;
  /** What it needs NATS for, to tell when there is none: "2 workers exchange gradients over NATS". */
  readonly purpose: string;
  /** A broker that is away for longer is lost for good; 5 s unless given. */
  readonly lostAfterMs?: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Connects to the NATS server of the job; disposing closes the connection.
 * @throws INVALID_ARGUMENT without NATS_URL, else as `connectNats`.
 */
export async function openAttempt(
  env: AttemptEnvironment,
  options: AttemptOptions,
): Promise<Attempt & AsyncDisposable> {
  const { purpose, ...rest } = options;
  if (!env.NATS_URL) {
    throw new PetageError("INVALID_ARGUMENT", `NATS_URL is not set, and ${purpose}`, {
      hint: "Start nats-server and set NATS_URL=nats://127.0.0.1:4222",
    });
  }
  const patienceMs = env.PETAGE_ADVERTISE ? FIRST_CONNECTION_MS : 0;
  const nats = await connectNats({ url: env.NATS_URL, ...rest, patienceMs });
  return {
    nats,
    job: env.JOB_UID,
    attempt: env.ATTEMPT,
    peerTimeoutMs: env.PETAGE_PEER_TIMEOUT_MS,
    signal: options.signal,
    log: options.log,
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}
