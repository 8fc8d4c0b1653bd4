import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { delay } from "#lib/system/clock.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./errors.ts";
import { LEASES } from "./objects.ts";
import type { KubeObject } from "./objects.ts";

export interface LeaseTimes {
  /** A leader that has not renewed for this time may be replaced. */
  readonly leaseMs: number;
  /** A leader that could not renew for this time gives up by itself, before anybody may take over. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export const LEASE_TIMES: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process: the pod's name. */
  readonly identity: string;
  readonly log: Log;
  readonly times?: LeaseTimes;
}

interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/**
 * Leadership among replicas by a Lease, as in client-go: who holds it renews it, the others take it when it has not
 * changed for its whole duration by their own clock. Clocks of machines are never compared.
 */
export class Leadership {
  readonly #options: LeaseOptions;
  readonly #times: LeaseTimes;
  #renewedAt = -Infinity;
  #seen: LeaseObject | undefined;
  #seenAt = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
  }

  /**
   * Whether this process may act as the leader now. To be asked before every write: after a stall of the process it is
   * false before a timer could say so.
   */
  get held(): boolean {
    return performance.now() - this.#renewedAt < this.#times.renewDeadlineMs;
  }

  /**
   * Waits for leadership, then runs `lead` with a signal that aborts when leadership is lost or `signal` aborts. Gives
   * the lease back at the end. Throws UNAVAILABLE when leadership was lost: the process should end then.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#acquire(signal);
    if (signal.aborted) return;
    this.#options.log.info("Leading", { lease: this.#options.name, identity: this.#options.identity });
    const lost = new AbortController();
    const end = new AbortController();
    const renewing = this.#renew(lost, AbortSignal.any([signal, end.signal]));
    try {
      await lead(sharedSignal(AbortSignal.any([signal, lost.signal])));
    } finally {
      end.abort();
      await renewing;
      if (!lost.signal.aborted) await this.#release();
    }
    if (lost.signal.aborted) throw PetageError.from(lost.signal.reason);
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#attempt(signal)) return;
      await delay(this.#times.retryMs * (1 + 0.2 * Math.random()), signal).catch(() => undefined);
    }
  }

  async #renew(lost: AbortController, signal: AbortSignal): Promise<void> {
    const { renewDeadlineMs, retryMs } = this.#times;
    while (!signal.aborted) {
      await delay(retryMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const leftMs = Math.max(0, this.#renewedAt + renewDeadlineMs - performance.now());
      using deadline = new Deadline(leftMs, { signal });
      if ((await this.#attempt(deadline.signal)) || this.held || signal.aborted) continue;
      lost.abort(new PetageError("UNAVAILABLE", `Lost the lease ${this.#options.name} after ${renewDeadlineMs} ms`));
      return;
    }
  }

  /** Tries once to take or to renew the lease; tells whether it is ours now. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    try {
      const startedAt = performance.now(); // before the call: what others may count from is not before it
      const written = await this.#write(signal);
      if (written) this.#renewedAt = startedAt;
      return written;
    } catch (thrown) {
      const error = PetageError.from(thrown);
      if (error instanceof KubeError && (error.status === 409 || error.status === 404))
        this.#seen = undefined; // somebody else has written it, or taken it away
      else if (!signal.aborted) {
        this.#options.log.warn("Cannot reach the lease; trying again", { error: error.describe() });
      }
      return false;
    }
  }

  async #write(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    // Who leads knows what is there: one write renews.
    const known = this.held && this.#seen?.spec?.holderIdentity === identity ? this.#seen : undefined;
    const lease = known ?? (await this.#read(signal));
    const now = microTime(new Date());
    const ours = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#times.leaseMs / 1000),
      renewTime: now,
    };
    if (lease === undefined && this.held) {
      // Somebody took it away, as uninstalling does: what leads nothing makes no new one.
      this.#renewedAt = -Infinity;
      return false;
    }
    if (lease === undefined) {
      const metadata = { name, namespace };
      const spec = { ...ours, acquireTime: now, leaseTransitions: 0 };
      const made = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
      this.#remember(await client.create<LeaseObject>(LEASES, made, { signal }));
      return true;
    }
    const { holderIdentity = "", leaseTransitions = 0 } = lease.spec ?? {};
    if (holderIdentity !== identity && !this.#isFree(lease)) {
      this.#renewedAt = -Infinity;
      return false;
    }
    const taken = { acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    const spec = { ...lease.spec, ...ours, ...(holderIdentity === identity ? {} : taken) };
    this.#remember(await client.replace<LeaseObject>(LEASES, { ...lease, spec }, { signal }));
    return true;
  }

  async #read(signal: AbortSignal): Promise<LeaseObject | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get<LeaseObject>(LEASES, { namespace, name }, signal);
      if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#remember(lease);
      return lease;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  #remember(lease: LeaseObject): void {
    this.#seen = lease;
    this.#seenAt = performance.now();
  }

  #isFree({ spec }: LeaseObject): boolean {
    if (!spec?.holderIdentity) return true;
    const durationMs = (spec.leaseDurationSeconds ?? 0) * 1000;
    return performance.now() - this.#seenAt > durationMs;
  }

  /** Lets the next one lead at once. Failing at it costs only time. */
  async #release(): Promise<void> {
    const { client, log, identity } = this.#options;
    this.#renewedAt = -Infinity;
    try {
      const signal = AbortSignal.timeout(this.#times.renewDeadlineMs);
      const lease = await this.#read(signal);
      if (lease?.spec?.holderIdentity !== identity) return;
      const spec = { ...lease.spec, holderIdentity: "", renewTime: microTime(new Date()), leaseDurationSeconds: 1 };
      await client.replace<LeaseObject>(LEASES, { ...lease, spec }, { signal });
    } catch (error) {
      log.warn("Could not give the lease back", { error: PetageError.from(error).describe() });
    }
  }
}

/** Kubernetes' MicroTime: six digits, no more and no fewer. */
function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
