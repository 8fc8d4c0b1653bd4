import type { Readable } from "node:stream";
import { Client, credentials, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";

/** An answer as it comes over the wire, without anything of ours on the way. */
export interface RawAnswer {
  readonly code: status;
  readonly details: string;
  readonly messages: readonly Buffer[];
}

export interface RawRpc {
  /** `/petage.v1.DataLoaderService/GetDataset` */
  readonly path: string;
  readonly responseStream: boolean;
  readonly requestStream: boolean;
}

const same = (bytes: Buffer): Buffer => bytes;

/** Calls of any server with any bytes. */
export class RawCaller implements Disposable {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** Sends one message and waits for the end of the answer, or for `deadlineMs`. */
  call(rpc: RawRpc, message: Buffer, deadlineMs: number): Promise<RawAnswer> {
    const options = { deadline: Date.now() + deadlineMs };
    const messages: Buffer[] = [];
    return new Promise((resolve) => {
      const end = (error: ServiceError | null): void => {
        resolve({ code: error?.code ?? status.OK, details: error?.details ?? "", messages });
      };
      if (!rpc.responseStream) {
        this.#client.makeUnaryRequest(rpc.path, same, same, message, options, (error, response) => {
          if (response) messages.push(response);
          end(error);
        });
        return;
      }
      const follow = (stream: Readable): unknown =>
        stream
          .on("data", (response: Buffer) => messages.push(response))
          .on("error", end)
          .on("end", () => end(null));
      if (!rpc.requestStream) {
        follow(this.#client.makeServerStreamRequest(rpc.path, same, same, message, options));
        return;
      }
      const stream = this.#client.makeBidiStreamRequest(rpc.path, same, same, options);
      follow(stream);
      stream.end(message);
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
