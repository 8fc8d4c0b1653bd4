import type { Socket } from "node:net";

import { connect, DebugEvents, ErrorCode, Events } from "nats";
import type { ConnectionOptions, NatsConnection } from "nats";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { abortable, abortReason } from "#lib/base/signals.ts";
import { DEFAULT_NATS_OUTAGE_MS } from "#lib/jobs/worker-environment.ts";
import { delay } from "#lib/system/clock.ts";

/** Between two tries to reconnect: often at first, and seldom enough that a thousand clients are no burden. */
const RECONNECT_INTERVAL_MS = 250;
const MAX_RECONNECT_INTERVAL_MS = 2_000;
/** The interval grows by this share of the time that the broker is away. */
const RECONNECT_GROWTH = 0.05;
/** What the library says of a question whose connection broke. */
const INTERRUPTED: ReadonlySet<string> = new Set([ErrorCode.Disconnect]);
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
  /** How often the broker is asked for a sign of life; three that do not come are the end of a connection. 5 s unless given. */
  readonly pingIntervalMs?: number;
  /** A broker that is away for longer than this is lost for good; 10 minutes unless given. */
  readonly outageMs?: number;
}

export interface Nats extends AsyncDisposable {
  readonly connection: NatsConnection;
  /** Where it is connected to, without credentials. */
  readonly address: string;
  /** Aborts with `NATS_UNAVAILABLE` once the broker is lost for good. */
  readonly lost: AbortSignal;
  /** Dispatches `interrupted` when the connection breaks and `restored` when it is back; between them messages are lost. */
  readonly events: EventTarget;
  /** Whether it is interrupted now. */
  readonly away: boolean;
}

/**
 * Connects to NATS; an outage is waited out by reconnecting, for which names are resolved anew each time.
 * @throws NATS_UNAVAILABLE when no server answers there; INVALID_ARGUMENT for a URL that is none.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { name, log = silentLog, outageMs = DEFAULT_NATS_OUTAGE_MS } = options;
  const signal = options.signal ?? new AbortController().signal;
  const { servers, address, ...credentials } = parseUrl(options.url);
  const outage = new Outage();
  const reconnectDelayHandler = (): number => outage.retryMs;
  const library = { ...credentials, servers, name, reconnectDelayHandler };
  const connection = await connectPatiently(library, { ...options, address, signal, log });
  const lost = new AbortController();
  const events = new EventTarget();
  void watch(connection, { lost, events, outage, outageMs, log, address });
  const close = async (): Promise<void> => {
    const drained = connection.isClosed() || connection.isDraining() ? connection.closed() : connection.drain();
    await abortable(drained, AbortSignal.timeout(DRAIN_TIMEOUT_MS)).catch(() => undefined);
    await connection.close();
  };
  signal.addEventListener("abort", () => void close(), { once: true });
  return {
    connection,
    address,
    lost: lost.signal,
    events,
    get away() {
      return outage.isOn;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** To the broker and back, so that what was asked of it before holds; after an interruption once more. */
export async function roundTrip({ connection, lost }: Nats): Promise<void> {
  for (;;) {
    try {
      return await abortable(connection.flush(), lost);
    } catch (error) {
      if (lost.aborted) throw abortReason(lost);
      if (connection.isClosed() || !INTERRUPTED.has(codeOf(error))) throw error;
      await delay(RECONNECT_INTERVAL_MS, lost);
    }
  }
}

/** Whether the broker is away, and for how long it has been. */
class Outage {
  #sinceMs: number | undefined;

  get isOn(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** How long to wait until the next try. */
  get retryMs(): number {
    const awayMs = performance.now() - (this.#sinceMs ?? performance.now());
    return Math.min(MAX_RECONNECT_INTERVAL_MS, RECONNECT_INTERVAL_MS + awayMs * RECONNECT_GROWTH);
  }

  begin(): void {
    this.#sinceMs ??= performance.now();
  }

  end(): void {
    this.#sinceMs = undefined;
  }
}

type Connecting = Pick<NatsOptions, "connectTimeoutMs" | "patienceMs" | "pingIntervalMs"> & {
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
  { signal, connectTimeoutMs = 5_000, pingIntervalMs = PING_INTERVAL_MS }: Connecting,
): Promise<NatsConnection> {
  const connecting = connect({
    ...options,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1, // `outageMs` bounds them
    pingInterval: pingIntervalMs,
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
  readonly outage: Outage;
  readonly outageMs: number;
  readonly log: Log;
  readonly address: string;
}

/** Follows the connection; gives it up when it was away for too long. Never returns: `status()` of nats 2.29 has no end. */
async function watch(connection: NatsConnection, watching: Watching): Promise<void> {
  const { lost, events, outage, outageMs, log, address } = watching;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    lost.abort(unavailable(`Lost NATS at ${address}: no connection for ${secondsText(outageMs)}${MOST_WAITED}`));
    void connection.close();
  };
  void connection.closed().then((error) => {
    clearTimeout(timer);
    if (error && !lost.signal.aborted) lost.abort(unavailable(`Lost NATS at ${address}: ${reasonOf(error)}`, error));
  });
  for await (const status of connection.status()) {
    if (status.type === Events.Disconnect && !connection.isClosed()) {
      log.warn("NATS connection interrupted", { address, outageMs });
      outage.begin();
      timer ??= setTimeout(giveUp, outageMs);
      events.dispatchEvent(new Event("interrupted"));
    } else if (status.type === Events.Reconnect) {
      log.info("NATS connection restored", { address });
      outage.end();
      clearTimeout(timer);
      timer = undefined;
      events.dispatchEvent(new Event("restored"));
    } else if (status.type === DebugEvents.StaleConnection) {
      cutSocket(connection);
    } else if (status.type === Events.Error) {
      log.warn("NATS error", { address, error: status.data });
    }
  }
}

/**
 * Before it reconnects, the library waits until the socket has taken all that was written: for a peer that is gone
 * without a word, and a socket that is full, that is a quarter of an hour. It has no call that ends a connection at once.
 */
function cutSocket(connection: NatsConnection): void {
  const { protocol } = connection as unknown as { protocol?: { transport?: { socket?: Socket } } };
  protocol?.transport?.socket?.destroy();
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

const MOST_WAITED = ", the most that is waited for it";

function secondsText(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function unavailable(message: string, cause?: unknown): PetageError {
  const hint = "Check that nats-server runs there and is reachable from here";
  return new PetageError("NATS_UNAVAILABLE", message, { hint, ...(cause !== undefined && { cause }) });
}
