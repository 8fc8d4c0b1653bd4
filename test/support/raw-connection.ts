import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";

const PREFIX_BYTES = 5;
/** An attacker holds itself to nothing; the default of 10 MB would end its own streams. */
const MAX_SESSION_MEGABYTES = 10_000;

/** How a raw call ended. */
export interface RawEnd {
  /** Of gRPC; undefined where the stream was cut without a status. */
  readonly code: number | undefined;
  readonly details: string;
}

/** The prefix of a gRPC message of this length. */
export function prefixOf(length: number): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** A stream of a connection, of which a test sends what parts it likes. */
export class RawStream {
  readonly #stream: ClientHttp2Stream;
  readonly ended: Promise<RawEnd>;
  /** Whether a status came, or the stream was cut. */
  isOver = false;
  /** Bytes that came. */
  receivedBytes = 0;

  constructor(stream: ClientHttp2Stream, isReading: boolean) {
    this.#stream = stream;
    let status: IncomingHttpHeaders = {};
    const keep = (headers: IncomingHttpHeaders): void => void (status = { ...status, ...headers });
    stream.on("response", keep).on("trailers", keep);
    stream.on("error", () => {});
    if (isReading) stream.on("data", (bytes: Buffer) => (this.receivedBytes += bytes.length));
    this.ended = new Promise((resolve) =>
      stream.once("close", () => {
        this.isOver = true;
        const code = status["grpc-status"];
        const details = decodeURIComponent([status["grpc-message"] ?? ""].flat().join(" "));
        resolve({ code: code === undefined ? undefined : Number(code), details });
      }),
    );
  }

  /** Resolves once the bytes have left, or never will. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver || !this.#stream.writable) return resolve();
      this.#stream.once("close", resolve);
      this.#stream.write(bytes, () => {
        this.#stream.off("close", resolve);
        resolve();
      });
    });
  }

  end(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

/** An HTTP/2 connection to a gRPC server, without a gRPC client that would keep to its rules. */
export class RawConnection implements Disposable {
  readonly #session: ClientHttp2Session;
  readonly closed: Promise<void>;

  constructor(address: string) {
    this.#session = connect(`http://${address}`, { maxSessionMemory: MAX_SESSION_MEGABYTES });
    this.#session.on("error", () => {});
    this.closed = new Promise((resolve) => this.#session.once("close", resolve));
  }

  /** @param path `/petage.v1.InferenceService/Predict` */
  open(path: string, { isReading = true, headers = {} }: { isReading?: boolean; headers?: object } = {}): RawStream {
    const stream = this.#session.request(
      { ":method": "POST", ":path": path, te: "trailers", "content-type": "application/grpc", ...headers },
      { endStream: false },
    );
    return new RawStream(stream, isReading);
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}
