import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { assert } from "#lib/base/assert.ts";
import type { CallPort } from "./incoming-call.ts";

/**
 * The HTTP/2 stream of a call, as the interceptor next to the network has it. grpc-js 1.14 has no public way to it, and
 * without it nobody sees the bytes of a message that is not whole: grpc-js keeps them, to its limit for one message and
 * without one for all together. A test fails if another version names it otherwise.
 */
export function streamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream {
  const { stream } = call as ServerInterceptingCallInterface & { readonly stream?: ServerHttp2Stream };
  assert(stream !== undefined, "grpc-js gives the HTTP/2 stream of a call as its property `stream`");
  return stream;
}

/** @param refuse sends the status */
export function portOf(stream: ServerHttp2Stream, refuse: CallPort["refuse"]): CallPort {
  return {
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    refuse,
    cut: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

/**
 * Closes a stream once its status has left, also if its client still sends: grpc-js would keep the stream, and with it
 * what has come of a message, until the client ends. RST_STREAM without an error is what HTTP/2 has for that.
 */
export function closeAfterStatus(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.readableEnded) return;
  const hasStatus = stream.sentHeaders?.["grpc-status"] !== undefined; // without an answer before it
  if (hasStatus) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  // Its trailers come when all before them has been sent; after them Node sends no RST_STREAM.
  else stream.once("wantTrailers", () => setImmediate(() => stream.destroy()));
}
