import {
  Client as Channel,
  Metadata,
  status,
  type CallOptions as GrpcCallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { Access } from "./access/access.ts";
import type { CallOptions, Client, ServiceName } from "./contract.ts";
import { fromStatus, type Callee } from "./errors.ts";
import {
  BATCH_WINDOW_BYTES,
  DEFAULT_DEADLINE_MS,
  KEEPALIVE_INTERVAL_MS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_BATCH_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_RECONNECT_MS,
  MIN_RECONNECT_MS,
  RETRY_BUFFER_BYTES,
  RETRY_BUFFER_TOTAL_BYTES,
} from "./limits.ts";
import { fullName, serviceDefinition } from "./protos.ts";
import { requestBytesOf } from "./server-limits.ts";

export interface DialOptions {
  /** Deadline of unary calls that name none. */
  readonly deadlineMs?: number;
  /** Its abort cancels every call. */
  readonly signal?: AbortSignal;
  /** How this process comes to others; without it, unencrypted and nameless. */
  readonly access?: Access;
  /** Uid of the job that the service belongs to. */
  readonly job?: string;
}

/** A client of a service. Nothing is sent until the first call; a lost server is dialled again by the next one. */
export function dial<N extends ServiceName>(address: string, service: N, options: DialOptions = {}): Client<N> {
  const { access = new Access() } = options;
  const { credentials, options: tls } = access.channel(address);
  const channel = new Channel(address, credentials, { ...channelOptions(service), ...tls });
  const caller = new Caller(channel, { service, address }, options);
  const methods = Object.entries(serviceDefinition(service)).map(([name, method]) => [
    name.charAt(0).toLowerCase() + name.slice(1),
    caller.method(method),
  ]);
  const dispose = async (): Promise<void> => channel.close();
  // The definition and the type `Client` both come from the proto.
  return { ...Object.fromEntries(methods), [Symbol.asyncDispose]: dispose } as Client<N>;
}

function channelOptions(service: ServiceName): Record<string, number | string> {
  return {
    "grpc.max_send_message_length": requestBytesOf(service),
    "grpc.max_receive_message_length": service === "DataLoaderService" ? MAX_BATCH_MESSAGE_BYTES : MAX_MESSAGE_BYTES,
    ...(service === "DataLoaderService" && { "grpc-node.flow_control_window": BATCH_WINDOW_BYTES }),
    "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.initial_reconnect_backoff_ms": MIN_RECONNECT_MS,
    "grpc.max_reconnect_backoff_ms": MAX_RECONNECT_MS,
    "grpc.per_rpc_retry_buffer_size": RETRY_BUFFER_BYTES,
    "grpc.retry_buffer_size": RETRY_BUFFER_TOTAL_BYTES,
    "grpc.service_config": JSON.stringify(retryConfig(service)),
    // Services of a cluster are never behind the proxy that the environment may name for the internet.
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
  };
}

/** Repeats what is safe to repeat when a server was not reached or was too busy (gRFC A6). */
function retryConfig(service: ServiceName): object {
  const name = fullName(service);
  const methods = Object.entries(serviceDefinition(service))
    .filter(([method, { responseStream }]) => !responseStream && /^(Get|List|Predict)/.test(method))
    .map(([method]) => ({ service: name, method }));
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: "0.05s",
    maxBackoff: "0.5s",
    backoffMultiplier: 2,
    retryableStatusCodes: ["UNAVAILABLE"],
  };
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: methods.length > 0 ? [{ name: methods, retryPolicy }] : [],
  };
}

type Method = MethodDefinition<unknown, unknown>;
type Cancellable = { cancel(): void };

/** Makes the calls of one channel. */
class Caller {
  readonly #channel: Channel;
  readonly #callee: Callee;
  readonly #options: DialOptions;

  constructor(channel: Channel, callee: Callee, options: DialOptions) {
    this.#channel = channel;
    this.#callee = callee;
    this.#options = options;
  }

