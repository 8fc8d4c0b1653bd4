import { every } from "#lib/base/clock.ts";
import type { Clock } from "#lib/base/clock.ts";
import { isoTime } from "#lib/base/iso-time.ts";
import type { Log } from "#lib/base/log.ts";

import { Peers } from "./peers.ts";
import type { PeerLimits } from "./peers.ts";
import type { Notice } from "./types.ts";

const STALL_WARNING_MS = 60_000;
/** Heartbeats of its own that a rank must miss before it takes what carries them for away. */
const AWAY_BEATS = 3;

/** Time in which nothing is carried between the ranks. */
export interface Outage {
  /** Milliseconds since 1970, as the next. */
  readonly since: number;
  /** The group fails when it lasts until then. */
  readonly givesUpAt: number;
}

export interface WatchOptions {
  readonly rank: number;
  readonly size: number;
  readonly limits: PeerLimits;
  readonly clock: Clock;
  /** A call without any progress for this long fails although all peers live. */
  readonly stallMs: number;
  readonly log: Log;
  tell(notice: Notice): void;
  /** Called with the rank to blame and what to say of it. May be called again while nobody acts on it. */
  lose(rank: number, message: string): void;
  /** What carries the messages, where that may be away for a while; as the link has it. */
  readonly carrier?: string | undefined;
  /** An outage of the carrier that lasts longer is the end. */
  readonly outageMs: number;
  /** Called when an outage begins, and without one when it is over. */
  onOutage?(outage?: Outage): void;
  /** Called when an outage has lasted too long; no rank is to blame then. */
  cutOff(message: string): void;
}

/** Shows every interval that this rank lives, and blames a peer that does not, left early or holds the others up. */
export class Watch implements Disposable {
  readonly #options: WatchOptions;
  readonly #peers: Peers;
  readonly #clock: Clock;
  readonly #beats: Disposable;
  #beatMs: number;
  /** When this rank's own heartbeat last came back. */
  #echoMs: number;
  #isAway = false;
  #begun = 0;
  #call: string | undefined;
  #progressMs = 0;
  #warned = false;

  constructor(options: WatchOptions) {
    const { clock, limits } = options;
    this.#options = options;
    this.#clock = clock;
    this.#echoMs = this.#beatMs = clock.nowMs();
    this.#peers = new Peers(options, limits, this.#beatMs);
    this.#beats = every(clock, limits.intervalMs, () => this.#beat());
    this.#tellAlive();
  }

  /** @param call what the group is doing from now on, for messages. */
  begin(call: string): void {
    this.#call = call;
    this.#begun++;
    this.#progressMs = this.#clock.nowMs();
  }

  /** Notes that a chunk came, which shows too that the previous rank lives. */
  received(): void {
    const { rank, size } = this.#options;
    this.#progressMs = this.#clock.nowMs();
    this.#warned = false;
    this.#peers.heard((rank + size - 1) % size, 0, this.#progressMs);
  }

  end(): void {
    this.#call = undefined;
  }

  heed(notice: Notice): void {
    if (notice.rank === this.#options.rank) {
      this.#heardMyself();
    } else if (notice.kind === "alive") {
      const isFirst = this.#peers.heard(notice.rank, notice.begun, this.#clock.nowMs());
      if (isFirst) this.#tellAlive(); // it came later than this rank, so it missed what was told before
    } else if (notice.kind === "leaving") this.#peers.left(notice.rank);
    else if (notice.lost === undefined) this.#lose(notice.rank, `Rank ${notice.rank} stopped: ${notice.reason}`);
    else this.#lose(notice.lost, `Rank ${notice.rank} reports: ${notice.reason}`);
  }

  [Symbol.dispose](): void {
    this.#beats[Symbol.dispose]();
  }

  #tellAlive(): void {
    this.#options.tell({ kind: "alive", rank: this.#options.rank, begun: this.#begun });
  }

  #lose(rank: number, message: string): void {
    this.#options.lose(rank, message);
  }

  #beat(): void {
    this.#tellAlive();
    const nowMs = this.#clock.nowMs();
    if (this.#waitsForCarrier(nowMs)) return;
    const lost = this.#peers.lost(nowMs);
    if (lost) {
      const what = lost.joined ? "has been silent for" : "did not join within";
      const during = this.#call === undefined ? "" : `, in ${this.#call}`;
      this.#lose(lost.rank, `Rank ${lost.rank} of ${this.#options.size} ${what} ${seconds(lost.silentMs)}${during}`);
    } else if (this.#call !== undefined) {
      this.#watchStall(this.#call, nowMs - this.#progressMs);
    }
  }

  /** While not even this rank's own heartbeats come back, silence says nothing about the peers. */
  #waitsForCarrier(nowMs: number): boolean {
    const { carrier, limits, outageMs, log } = this.#options;
    const sinceBeatMs = nowMs - this.#beatMs;
    this.#beatMs = nowMs;
    if (carrier === undefined) return false;
    if (sinceBeatMs > 2 * limits.intervalMs) this.#echoMs += sinceBeatMs - limits.intervalMs; // it stood still itself
    const awayMs = nowMs - this.#echoMs;
    if (awayMs <= AWAY_BEATS * limits.intervalMs) return false;
    if (!this.#isAway) {
      this.#isAway = true;
      const since = this.#clock.date().getTime() - awayMs;
      const outage = { since, givesUpAt: since + outageMs };
      log.warn(`Waiting for ${carrier}`, { since: isoTime(since), givesUpAt: isoTime(outage.givesUpAt) });
      this.#options.onOutage?.(outage);
    }
    if (awayMs > outageMs) {
      const what = "it has carried no message for";
      this.#options.cutOff(`Lost ${carrier}: ${what} ${seconds(awayMs)}, the most that is waited for it`);
    }
    return true;
  }

  #heardMyself(): void {
    const nowMs = this.#clock.nowMs();
    const awayMs = nowMs - this.#echoMs;
    this.#echoMs = nowMs;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#progressMs += awayMs;
    this.#peers.returning(nowMs);
    this.#options.log.info(`${this.#options.carrier} is back`, { awayMs: Math.round(awayMs) });
    this.#options.onOutage?.();
  }

  /** The peers live, but the call stands still: somebody left, or is somewhere else in the program. */
  #watchStall(call: string, stalledMs: number): void {
    const { rank, size, limits, stallMs, log } = this.#options;
    const [gone] = this.#peers.gone;
    const behind = this.#peers.behind(this.#begun);
    // What a rank sent before it left may still be on its way, hence the grace.
    if (gone !== undefined && stalledMs > limits.silenceMs / 5) {
      this.#lose(gone, `Rank ${gone} left the group before the end of ${call}`);
    } else if (stalledMs > stallMs) {
      const blamed = behind[0] ?? (rank + size - 1) % size;
      this.#lose(blamed, `Rank ${blamed} lives but has not moved ${call} on for ${seconds(stalledMs)}`);
    } else if (stalledMs > STALL_WARNING_MS && !this.#warned) {
      this.#warned = true;
      log.warn("waiting for other ranks", { call, stalledMs: Math.round(stalledMs), behind });
    }
  }
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
