import { PetageError } from "#lib/base/errors.ts";
import { every, type Clock } from "#lib/base/clock.ts";
import { systemClock } from "#lib/system/clock.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";
import { Connections, type ConnectionLimits } from "./connections.ts";
import { FairPool } from "./fair-pool.ts";
import { IncomingCall, type CallHost, type CallPort, type Rpc, type WaitLimits } from "./incoming-call.ts";

export interface IntakeLimits extends ConnectionLimits {
  /** Calls that may be open. */
  readonly openCalls: number;
  /** Of those, streams of answers; the rest is left for calls that end soon. */
  readonly openStreams: number;
  /** Calls of health and reflection, which come on top: each of those with one answer, and of those with many. */
  readonly standardCalls: number;
  /** Bytes of requests under way, of all connections and of one. */
  readonly serverBytes: number;
  readonly connectionBytes: number;
  readonly waitMs: WaitLimits;
  /** How often it is looked whether a call waits for too long. */
  readonly checkIntervalMs: number;
}

/** What comes in at a server, bounded in calls, bytes and time, and shared out between its connections. */
export class Intake implements Disposable {
  readonly connections: Connections;
  readonly #open = new Set<IncomingCall>();
  readonly #calls: FairPool<IncomingCall>;
  readonly #streams: FairPool<IncomingCall>;
  readonly #checks: FairPool<IncomingCall>;
  readonly #watches: FairPool<IncomingCall>;
  readonly #host: CallHost;
  readonly #timer: Disposable;

  constructor(limits: IntakeLimits, clock: Clock = systemClock) {
    this.#calls = new FairPool(limits.openCalls);
    this.#streams = new FairPool(limits.openStreams);
    this.#checks = new FairPool(limits.standardCalls);
    this.#watches = new FairPool(limits.standardCalls);
    const bytes = new BytesInFlight<IncomingCall>(limits.serverBytes, limits.connectionBytes);
    this.connections = new Connections(limits, () => clock.nowMs());
    this.#host = { nowMs: () => clock.nowMs(), bytes, limits: limits.waitMs };
    this.#timer = every(clock, limits.checkIntervalMs, () => this.#check());
  }

  /** A call whose headers have come. It is known until `leave`. @param peer its connection, as `connections` has it */
  arrive(rpc: Rpc, peer: string, port: CallPort): IncomingCall {
    const call = new IncomingCall(rpc, peer, { port, host: this.#host });
    this.#open.add(call);
    this.connections.callBegins(peer);
    return call;
  }

  /** Lets a call have its place. UNAVAILABLE when there is none. */
  enter(call: IncomingCall): void {
    const full = this.#poolsOf(call).find((pool) => !pool.take(call));
    if (!full) return;
    this.#release(call);
    throw new PetageError("UNAVAILABLE", `Server is busy with ${full.total} calls, the most it takes`, {
      hint: "Try again in a moment",
    });
  }

  /** The stream of a call has closed. */
  leave(call: IncomingCall): void {
    this.#open.delete(call);
    this.connections.callEnds(call.owner);
    call.ends();
    this.#release(call);
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #release(call: IncomingCall): void {
    for (const pool of this.#poolsOf(call)) pool.give(call);
  }

  #check(): void {
    for (const call of this.#open) call.checkWait();
    this.connections.check();
  }

  #poolsOf({ rpc: { isStandard, responseStream } }: IncomingCall): readonly FairPool<IncomingCall>[] {
    if (isStandard) return [responseStream ? this.#watches : this.#checks];
    return responseStream ? [this.#streams, this.#calls] : [this.#calls];
  }
}
