import {
  status,
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import { abortable } from "#lib/base/signals.ts";
import type { CallMetrics } from "./call-metrics.ts";
import { shuttingDown, type CallContext, type OpenCalls } from "./calls.ts";
import { toStatus } from "./errors.ts";

/** The three shapes of our RPCs; none streams requests for a single answer. */
type UnaryHandler = (request: unknown, context: CallContext) => Promise<unknown>;
type StreamHandler = (request: unknown, context: CallContext) => AsyncIterable<unknown>;
type BidiHandler = (requests: AsyncIterable<unknown>, context: CallContext) => AsyncIterable<unknown>;
export type AnyHandler = UnaryHandler | StreamHandler | BidiHandler;

type UnaryCall = ServerUnaryCall<unknown, unknown>;
type OutgoingStream = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/** What the handlers of one server share. */
export interface HandlerHost {
  readonly calls: OpenCalls;
  readonly metrics: CallMetrics;
  readonly log: Log;
}

/** Stands in for a request that could not be parsed: grpc-js would answer INTERNAL, as if the fault were ours. */
class Malformed {
  readonly error: PetageError;
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.error = new PetageError("INVALID_ARGUMENT", `Request is not the protobuf message expected: ${why}`, { cause });
  }
}

/** The method with a parser that never throws. */
export function tolerant(method: MethodDefinition<unknown, unknown>): MethodDefinition<unknown, unknown> {
  const parse = (bytes: Buffer): unknown => {
    try {
      return method.requestDeserialize(bytes);
    } catch (error) {
      return new Malformed(error);
    }
  };
  return { ...method, requestDeserialize: parse };
}

/** Turns an async function or generator of ours into the callback that grpc-js wants. */
export function adapt(
  method: MethodDefinition<unknown, unknown>,
  handler: AnyHandler,
  host: HandlerHost,
): UntypedHandleCall {
  const counted = (answer: () => Promise<status>): void => void host.metrics.count(method.path, answer);
  // `Implementation` pairs each method with a handler of its shape.
  if (!method.responseStream) {
    return (call: UnaryCall, callback: sendUnaryData<unknown>) =>
      counted(() => answerUnary(call, callback, { handler: handler as UnaryHandler, host }));
  }
  const answerAll = (call: OutgoingStream, answer: (context: CallContext) => AsyncIterable<unknown>): void =>
    counted(() => answerStream(call, host, answer));
  if (!method.requestStream) {
    return (call: ServerWritableStream<unknown, unknown>) =>
      answerAll(call, (context) => (handler as StreamHandler)(parsed(call.request), context));
  }
  return (call: ServerDuplexStream<unknown, unknown>) =>
    answerAll(call, (context) => (handler as BidiHandler)(received(call, host.calls.draining), context));
}

function parsed(request: unknown): unknown {
  if (request instanceof Malformed) throw request.error;
  return request;
}

/** Resolves with the status that the caller gets. */
async function answerUnary(
  call: UnaryCall,
  callback: sendUnaryData<unknown>,
  { handler, host }: { handler: UnaryHandler; host: HandlerHost },
): Promise<status> {
  try {
    using open = host.calls.enter();
    const { signal } = linkCancel(call, open.cancel);
    callback(null, await abortable(handler(parsed(call.request), contextOf(call, signal)), signal));
    return status.OK;
  } catch (error) {
    const failure = toStatus(error, host.log);
    callback(failure);
    return failure.code;
  }
}

/** Resolves with the status that the caller gets. */
async function answerStream(
  call: OutgoingStream,
  { calls, log }: HandlerHost,
  answer: (context: CallContext) => AsyncIterable<unknown>,
): Promise<status> {
  const bidi = "read" in call;
  try {
    using open = calls.enter();
    const { signal } = linkCancel(call, open.cancel);
    // A stream of requests ends by itself on drain, so what was taken in is still answered.
    using _linked = bidi ? undefined : onAbort(calls.draining, () => open.cancel.abort(shuttingDown()));
    await writeAll(call, answer(contextOf(call, signal)), signal);
    if (bidi && calls.draining.aborted) throw shuttingDown();
    call.end();
    return status.OK;
  } catch (error) {
    if (call.cancelled) return status.CANCELLED;
    const failure = toStatus(error, log);
    call.emit("error", failure);
    return failure.code;
  }
}

/** Writes as fast as the caller reads. An abort ends it even where the handler does not listen. */
async function writeAll(call: OutgoingStream, messages: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) return;
      if (!call.write(next.value)) await writable(call);
    }
  } finally {
    iterator.return?.().catch(() => {}); // what it throws after its end has no reader
  }
}

function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

/** Resolves when the stream takes more, or never will. */
function writable(call: OutgoingStream): Promise<void> {
  if (call.cancelled) return Promise.resolve();
  const events: NodeJS.EventEmitter = call;
  return new Promise((resolve) => {
    const done = (): void => {
      events.off("drain", done).off("cancelled", done).off("close", done);
      resolve();
    };
    events.on("drain", done).on("cancelled", done).on("close", done);
  });
}

/** The requests of a stream, one at a time: while none is taken none is read. Ends early when the server drains. */
function received(call: ServerDuplexStream<unknown, unknown>, draining: AbortSignal): AsyncIterable<unknown> {
  const queue = new BoundedQueue<unknown>(1);
  const end = (): void => queue.end();
  draining.addEventListener("abort", end, { once: true });
  const pump = async (): Promise<void> => {
    // Its end must not destroy the call: the answers are still to come.
    for await (const request of call.iterator({ destroyOnReturn: false })) {
      if (!(await queue.push(parsed(request)))) return;
    }
  };
  pump()
    .then(end, (error: unknown) => queue.end(draining.aborted ? undefined : error))
    .finally(() => draining.removeEventListener("abort", end));
  return queue;
}

type AnyCall = UnaryCall | OutgoingStream;

function linkCancel(call: AnyCall, cancel: AbortController): AbortController {
  const abort = (): void => {
    const late = (deadlineOf(call)?.getTime() ?? Infinity) <= Date.now();
    cancel.abort(
      late
        ? new PetageError("DEADLINE_EXCEEDED", "The caller's deadline has passed")
        : new PetageError("ABORTED", "The caller cancelled the call"),
    );
  };
  const events: NodeJS.EventEmitter = call;
  if (call.cancelled) abort();
  else events.once("cancelled", abort);
  return cancel;
}

function contextOf(call: AnyCall, signal: AbortSignal): CallContext {
  return { signal, deadline: deadlineOf(call), metadata: call.metadata, peer: call.getPeer() };
}

function deadlineOf(call: AnyCall): Date | undefined {
  const deadline = call.getDeadline();
  if (deadline instanceof Date) return deadline;
  return Number.isFinite(deadline) ? new Date(deadline) : undefined;
}
