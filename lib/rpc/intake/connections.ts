/** HTTP/2 begins with this many bytes; a TLS handshake is longer. */
const PREFACE_BYTES = 24;

/** What can be seen of a connection, and done to it. */
export interface ConnectionPort {
  readonly bytesRead: number;
  /** Ends it, whatever it is at. */
  destroy(): void;
}

interface Connection {
  readonly port: ConnectionPort;
  /** Since when it has had no call. */
  idleSinceMs: number;
  openCalls: number;
}

export interface ConnectionLimits {
  readonly connections: number;
  /** How long one may say nothing. Who goes on more slowly is found by keepalive, and by Node's limit for TLS handshakes. */
  readonly silentMs: number;
}

/** The connections of a server, by the address and port of their clients. One that is not used gives way to a new one. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #nowMs: () => number;
  readonly #open = new Map<string, Connection>();

  constructor(limits: ConnectionLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  opened(peer: string, port: ConnectionPort): void {
    if (this.#open.size >= this.#limits.connections) this.#cut(this.#longestIdle());
    this.#open.set(peer, { port, idleSinceMs: this.#nowMs(), openCalls: 0 });
  }

  closed(peer: string): void {
    this.#open.delete(peer);
  }

  callBegins(peer: string): void {
    const connection = this.#open.get(peer);
    if (connection) connection.openCalls++;
  }

  callEnds(peer: string): void {
    const connection = this.#open.get(peer);
    if (!connection) return;
    connection.openCalls--;
    connection.idleSinceMs = this.#nowMs();
  }

  /** Ends those that have opened and said nothing. */
  check(): void {
    const longestMs = this.#nowMs() - this.#limits.silentMs;
    for (const [peer, { port, idleSinceMs }] of this.#open) {
      if (port.bytesRead < PREFACE_BYTES && idleSinceMs < longestMs) this.#cut(peer);
    }
  }

  /** One with calls only if all have some, which the bound of calls forbids where it is below that of connections. */
  #longestIdle(): string | undefined {
    const age = ([, { openCalls, idleSinceMs }]: readonly [string, Connection]): readonly [number, number] => [
      Math.min(openCalls, 1),
      idleSinceMs,
    ];
    let longest: readonly [string, Connection] | undefined;
    for (const each of this.#open) {
      if (!longest || isBefore(age(each), age(longest))) longest = each;
    }
    return longest?.[0];
  }

  #cut(peer: string | undefined): void {
    if (peer === undefined) return;
    const connection = this.#open.get(peer);
    this.#open.delete(peer);
    connection?.port.destroy();
  }
}

function isBefore([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  return a === c ? b < d : a < c;
}
