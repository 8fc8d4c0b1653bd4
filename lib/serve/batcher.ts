import { assert } from "#lib/base/assert.ts";
import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import { DEFAULT_POLICY, forecast, hasRoom, next, paddedSize, placeOf } from "./policy.ts";
import type { BatchPolicy, EngineState, Forecast, Waiting } from "./policy.ts";
import { ServiceTimes } from "./service-times.ts";

export interface SubmitOptions {
  /** What the item holds in memory. */
  readonly bytes: number;
  /** How long the caller waits; no limit when absent. */
  readonly timeoutMs?: number;
  /** Its abort takes the item out of the queue. */
  readonly signal?: AbortSignal;
}

/** An answer, and where its time went. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly queueMs: number;
  /** Of the whole batch. */
  readonly computeMs: number;
  readonly batchSize: number;
}

interface Entry<Item, Answer> extends Waiting {
  readonly item: Item;
  readonly resolve: (answered: Answered<Answer>) => void;
  readonly reject: (error: PetageError) => void;
}

export interface BatcherOptions<Item, Answer> {
  /** Computes a batch: one answer for each item, in their order. */
  readonly compute: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly clock: Clock;
  readonly policy?: BatchPolicy;
  /** Batches computed at a time; one by default. */
  readonly parallelism?: number;
  /** What is known of how long batches take. */
  readonly times?: ServiceTimes;
  /** Called with the change in the number of waiting items. */
  readonly onWaiting?: (delta: number) => void;
}

/**
 * Forms batches of items that come one by one, the earliest deadline first. It is bounded in items and bytes, answers
 * early where a deadline cannot be met, and fails an item for its own fault alone: a batch that fails is computed again
 * in halves.
 */
export class Batcher<Item, Answer> {
  readonly #compute: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #policy: BatchPolicy;
  readonly #clock: Clock;
  readonly #onWaiting: (delta: number) => void;
  readonly #queue: Entry<Item, Answer>[] = [];
  readonly #parallelism: number;
  readonly #times: ServiceTimes;
  readonly #running = new Set<{ readonly endMs: number }>();
  #timer: Disposable | undefined;

  constructor(options: BatcherOptions<Item, Answer>) {
    const { compute, clock, policy = DEFAULT_POLICY, onWaiting = () => {} } = options;
    const { parallelism = 1, times = new ServiceTimes() } = options;
    this.#parallelism = parallelism;
    this.#times = times;
    this.#compute = compute;
    this.#policy = policy;
    this.#clock = clock;
    this.#onWaiting = onWaiting;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** What an item that came now would meet, behind `ahead` others that are not here yet. */
  forecast({ timeoutMs, ahead = 0 }: { readonly timeoutMs: number; readonly ahead?: number }): Forecast {
    const nowMs = this.#clock.nowMs();
    const item = { deadlineMs: nowMs + timeoutMs, ahead };
    return forecast(item, this.#queue, { nowMs, engine: this.#engine(), policy: this.#policy });
  }

  #engine(): EngineState {
    return {
      parallelism: this.#parallelism,
      endsMs: [...this.#running].map(({ endMs }) => endMs),
      computeMs: (size) => this.#times.of(size),
    };
  }

  /** Resolves with the item's answer. UNAVAILABLE when the queue is full, DEADLINE_EXCEEDED when it would come too late. */
  submit(item: Item, { bytes, timeoutMs = Infinity, signal }: SubmitOptions): Promise<Answered<Answer>> {
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    if (!hasRoom(this.#queue, bytes, this.#policy)) return Promise.reject(queueFull(this.#queue.length));
    return new Promise((resolve, reject) => {
      const arrivedMs = this.#clock.nowMs();
      const onAbort = (): void => this.#remove(entry, abortReason(signal as AbortSignal));
      const unlink = (): void => signal?.removeEventListener("abort", onAbort);
      const entry: Entry<Item, Answer> = {
        item,
        bytes,
        arrivedMs,
        deadlineMs: arrivedMs + timeoutMs,
        resolve: (answered) => (unlink(), resolve(answered)),
        reject: (error) => (unlink(), reject(error)),
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue.splice(placeOf(entry.deadlineMs, this.#queue), 0, entry);
      this.#onWaiting(1);
      this.#proceed();
    });
  }

  #remove(entry: Entry<Item, Answer>, reason: PetageError): void {
    const index = this.#queue.indexOf(entry);
    if (index < 0) return; // it is being computed: the answer comes, and nobody listens
    this.#takeOut(index, 1);
    entry.reject(reason);
    this.#proceed();
  }

  /** Does what the policy says until it says to wait. */
  #proceed(): void {
    this.#timer?.[Symbol.dispose]();
    for (;;) {
      const nowMs = this.#clock.nowMs();
      const decision = next(this.#queue, { nowMs, engine: this.#engine() }, this.#policy);
      if (decision.kind === "wait") {
        this.#wakeAt(decision.untilMs, nowMs);
        return;
      }
      if (decision.kind === "reject") this.#takeOut(0, 1)[0]?.reject(tooLate());
      else void this.#dispatch(this.#takeOut(0, decision.count));
    }
  }

  #takeOut(index: number, count: number): readonly Entry<Item, Answer>[] {
    this.#onWaiting(-count);
    return this.#queue.splice(index, count);
  }

  #wakeAt(untilMs: number, nowMs: number): void {
    if (untilMs === Infinity) return;
    this.#timer = this.#clock.after(Math.max(0, untilMs - nowMs), () => this.#proceed());
  }

  async #dispatch(batch: readonly Entry<Item, Answer>[]): Promise<void> {
    const size = paddedSize(batch.length, this.#policy.batchSizes);
    const running = { endMs: this.#clock.nowMs() + this.#times.of(size) };
    this.#running.add(running);
    await this.#answer(batch);
    this.#running.delete(running);
    this.#proceed();
  }

  async #answer(batch: readonly Entry<Item, Answer>[]): Promise<void> {
    const startMs = this.#clock.nowMs();
    try {
      const answers = await this.#compute(batch.map(({ item }) => item));
      assert(answers.length === batch.length, `${answers.length} answers for ${batch.length} items`);
      const computeMs = this.#clock.nowMs() - startMs;
      this.#times.add(paddedSize(batch.length, this.#policy.batchSizes), computeMs);
      for (const [index, { arrivedMs, resolve }] of batch.entries()) {
        const queueMs = startMs - arrivedMs;
        resolve({ answer: answers[index] as Answer, queueMs, computeMs, batchSize: batch.length });
      }
    } catch (thrown) {
      const [only] = batch;
      if (batch.length === 1) return only?.reject(PetageError.from(thrown));
      const middle = batch.length >> 1;
      await this.#answer(batch.slice(0, middle));
      await this.#answer(batch.slice(middle));
    }
  }
}

function queueFull(items: number): PetageError {
  return new PetageError("UNAVAILABLE", `Server is overloaded: ${items} photos wait already`, {
    hint: "Try again in a moment",
  });
}

function tooLate(): PetageError {
  return new PetageError("DEADLINE_EXCEEDED", "The answer would come after the caller's deadline", {
    hint: "Allow more time, or try again when the server is less busy",
  });
}
