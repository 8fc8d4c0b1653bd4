import { Client as Channel, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { service as healthDefinition } from "grpc-health-check";
import { PetageError } from "#lib/base/errors.ts";
import { delay } from "#lib/system/clock.ts";
import { Access } from "./access/access.ts";
import type { ServiceName } from "./contract.ts";
import { fullName } from "./protos.ts";

/** How often a service that is not ready is asked again, and how long it may take to answer. */
const POLL_INTERVAL_MS = 50;
const ANSWER_MS = 2_000;
/** With less time for its answer it is not asked again: the answer before says more than that none came. */
const LEAST_ANSWER_MS = 50;

export interface ReadyOptions {
  /** Which service must serve; without it, all of the server. */
  readonly service?: ServiceName;
  readonly signal?: AbortSignal;
  /** How to come to the server; without it, unencrypted. */
  readonly access?: Access;
}

/** Resolves once the server's health says SERVING; DEADLINE_EXCEEDED, naming its last answer, when it does not in time. */
export async function waitForReady(address: string, deadlineMs: number, options: ReadyOptions = {}): Promise<void> {
  const service = options.service === undefined ? "" : fullName(options.service);
  const endMs = performance.now() + deadlineMs;
  // One channel all along; a short backoff, because starting takes less than the default one.
  const { access = new Access() } = options;
  const { credentials, options: tls } = access.channel(address);
  const channel = new Channel(address, credentials, {
    ...tls,
    "grpc.initial_reconnect_backoff_ms": POLL_INTERVAL_MS,
    "grpc.max_reconnect_backoff_ms": POLL_INTERVAL_MS * 4,
    "grpc.enable_http_proxy": 0,
  });
  try {
    for (;;) {
      const answer = await check(channel, service, Math.max(1, Math.min(ANSWER_MS, endMs - performance.now())));
      if (answer === "SERVING") return;
      const againMs = performance.now() + POLL_INTERVAL_MS;
      if (againMs + LEAST_ANSWER_MS >= endMs) throw notReady(address, { service, answer, deadlineMs });
      await delay(POLL_INTERVAL_MS, options.signal);
    }
  } finally {
    channel.close();
  }
}

function notReady(
  address: string,
  { service, answer, deadlineMs }: { service: string; answer: string; deadlineMs: number },
): PetageError {
  const what = `${service || "Server"} at ${address} is not ready after ${deadlineMs} ms: ${answer}`;
  return new PetageError("DEADLINE_EXCEEDED", what, { hint: "Look into its log, or allow more time" });
}

async function check(channel: Channel, service: string, timeoutMs: number): Promise<string> {
  // The package's own proto-loader types are of another version.
  const { path, requestSerialize, responseDeserialize } = healthDefinition["Check"] as unknown as MethodDefinition<
    { service: string },
    { status: string }
  >;
  return await new Promise((resolve) => {
    const done = (error: Error | null, response?: { status: string }): void =>
      resolve(error ? error.message : (response?.status ?? "no answer"));
    const options = { deadline: Date.now() + timeoutMs };
    channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, new Metadata(), options, done);
  });
}
