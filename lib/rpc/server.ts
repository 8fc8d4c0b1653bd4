import { Server, ServerCredentials } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentMetrics, type Metrics } from "#lib/base/metrics.ts";
import { abortable } from "#lib/base/signals.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { Access } from "./access/access.ts";
import type { Gate } from "./access/gate.ts";
import { CallMetrics } from "./call-metrics.ts";
import { OpenCalls } from "./calls.ts";
import type { Implementation, ServiceName } from "./contract.ts";
import { toStatus } from "./errors.ts";
import { returning } from "./lent-message.ts";
import { adapt, tolerant, type AnyHandler, type HandlerHost } from "./handlers.ts";
import { Health, OpenStreams } from "./health.ts";
import { Intake } from "./intake/intake.ts";
import { interceptor } from "./intake/interceptor.ts";
import { addressOf, listen, type Listener } from "./listen.ts";
import {
  KEEPALIVE_INTERVAL_MS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_IDLE_CONNECTION_MS,
  MAX_STREAMS_PER_CONNECTION,
} from "./limits.ts";
import { fullName, serviceDefinition } from "./protos.ts";
import { reflection } from "./reflection.ts";
import { defaultLimits, intakeLimits, rpcOf, type ServerLimits } from "./server-limits.ts";

/** A service and whether it can answer from the start; `setServing` tells later. */
export interface ServedService {
  readonly name: ServiceName;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly serving: boolean;
  readonly admit?: Admit;
}

/** Throws where a service would refuse a call, of which it knows the method and how long its client waits, if it said. */
export type Admit = (method: string, timeoutMs: number | undefined) => void;

/**
 * Pairs a service with what answers for it. `serving: false` keeps it not ready until `setServing`. `admit` is asked
 * before a request is read: what is refused there costs hardly anything.
 */
export function implement<N extends ServiceName>(
  name: N,
  implementation: Implementation<N>,
  { serving = true, admit }: { serving?: boolean; admit?: Admit } = {},
): ServedService {
  return { name, handlers: implementation, serving, ...(admit && { admit }) };
}

export interface ServeOptions {
  /** Where to listen; nothing but this machine reaches the default, 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly services: readonly ServedService[];
  readonly log: Log;
  /** Where its calls are counted. */
  readonly metrics?: Metrics;
  readonly limits?: Partial<ServerLimits>;
  /** TLS, and who may call; without it, whoever reaches it. */
  readonly access?: Access;
  /** Uid of the job that the services belong to. */
  readonly job?: string;
  /** Its abort drains the server, as disposing does. */
  readonly signal?: AbortSignal;
}

/** A server that listens. Disposing drains it: not serving, no new calls, those in progress may finish in time. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** Of health alone, where the access names one. */
  readonly healthPort: number | undefined;
  /** `host:port`, for `dial`. */
  readonly address: string;
  /** Health of one service. The server as a whole is ready when all serve, or say that they need not: `ready`. */
  setServing(service: ServiceName, serving: boolean, options?: { readonly ready?: boolean }): void;
  /** Answers for the process itself, not for one of its services. */
  setAlive(alive: boolean): void;
}

