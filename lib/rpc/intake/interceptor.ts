import { ServerInterceptingCall } from "@grpc/grpc-js";
import type {
  Metadata,
  ServerInterceptingCallInterface,
  ServerInterceptor,
  StatusObject,
  ServerMethodDefinition,
} from "@grpc/grpc-js";
import type { Gate } from "../access/gate.ts";
import type { IncomingCall, Rpc } from "./incoming-call.ts";
import type { Intake } from "./intake.ts";
import { closeAfterStatus, portOf, streamOf } from "./stream-of-call.ts";

const AUTHORIZATION = "authorization";

export interface Entrance {
  readonly gate: Gate;
  readonly intake: Intake;
  /** Asks the service, before its request is read, whether it takes a call whose client waits so long; throws if not. */
  readonly admit: (path: string, timeoutMs: number | undefined) => void;
  /** The bounds of a method. */
  readonly rpcOf: (method: ServerMethodDefinition<unknown, unknown>) => Rpc;
  /** The status for what ends a call. @param isNew whether no handler knows of the call, which would count its end */
  readonly refuse: (
    path: string,
    error: unknown,
    isNew: boolean,
  ) => Pick<StatusObject, "code" | "details" | "metadata">;
}

/**
 * Stands before every call of a server: who may not call, or may not have more, is refused before a byte of the request
 * has been read. It is the one next to the network.
 */
export function interceptor(entrance: Entrance): ServerInterceptor {
  return (method, call) => new WatchedCall(call, entrance.rpcOf(method), entrance);
}

/** A call that tells what it holds and what it waits for. */
class WatchedCall extends ServerInterceptingCall {
  readonly #incoming: IncomingCall;

  constructor(call: ServerInterceptingCallInterface, rpc: Rpc, { gate, intake, admit, refuse }: Entrance) {
    const stream = streamOf(call);
    let isNew = true;
    const end = (error: unknown): void => {
      call.sendStatus(refuse(rpc.path, error, isNew));
      closeAfterStatus(stream);
    };
    const incoming = intake.arrive(rpc, call.getPeer(), portOf(stream, end));
    let entered: Disposable | undefined;
    // Before grpc-js, which would put what is too much for us with the rest of a message.
    stream.prependListener("data", (chunk: Buffer) => incoming.received(chunk));
    stream.once("close", () => {
      intake.leave(incoming);
      entered?.[Symbol.dispose]();
    });
    super(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, proceed) {
            try {
              entered = gate.enter({
                call: incoming,
                path: rpc.path,
                authorization: authorizationOf(metadata),
                peer: call.getPeer(),
                certificate: () => call.getAuthContext().sslPeerCertificate,
              });
              intake.enter(incoming);
              admit(rpc.path, timeoutOf(call));
            } catch (error) {
              incoming.refuse(error);
              return;
            }
            metadata.remove(AUTHORIZATION); // no handler, and no log, needs it
            isNew = !rpc.requestStream;
            proceed(metadata);
          },
          onReceiveMessage(message, proceed) {
            incoming.delivered(false);
            proceed(message);
          },
          onReceiveHalfClose(proceed) {
            incoming.delivered(true);
            isNew = false;
            proceed();
          },
          onCancel: () => incoming.ends(),
        }),
      sendStatus(status, next) {
        incoming.ends();
        next(status);
        closeAfterStatus(stream);
      },
    });
    this.#incoming = incoming;
  }

  override startRead(): void {
    this.#incoming.reads();
    super.startRead();
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#incoming.answers();
    super.sendMessage(message, () => {
      this.#incoming.sent();
      callback();
    });
  }
}

function timeoutOf(call: ServerInterceptingCallInterface): number | undefined {
  const deadlineMs = Number(call.getDeadline()); // of a Date, or Infinity
  return Number.isFinite(deadlineMs) ? deadlineMs - Date.now() : undefined;
}

function authorizationOf(metadata: Metadata): string | undefined {
  const values = metadata.get(AUTHORIZATION);
  return values.length === 1 ? String(values[0]) : undefined;
}
