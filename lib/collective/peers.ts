export interface PeerLimits {
  /** A peer from which nothing was heard for this long is lost. */
  readonly silenceMs: number;
  /** A peer that was never heard is lost this long after the start. */
  readonly joinMs: number;
  /** After an outage of what carries the messages a peer may take this long to be heard again. */
  readonly returnMs: number;
  /** How often `lost` is asked. */
  readonly intervalMs: number;
}

export interface LostPeer {
  readonly rank: number;
  readonly silentMs: number;
  readonly joined: boolean;
}

interface Peer {
  heardMs: number;
  state: "awaited" | "joined" | "returning" | "left";
  begun: number;
}

/** What this rank knows of the others, from their heartbeats. Time is an argument, in milliseconds. */
export class Peers {
  readonly #limits: PeerLimits;
  readonly #peers = new Map<number, Peer>();
  #askedMs: number;

  constructor({ rank, size }: { rank: number; size: number }, limits: PeerLimits, nowMs: number) {
    this.#limits = limits;
    this.#askedMs = nowMs;
    for (let peer = 0; peer < size; peer++) {
      if (peer !== rank) this.#peers.set(peer, { heardMs: nowMs, state: "awaited", begun: 0 });
    }
  }

  /**
   * Notes a sign of life; true when it is the first of this peer.
   * @param begun how many operations the rank has begun, as far as the sign tells.
   */
  heard(rank: number, begun: number, nowMs: number): boolean {
    const peer = this.#peers.get(rank);
    if (!peer) return false;
    const isFirst = peer.state === "awaited";
    peer.heardMs = nowMs;
    peer.begun = Math.max(peer.begun, begun);
    if (isFirst || peer.state === "returning") peer.state = "joined";
    return isFirst;
  }

  /**
   * To be called when peers can be heard again. Time since `lost` was asked does not count, and whoever had joined gets
   * some to return: each finds its way back on its own.
   */
  returning(nowMs: number): void {
    this.#excuse(nowMs - this.#askedMs);
    this.#askedMs = nowMs;
    for (const peer of this.#peers.values()) {
      if (peer.state !== "joined") continue;
      peer.state = "returning";
      peer.heardMs = nowMs;
    }
  }

  left(rank: number): void {
    const peer = this.#peers.get(rank);
    if (peer) peer.state = "left";
  }

  /** The ranks that left in good order. */
  get gone(): number[] {
    return [...this.#peers].filter(([, peer]) => peer.state === "left").map(([rank]) => rank);
  }

  /** The ranks that have begun fewer than `begun` operations. */
  behind(begun: number): number[] {
    return [...this.#peers].filter(([, peer]) => peer.begun < begun).map(([rank]) => rank);
  }

  /** The peer that is lost by now, if one is: of several the one that has been silent longest. */
  lost(nowMs: number): LostPeer | undefined {
    const sinceAskedMs = nowMs - this.#askedMs;
    this.#askedMs = nowMs;
    if (sinceAskedMs > 2 * this.#limits.intervalMs) {
      this.#excuse(sinceAskedMs - this.#limits.intervalMs);
      return undefined;
    }
    let worst: LostPeer | undefined;
    for (const [rank, peer] of this.#peers) {
      const joined = peer.state !== "awaited";
      const silentMs = nowMs - peer.heardMs;
      const limitMs = this.#limitMs(peer);
      const isLost = peer.state !== "left" && silentMs > limitMs;
      if (isLost && silentMs > (worst?.silentMs ?? 0)) worst = { rank, silentMs, joined };
    }
    return worst;
  }

  #limitMs({ state }: Peer): number {
    const { silenceMs, joinMs, returnMs } = this.#limits;
    return state === "awaited" ? joinMs : state === "returning" ? returnMs : silenceMs;
  }

  /** Time in which this process itself stood still (busy, stopped, asleep) says nothing about its peers. */
  #excuse(stoodStillMs: number): void {
    for (const peer of this.#peers.values()) peer.heardMs += stoodStillMs;
  }
}
