import { connect, Events } from "nats";
import type { ConnectionOptions, NatsConnection } from "nats";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { abortable } from "#lib/base/signals.ts";
import { delay } from "#lib/system/clock.ts";

const RECONNECT_INTERVAL_MS = 250;
const PING_INTERVAL_MS = 5_000;
const DRAIN_TIMEOUT_MS = 2_000;

export interface NatsOptions {
  /** `nats://host:port`, with `user:password@` or `token@` where the server asks for it; several split by commas. */
  readonly url: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly signal?: AbortSignal;
  readonly log?: Log;
  /** How long the first connection may take; 5 s unless given. */
  readonly connectTimeoutMs?: number;
  /** How long to try again when nobody answers, as in a pod whose network is not complete yet; not at all unless given. */
  readonly patienceMs?: number;
  /** A broker that is away for longer than this is lost for good; 5 s unless given. */
  readonly lostAfterMs?: number;
}

export interface Nats extends AsyncDisposable {
  readonly connection: NatsConnection;
  /** Where it is connected to, without credentials. */
  readonly address: string;
  /** Aborts with `NATS_UNAVAILABLE` once the broker is lost for good. */
  readonly lost: AbortSignal;
  /** Dispatches `interrupted` when the connection breaks and `restored` when it is back; between them messages are lost. */
  readonly events: EventTarget;
}

/**
 * Connects to NATS; short interruptions are bridged by reconnecting.
 * @throws NATS_UNAVAILABLE when no server answers there; INVALID_ARGUMENT for a URL that is none.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { name, log = silentLog, lostAfterMs = 5_000 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const { servers, address, ...credentials } = parseUrl(options.url);
  const connection = await connectPatiently({ ...credentials, servers, name }, { ...options, address, signal, log });
  const lost = new AbortController();
  const events = new EventTarget();
  void watch(connection, { lost, events, lostAfterMs, log, address });
  const close = async (): Promise<void> => {
    const drained = connection.isClosed() || connection.isDraining() ? connection.closed() : connection.drain();
    await abortable(drained, AbortSignal.timeout(DRAIN_TIMEOUT_MS)).catch(() => undefined);
    await connection.close();
  };
  signal.addEventListener("abort", () => void close(), { once: true });
  return { connection, address, lost: lost.signal, events, [Symbol.asyncDispose]: close };
}

type Connecting = Pick<NatsOptions, "connectTimeoutMs" | "patienceMs"> & {
  readonly address: string;
  readonly signal: AbortSignal;
  readonly log: Log;
};

async function connectPatiently(options: ConnectionOptions, connecting: Connecting): Promise<NatsConnection> {
  const { address, signal, log, patienceMs = 0 } = connecting;
  const deadlineMs = performance.now() + patienceMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await connectOnce(options, connecting);
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = unavailable(`Cannot connect to NATS at ${address}: ${reasonOf(error)}`, error);
      if (codeOf(error) === "AUTHORIZATION_VIOLATION" || performance.now() >= deadlineMs) throw failure;
      if (isFirst) log.warn("Trying NATS again", { reason: failure.message, patienceMs });
      await delay(RECONNECT_INTERVAL_MS, signal);
    }
  }
}

async function connectOnce(
  options: ConnectionOptions,
  { signal, connectTimeoutMs = 5_000 }: Connecting,
): Promise<NatsConnection> {
  const connecting = connect({
    ...options,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1, // `lostAfterMs` bounds them
    reconnectTimeWait: RECONNECT_INTERVAL_MS,
    pingInterval: PING_INTERVAL_MS,
  });
  return await abortable(connecting, signal).catch((error: unknown) => {
    void connecting.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  });
}

interface Watching {
  readonly lost: AbortController;
  readonly events: EventTarget;
  readonly lostAfterMs: number;
  readonly log: Log;
  readonly address: string;
}

/** Follows the connection; gives it up when it was away for too long. Never returns: `status()` of nats 2.29 has no end. */
async function watch(connection: NatsConnection, watching: Watching): Promise<void> {
  const { lost, events, lostAfterMs, log, address } = watching;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    lost.abort(unavailable(`Lost NATS at ${address}: no connection for ${(lostAfterMs / 1000).toFixed(1)} s`));
    void connection.close();
  };
  void connection.closed().then((error) => {
    clearTimeout(timer);
    if (error && !lost.signal.aborted) lost.abort(unavailable(`Lost NATS at ${address}: ${error.message}`, error));
  });
  for await (const status of connection.status()) {
    if (status.type === Events.Disconnect && !connection.isClosed()) {
      log.warn("NATS connection interrupted", { address });
      timer ??= setTimeout(giveUp, lostAfterMs);
      events.dispatchEvent(new Event("interrupted"));
    } else if (status.type === Events.Reconnect) {
      log.info("NATS connection restored", { address });
      clearTimeout(timer);
      timer = undefined;
      events.dispatchEvent(new Event("restored"));
    } else if (status.type === Events.Error) {
      log.warn("NATS error", { address, error: status.data });
    }
  }
}

function parseUrl(url: string): { servers: string[]; address: string } & ConnectionOptions {
  const parsed = url.split(",").map((one) => {
    const text = one.includes("://") ? one.trim() : `nats://${one.trim()}`;
    const result = URL.canParse(text) ? new URL(text) : undefined;
    if (result?.hostname && ["nats:", "tls:"].includes(result.protocol)) return result;
    throw new PetageError("INVALID_ARGUMENT", "Cannot use the NATS URL that was given", {
      hint: "It looks like nats://host:4222 or tls://host:4222",
    });
  });
  const servers = parsed.map(({ host }) => host);
  const { protocol, username, password } = parsed[0] as URL;
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers,
    address: parsed.map((one) => `${one.protocol}//${one.host}`).join(","),
    ...(user !== "" && (pass === "" ? { token: user } : { user, pass })),
    ...(protocol === "tls:" && { tls: {} }),
  };
}

function reasonOf(error: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    CONNECTION_REFUSED: "connection refused",
    TIMEOUT: "no answer in time",
    AUTHORIZATION_VIOLATION: "the server refuses these credentials",
  };
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unavailable(message: string, cause?: unknown): PetageError {
  const hint = "Check that nats-server runs there and is reachable from here";
  return new PetageError("NATS_UNAVAILABLE", message, { hint, ...(cause !== undefined && { cause }) });
}