  method(method: Method): (...parameters: never[]) => unknown {
    if (!method.responseStream)
      return (request: unknown, options?: CallOptions) => this.#unary(method, request, options);
    if (method.requestStream) {
      return (requests: AsyncIterable<unknown> | Iterable<unknown>, options?: CallOptions) =>
        this.#bidi(method, requests, options);
    }
    return (request: unknown, options?: CallOptions) => this.#serverStream(method, request, options);
  }

  async #unary(method: Method, request: unknown, options: CallOptions = {}): Promise<unknown> {
    const signal = this.#signal(options);
    if (signal?.aborted) throw abortReason(signal);
    const deadlineMs = options.deadlineMs ?? this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const { path, requestSerialize, responseDeserialize } = method;
    let unlink = (): void => {};
    try {
      return await new Promise((resolve, reject) => {
        const call = this.#channel.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          this.#metadata(),
          deadline(deadlineMs),
          (error, response) => (error ? reject(error) : resolve(response)),
        );
        unlink = link(signal, call);
      });
    } catch (error) {
      throw this.#error(error, signal);
    } finally {
      unlink();
    }
  }

  async *#serverStream(method: Method, request: unknown, options: CallOptions = {}): AsyncGenerator {
    const signal = this.#signal(options);
    if (signal?.aborted) throw abortReason(signal);
    const { path, requestSerialize, responseDeserialize } = method;
    const call = this.#channel.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
      deadline(options.deadlineMs),
    );
    yield* this.#responses(call, signal);
  }

  async *#bidi(
    method: Method,
    requests: AsyncIterable<unknown> | Iterable<unknown>,
    options: CallOptions = {},
  ): AsyncGenerator {
    const signal = this.#signal(options);
    if (signal?.aborted) throw abortReason(signal);
    const { path, requestSerialize, responseDeserialize } = method;
    const call = this.#channel.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata(),
      deadline(options.deadlineMs),
    );
    let failure: { readonly error: unknown } | undefined;
    const sending = send(requests, call).catch((error: unknown) => {
      failure = { error };
      call.cancel();
    });
    try {
      yield* this.#responses(call, signal);
    } catch (error) {
      throw failure ? failure.error : error;
    }
    await sending;
  }

  /** The messages of a call. Leaving the loop early cancels it. */
  async *#responses(call: ClientReadableStream<unknown>, signal: AbortSignal | undefined): AsyncGenerator {
    const unlink = link(signal, call);
    call.on("error", () => {}); // the loop has it; after the loop a late one must not end the process
    try {
      yield* call;
    } catch (error) {
      throw this.#error(error, signal);
    } finally {
      unlink();
      call.cancel();
    }
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    const authorization = this.#options.access?.authorization(this.#callee.address, this.#options.job);
    if (authorization !== undefined) metadata.set("authorization", authorization);
    return metadata;
  }

  #signal(options: CallOptions): AbortSignal | undefined {
    const signals = [options.signal, this.#options.signal].filter((signal) => signal !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }

  #error(error: unknown, signal: AbortSignal | undefined): PetageError {
    if (signal?.aborted) return abortReason(signal);
    const failure = error as ServiceError;
    if (typeof failure.code !== "number") return PetageError.from(error);
    // Nobody here cancelled, so the other side was lost.
    if (failure.code === status.CANCELLED && !failure.metadata?.get("petage-error-code").length) {
      failure.code = status.UNAVAILABLE;
    }
    return fromStatus(failure, this.#callee);
  }
}

function deadline(deadlineMs: number | undefined): GrpcCallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}

/** Cancels the call when the signal aborts; the answer undoes that. */
function link(signal: AbortSignal | undefined, call: Cancellable): () => void {
  const cancel = (): void => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return () => signal?.removeEventListener("abort", cancel);
}

async function send(
  requests: AsyncIterable<unknown> | Iterable<unknown>,
  call: ClientDuplexStream<unknown, unknown>,
): Promise<void> {
  let open = true;
  let wake = (): void => {};
  const close = (): void => {
    open = false;
    wake();
  };
  call
    .once("status", close)
    .once("error", close)
    .on("drain", () => wake());
  for await (const request of requests) {
    if (!open) return;
    if (!call.write(request)) await new Promise<void>((resolve) => (open ? (wake = resolve) : resolve()));
  }
  call.end();
}