/** Starts a gRPC server with health and reflection. PORT_IN_USE when another process listens there. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", services, log, metrics = silentMetrics, signal, access = new Access() } = options;
  const limits = { ...defaultLimits(services.map(({ name }) => name)), ...options.limits };
  const callMetrics = new CallMetrics(metrics);
  const admits = new Map(services.map(({ name, admit }) => [fullName(name), admit]));
  const admit = (path: string, timeoutMs: number | undefined): void => {
    const [, service = "", method = ""] = path.split("/");
    admits.get(service)?.(method, timeoutMs);
  };
  const entrance = { gate: access.gate(options.job), admit, log, metrics: callMetrics };
  const guarded = guardedServer(limits, entrance);
  const { server, intake } = guarded;
  const calls = new OpenCalls();
  const health = new Health();
  const streams = new OpenStreams();
  const shared: HandlerHost = { calls, log, metrics: callMetrics };
  for (const service of services) {
    addService(server, service, shared);
    health.set(service.name, service.serving);
  }
  health.addTo(server, streams);
  reflection(services.map(({ name }) => name)).addToServer(streams.watched(server));
  const listener = await listenOn(guarded, access.server(), { host, port: options.port });
  const probed = await serveHealth(health, { streams, entrance }, { host, port: access.healthPort });
  const { port } = listener;

  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> =>
    (drained ??= (async () => {
      health.stop();
      listener.close();
      streams.end();
      await shutDown(server, calls, limits.drainGraceMs);
      probed?.close();
      intake[Symbol.dispose]();
    })());
  signal?.addEventListener("abort", () => void drain(), { once: true });
  if (signal?.aborted) void drain();
  return {
    port,
    healthPort: probed?.port,
    address: addressOf(host, port),
    setAlive: (alive) => health.setAlive(alive),
    setServing(service, serving, { ready = serving } = {}) {
      if (!drained) health.set(service, serving, ready);
    },
    [Symbol.asyncDispose]: drain,
  };
}

// No maximum age of connections: it would cut the streams of a training that runs for days.
function channelOptions(limits: ServerLimits): Record<string, number> {
  return {
    "grpc.max_receive_message_length": limits.requestBytes,
    "grpc.max_send_message_length": limits.responseBytes,
    "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
    "grpc.max_connection_idle_ms": MAX_IDLE_CONNECTION_MS,
    "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.enable_channelz": 0,
  };
}

interface EntranceParts extends Pick<HandlerHost, "log" | "metrics"> {
  readonly gate: Gate;
  readonly admit: (path: string, timeoutMs: number | undefined) => void;
}

/** A server, and what stands before its calls. */
interface GuardedServer {
  readonly server: Server;
  readonly intake: Intake;
}

function guardedServer(limits: ServerLimits, { gate, admit, log, metrics }: EntranceParts): GuardedServer {
  const intake = new Intake(intakeLimits(limits));
  const entrance = interceptor({
    gate,
    intake,
    admit,
    rpcOf: (method) => rpcOf(method, limits),
    refuse(path, error, isNew) {
      const refusal = toStatus(error, log);
      if (isNew) void metrics.count(path, async () => refusal.code);
      return refusal;
    },
  });
  return { server: new Server({ ...channelOptions(limits), interceptors: [entrance] }), intake };
}

/** Health alone, without TLS, on a port of its own: it tells whether this process works, and nothing else. */
async function serveHealth(
  health: Health,
  { streams, entrance }: { readonly streams: OpenStreams; readonly entrance: EntranceParts },
  { host, port }: { host: string; port: number | undefined },
): Promise<{ readonly port: number; close(): void } | undefined> {
  if (port === undefined) return undefined;
  const guarded = guardedServer(defaultLimits([]), entrance);
  const { server, intake } = guarded;
  health.addTo(server, streams);
  const listener = await listenOn(guarded, ServerCredentials.createInsecure(), { host, port });
  return {
    port: listener.port,
    close() {
      listener.close();
      server.forceShutdown();
      intake[Symbol.dispose]();
    },
  };
}

async function listenOn(
  { server, intake }: GuardedServer,
  credentials: ServerCredentials,
  at: { readonly host: string; readonly port: number },
): Promise<Listener> {
  try {
    return await listen(server, { ...at, credentials, intake });
  } catch (error) {
    intake[Symbol.dispose]();
    throw error;
  }
}

function addService(server: Server, service: ServedService, host: HandlerHost): void {
  const definition = serviceDefinition(service.name);
  const methods = Object.entries(definition).map(([name, method]) => [name, returning(tolerant(method))] as const);
  const handlers = methods.map(([name, method]) => {
    const handler = service.handlers[lowerFirst(name)];
    if (!handler) throw new PetageError("INTERNAL", `${service.name} does not implement ${name}`);
    return [name, adapt(method, handler.bind(service.handlers), host)] as const;
  });
  server.addService(Object.fromEntries(methods), Object.fromEntries(handlers));
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Lets calls in progress finish, but not longer than the grace. */
async function shutDown(server: Server, calls: OpenCalls, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  using grace = new Deadline(graceMs);
  await abortable(Promise.all([calls.drain(), closed]), grace.signal).catch(() => undefined);
  calls.end();
  await new Promise(setImmediate); // lets those last answers out
  server.forceShutdown();
}
