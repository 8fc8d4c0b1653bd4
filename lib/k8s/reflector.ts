import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { delay } from "#lib/system/clock.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { Backoff } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./errors.ts";
import { ALL_NAMESPACES, keyOf } from "./objects.ts";
import type { KubeObject, Place, ResourceType } from "./objects.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";

export interface ReflectorLimits {
  /** Objects in one answer. */
  readonly pageSize: number;
  /** A watch is ended by the server after this, up to twice as long. */
  readonly watchSeconds: number;
  /** A watch on which nothing arrives for this time, not even a bookmark (one comes every minute), is dead. */
  readonly inactivityMs: number;
  readonly firstRetryMs: number;
  readonly maximumRetryMs: number;
}

export const REFLECTOR_LIMITS: ReflectorLimits = {
  pageSize: 500,
  watchSeconds: 300,
  inactivityMs: 75_000,
  firstRetryMs: 800,
  maximumRetryMs: 30_000,
};

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly type: ResourceType;
  /** By default all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `metadata.name=quickstart` */
  readonly fieldSelector?: string;
  readonly store: Store<T>;
  readonly log: Log;
  /** Failures after which there is no point in trying again; by default there are none. */
  readonly isFinal?: (failure: PetageError) => boolean;
  readonly limits?: Partial<ReflectorLimits>;
  readonly random?: () => number;
}

/**
 * Keeps a store equal to a collection of the cluster: lists it once, then follows its changes. Whatever goes wrong, it
 * tries again, unless that failure is final; else only its signal ends it.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #limits: ReflectorLimits;
  readonly #place: Place;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #resourceVersion: string | undefined;
  #trafficAt = performance.now();
  #markSynced: () => void = () => {};
  #markAnswered: () => void = () => {};
  #lists = 0;
  #isForbidden = false;

  /** Resolves when the store has been filled for the first time. */
  readonly synced: Promise<void>;
  /** Resolves when it has, or the API server has said that it may not be: then nobody need wait for that any more. */
  readonly answered: Promise<void>;

  constructor(options: ReflectorOptions<T>) {
    const { namespace = ALL_NAMESPACES, random = Math.random } = options;
    this.#options = options;
    this.#limits = { ...REFLECTOR_LIMITS, ...options.limits };
    this.#place = namespace === ALL_NAMESPACES ? {} : { namespace };
    this.#random = random;
    this.#backoff = new Backoff({ firstMs: this.#limits.firstRetryMs, maximumMs: this.#limits.maximumRetryMs }, random);
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
    const forbidden = new Promise<void>((resolve) => (this.#markAnswered = resolve));
    this.answered = Promise.race([this.synced, forbidden]);
  }

  /** How long nothing has been heard from the API server, ms. For health: minutes mean that the store is stale. */
  get silenceMs(): number {
    return performance.now() - this.#trafficAt;
  }

  /** What may not be seen now, as far as is known. */
  get isForbidden(): boolean {
    return this.#isForbidden;
  }

  /** How often the whole collection was listed. */
  get lists(): number {
    return this.#lists;
  }

  /** Runs until the signal aborts. Rejects only with what is final. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#resourceVersion ??= await this.#list(signal);
        await this.#follow(this.#resourceVersion, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const failure = PetageError.from(thrown);
        if (this.#options.isFinal?.(failure)) throw failure;
        await this.#recover(failure, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, type, store, labelSelector, fieldSelector } = this.#options;
    const objects: T[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { limit: this.#limits.pageSize, labelSelector, fieldSelector, continue: next };
      const { items, metadata } = await client.list<T>(type, { ...this.#place, query }, signal);
      objects.push(...items);
      this.#heard();
      next = metadata.continue || undefined;
      if (next !== undefined) continue;
      this.#lists += 1;
      store.replace(objects, this.#place.namespace ?? ALL_NAMESPACES, metadata.resourceVersion);
      this.#backoff.reset();
      this.#markSynced();
      this.#isForbidden = false;
      return metadata.resourceVersion;
    }
  }

  /** One watch, until the server ends it (which it does regularly) or it falls silent. */
  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, type, store, labelSelector, fieldSelector } = this.#options;
    const { watchSeconds, inactivityMs } = this.#limits;
    using silence = new Deadline(inactivityMs, { signal });
    const events = watch<T>(client, [type, this.#place], {
      resourceVersion,
      query: { labelSelector, fieldSelector },
      timeoutSeconds: Math.ceil(watchSeconds * (1 + this.#random())),
      signal: silence.signal,
      onTraffic: () => (silence.refresh(), this.#heard()),
    });
    let changed = false;
    for await (const event of events) {
      changed = true;
      this.#backoff.reset();
      if (event.type === "DELETED") store.delete(keyOf(event.object));
      else if (event.type !== "BOOKMARK") store.set(event.object);
      this.#resourceVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    }
    // A server that ends watches at once must not be asked in a loop.
    if (!changed) await delay(this.#backoff.next(), signal);
  }

  async #recover(failure: PetageError, signal: AbortSignal): Promise<void> {
    const { log, type } = this.#options;
    const retryAfterMs = failure instanceof KubeError ? (failure.retryAfterMs ?? 0) : 0;
    if (failure instanceof KubeError && failure.status === 410) {
      // Too old to go on from: the whole collection is read again.
      this.#resourceVersion = undefined;
      log.info("Listing again", { kind: type.plural, reason: failure.message });
    } else if (failure instanceof KubeError && failure.status === 403) {
      this.#forbid(failure);
    } else {
      log.warn("Watching failed; trying again", { kind: type.plural, error: failure.describe() });
    }
    await delay(Math.max(retryAfterMs, this.#backoff.next()), signal).catch(() => undefined);
  }

  /** It is looked again now and then: a role may be given later, or the namespace be made anew with its own. */
  #forbid(failure: KubeError): void {
    const { log, type } = this.#options;
    this.#heard(); // an answer, too
    this.#resourceVersion = undefined;
    this.#markAnswered();
    if (this.#isForbidden) return;
    this.#isForbidden = true;
    log.error("May not watch this namespace, and goes on without it", {
      kind: type.plural,
      namespace: this.#place.namespace ?? "all",
      error: failure.describe(),
    });
  }

  #heard(): void {
    this.#trafficAt = performance.now();
  }
}
