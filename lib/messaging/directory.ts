import { ErrorCode, NatsError } from "nats";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { abortable, abortReason } from "#lib/base/signals.ts";
import { delay } from "#lib/system/clock.ts";

import type { Nats } from "./connect.ts";
import { addressSubject } from "./subjects.ts";
import type { Announced } from "./subjects.ts";

/** How long one question may wait for its answer, and how long after it the next one is asked. */
const ANSWER_MS = 2_000;
const ASK_INTERVAL_MS = 250;
/** `host:port`, of any kind of host; what is longer is taken for none. */
const ADDRESS = /^[\w.:[\]%-]{1,294}:\d{1,5}$/;
/** What NATS says when nobody has subscribed, and when nobody has answered. */
const NOBODY: ReadonlySet<string> = new Set([ErrorCode.NoResponders, ErrorCode.Timeout]);

/** Who asks, or answers: a service of one attempt of a job. */
export interface Asking {
  readonly nats: Nats;
  /** Uid of the job. */
  readonly job: string;
  readonly attempt: number;
  /** How long to ask until the other has answered. */
  readonly peerTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Answers whoever asks for `label` with `address`, as long as the connection lasts. */
export function announce({ nats, job, attempt, log }: Asking, label: Announced, address: string): void {
  const answer = new TextEncoder().encode(address);
  nats.connection.subscribe(addressSubject(job, attempt, label), {
    // The library's parser must not see it throw, as `respond` does once the connection ends.
    callback: (error, question) => {
      if (!error && !nats.connection.isClosed() && !nats.connection.isDraining()) question.respond(answer);
    },
  });
  const onLost = (): void => log.warn("Who looks for this service from now on will not find it", { role: label });
  nats.lost.addEventListener("abort", onLost, { once: true });
}

/**
 * Where the service of `label` of this attempt is: asks until it answers, whichever of the two came first. Time in which
 * the broker is away does not count.
 * @throws UNAVAILABLE when nobody has answered in time, NATS_UNAVAILABLE when the broker is lost meanwhile.
 */
export async function findAddress(asking: Asking, label: Announced): Promise<string> {
  const { nats, job, attempt, peerTimeoutMs, signal, log } = asking;
  const subject = addressSubject(job, attempt, label);
  const either = AbortSignal.any([signal, nats.lost]);
  let deadlineMs = performance.now() + peerTimeoutMs;
  log.info(`Looking for the ${label}`, { attempt });
  for (;;) {
    if (either.aborted) throw abortReason(either);
    const askedMs = performance.now();
    const address = await ask(nats, subject, either);
    if (address !== undefined) return address;
    if (performance.now() >= deadlineMs) throw missing(label, attempt, peerTimeoutMs);
    await delay(ASK_INTERVAL_MS, either);
    if (nats.away) deadlineMs += performance.now() - askedMs; // it cannot be heard now
  }
}

/** One question; undefined when nobody is there to answer. */
async function ask({ connection }: Nats, subject: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await abortable(connection.request(subject, undefined, { timeout: ANSWER_MS }), signal);
    const text = answer.string();
    return ADDRESS.test(text) ? text : undefined;
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    if (error instanceof NatsError && NOBODY.has(error.code)) return undefined;
    throw new PetageError("NATS_UNAVAILABLE", `Cannot ask on "${subject}"`, { cause: error });
  }
}

function missing(label: Announced, attempt: number, timeoutMs: number): PetageError {
  const waited = `${(timeoutMs / 1000).toFixed(1)} s`;
  return new PetageError("UNAVAILABLE", `The ${label} of attempt ${attempt} did not say within ${waited} where it is`, {
    hint: `See the log of the ${label}: it may wait for a node, an image or its data`,
  });
}
