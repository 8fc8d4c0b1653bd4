import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { BatchSource, LentBatch, SourceDescription, StepRange } from "./types.ts";

// Several replicas of a source give the same batches, as each is a function of its place alone. They take ranges of steps
// in turn; what one that is lost owed comes from another, from the step on that was not delivered.

export interface Replica {
  /** What warnings call it: "data-loader-1". */
  readonly name: string;
  readonly source: BatchSource;
}

/** Steps that a replica gives before the next one's turn; each makes those of its next turn meanwhile. */
export const STEPS_PER_RANGE = 8;

/** The batches of several replicas, in order. One that cannot be reached is left out for the rest of the epoch. */
export function sharedSource(replicas: readonly Replica[], log: Log): BatchSource {
  const [only] = replicas;
  if (only && replicas.length === 1) return only.source;
  return {
    async describe(worldSize, signal) {
      const living = new Living(replicas, log);
      for (;;) {
        const replica = living.inTurn(0);
        try {
          return await replica.source.describe(worldSize, signal);
        } catch (error) {
          living.lose(replica, error);
        }
      }
    },
    async *batches(range, signal) {
      const { stepsPerEpoch } = await this.describe(range.worldSize, signal);
      yield* inTurns(range, { stepsPerEpoch, living: new Living(replicas, log), signal });
    },
  };
}

/** The replicas that have not been lost. */
class Living {
  readonly #log: Log;
  #replicas: readonly Replica[];

  constructor(replicas: readonly Replica[], log: Log) {
    this.#replicas = replicas;
    this.#log = log;
  }

  get count(): number {
    return this.#replicas.length;
  }

  inTurn(turn: number): Replica {
    return defined(this.#replicas[turn % this.#replicas.length], "a replica that is there");
  }

  /** Goes on without it; throws what is no loss of it, and the loss of the last one. */
  lose(lost: Replica, thrown: unknown): undefined {
    const error = PetageError.from(thrown);
    if (error.code !== "UNAVAILABLE") throw thrown;
    if (!this.#replicas.includes(lost)) return undefined;
    if (this.#replicas.length === 1) throw thrown;
    this.#replicas = this.#replicas.filter((replica) => replica !== lost);
    this.#log.warn(`Lost ${lost.name}: the other data-loaders give its batches`, { reason: error.message });
    return undefined;
  }
}

interface Turns {
  readonly stepsPerEpoch: SourceDescription["stepsPerEpoch"];
  readonly living: Living;
  readonly signal: AbortSignal;
}

async function* inTurns(
  range: StepRange,
  { stepsPerEpoch, living, signal }: Turns,
): AsyncGenerator<LentBatch, void, undefined> {
  const end = Math.min(range.endStep ?? stepsPerEpoch, stepsPerEpoch);
  const left = new AbortController();
  const open = (startStep: number, endStep: number): OpenRange =>
    openRange({ ...range, startStep, endStep }, living, AbortSignal.any([signal, left.signal]));
  const opened: OpenRange[] = [];
  let next = range.startStep;
  try {
    for (let step = range.startStep; step < end;) {
      for (; next < end && opened.length < living.count; next = endOf(next, end))
        opened.push(open(next, endOf(next, end)));
      const current = defined(opened[0], "the range of a step");
      const batch = await current.next().catch((error: unknown) => living.lose(current.replica, error));
      if (!batch) {
        opened[0] = open(step, current.endStep);
        continue;
      }
      step = batch.step + 1;
      if (step === current.endStep) void opened.shift();
      yield batch;
    }
  } finally {
    left.abort();
    await Promise.all(opened.map(({ close }) => close()));
  }
}

/** Steps are shared out by their number. */
function endOf(step: number, end: number): number {
  return Math.min(end, (Math.floor(step / STEPS_PER_RANGE) + 1) * STEPS_PER_RANGE);
}

interface OpenRange {
  readonly replica: Replica;
  readonly endStep: number;
  next(): Promise<LentBatch>;
  /** Gives back what nobody has read. */
  close(): Promise<void>;
}

/** A range of a replica whose turn it is; its first batch is asked for at once, and each next one when one is read. */
function openRange(range: StepRange & { readonly endStep: number }, living: Living, signal: AbortSignal): OpenRange {
  // Ranks begin at different replicas.
  const replica = living.inTurn(Math.floor(range.startStep / STEPS_PER_RANGE) + range.rank);
  const batches = replica.source.batches(range, signal)[Symbol.asyncIterator]();
  const ask = async (): Promise<LentBatch> => {
    const result = await batches.next();
    if (result.done !== true) return result.value;
    throw new PetageError("UNAVAILABLE", `${replica.name} ended before step ${range.endStep}`);
  };
  let asked = settled(ask());
  return {
    replica,
    endStep: range.endStep,
    async next() {
      const batch = await asked;
      if (batch.step + 1 < range.endStep) asked = settled(ask());
      return batch;
    },
    async close() {
      const batch = await asked.catch(() => undefined);
      batch?.[Symbol.dispose]();
      await batches.return?.().catch(() => {});
    },
  };
}

/** Whoever awaits it sees a failure; after a loss nobody may. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
