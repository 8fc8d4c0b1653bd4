import { Server, ServerCredentials, setLogger, type ServerInterceptor } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentMetrics, type Metrics } from "#lib/base/metrics.ts";
import { abortable } from "#lib/base/signals.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { Access } from "./access/access.ts";
import { interceptor } from "./access/gate.ts";
import { CallMetrics } from "./call-metrics.ts";
import { OpenCalls } from "./calls.ts";
import type { Implementation, ServiceName } from "./contract.ts";
import { toStatus } from "./errors.ts";
import { returning } from "./lent-message.ts";
import { adapt, tolerant, type AnyHandler, type HandlerHost } from "./handlers.ts";
import { Health, OpenStreams } from "./health.ts";
import {
  DRAIN_GRACE_MS,
  KEEPALIVE_INTERVAL_MS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_BATCH_MESSAGE_BYTES,
  MAX_HEALTH_MESSAGE_BYTES,
  MAX_IDLE_CONNECTION_MS,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_CALLS,
  MAX_STREAMS_PER_CONNECTION,
} from "./limits.ts";
import { serviceDefinition } from "./protos.ts";
import { reflection } from "./reflection.ts";

/** A service and whether it can answer from the start; `setServing` tells later. */
export interface ServedService {
  readonly name: ServiceName;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly serving: boolean;
}

/** Pairs a service with what answers for it. `serving: false` keeps it not ready until `setServing`. */
export function implement<N extends ServiceName>(
  name: N,
  implementation: Implementation<N>,
  { serving = true }: { serving?: boolean } = {},
): ServedService {
  return { name, handlers: implementation, serving };
}

export interface ServerLimits {
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly openCalls: number;
  /** How long calls in progress may go on once the server drains. */
  readonly drainGraceMs: number;
}

const DEFAULT_LIMITS: ServerLimits = {
  requestBytes: MAX_MESSAGE_BYTES,
  responseBytes: MAX_BATCH_MESSAGE_BYTES,
  openCalls: MAX_OPEN_CALLS,
  drainGraceMs: DRAIN_GRACE_MS,
};

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
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const callMetrics = new CallMetrics(metrics);
  const interceptors = [gateOf(access, options.job, { log, metrics: callMetrics })];
  const server = new Server({ ...channelOptions(limits), interceptors });
  const calls = new OpenCalls(limits.openCalls);
  const health = new Health();
  const streams = new OpenStreams();
  const shared: HandlerHost = { calls, log, metrics: callMetrics };
  for (const service of services) {
    addService(server, service, shared);
    health.set(service.name, service.serving);
  }
  health.addTo(server, streams);
  reflection(services.map(({ name }) => name)).addToServer(streams.watched(server));
  const port = await bind(server, access.server(), { host, port: options.port });
  const probed = await serveHealth(health, streams, { host, port: access.healthPort });

  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> =>
    (drained ??= (async () => {
      health.stop();
      streams.end();
      await shutDown(server, calls, limits.drainGraceMs);
      probed?.server.forceShutdown();
    })());
  signal?.addEventListener("abort", () => void drain(), { once: true });
  if (signal?.aborted) void drain();
  return {
    port,
    healthPort: probed?.port,
    address: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
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

/** Refuses who may not call, and counts that as the call's end. */
function gateOf(
  access: Access,
  job: string | undefined,
  { log, metrics }: Pick<HandlerHost, "log" | "metrics">,
): ServerInterceptor {
  return interceptor(access.gate(job), (path, error) => {
    const refusal = toStatus(error, log);
    void metrics.count(path, async () => refusal.code);
    return refusal;
  });
}

/** Health alone, without TLS, on a port of its own: it tells whether this process works, and nothing else. */
async function serveHealth(
  health: Health,
  streams: OpenStreams,
  { host, port }: { host: string; port: number | undefined },
): Promise<{ readonly server: Server; readonly port: number } | undefined> {
  if (port === undefined) return undefined;
  const server = new Server(channelOptions({ ...DEFAULT_LIMITS, requestBytes: MAX_HEALTH_MESSAGE_BYTES }));
  health.addTo(server, streams);
  return { server, port: await bind(server, ServerCredentials.createInsecure(), { host, port }) };
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

// grpc-js prints this line besides handing the error over.
const REPEATED = "No address added out of total";
setLogger({
  error(message: unknown, ...rest: unknown[]) {
    if (!String(message).includes(REPEATED)) console.error(message, ...rest);
  },
});

async function bind(
  server: Server,
  credentials: ServerCredentials,
  { host, port }: { host: string; port: number },
): Promise<number> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error) reject(bindError(error, address));
      else resolve(bound);
    });
  });
}

function bindError(cause: Error, address: string): PetageError {
  if (cause.message.includes("EADDRINUSE")) {
    return new PetageError("PORT_IN_USE", `Cannot listen on ${address}: another process does`, {
      cause,
      hint: "End that process, or choose another port (0 takes any free one)",
    });
  }
  const hint = "Check that the host is an address of this machine and that the port is allowed";
  return new PetageError("FAILED_PRECONDITION", `Cannot listen on ${address}: ${cause.message}`, { cause, hint });
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
