/** What the policy knows of a waiting item. Times are milliseconds of one monotonic clock. */
export interface Waiting {
  readonly arrivedMs: number;
  /** When its caller gives up; Infinity when never. */
  readonly deadlineMs: number;
  readonly bytes: number;
}

export interface BatchPolicy {
  /** Batch sizes that the model is warm for, rising; smaller batches are padded to the next one. */
  readonly batchSizes: readonly number[];
  /** How long the oldest item waits for more although the model is idle. */
  readonly maxDelayMs: number;
  /** Bounds of the queue. */
  readonly maxQueueItems: number;
  readonly maxQueueBytes: number;
}

export const DEFAULT_POLICY: BatchPolicy = {
  batchSizes: [1, 2, 4, 8, 16],
  maxDelayMs: 0, // an idle model gains nothing by waiting: what comes meanwhile forms the next batch
  maxQueueItems: 256,
  maxQueueBytes: 256 * 2 ** 20,
};

/** What the policy knows of what computes: one model, or several decoders. */
export interface EngineState {
  /** Batches that can be computed at a time. */
  readonly parallelism: number;
  /** When each batch under way should end, as far as is known. */
  readonly endsMs: readonly number[];
  /** How long a batch of a size takes, as far as is known. */
  readonly computeMs: (size: number) => number;
}

export type Decision =
  /** Compute the first `count` items together. */
  | { readonly kind: "dispatch"; readonly count: number }
  /** Nothing to do before this time, or before anything changes. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** The first item cannot be answered in time: say so now. */
  | { readonly kind: "reject" };

interface Now {
  readonly nowMs: number;
  readonly engine: EngineState;
}

/** Where an item belongs in a queue: the earliest deadline first, and of the same the earliest to arrive. */
export function placeOf(deadlineMs: number, queue: readonly Waiting[]): number {
  const later = queue.findIndex((item) => item.deadlineMs > deadlineMs);
  return later < 0 ? queue.length : later;
}

/** What to do next with a queue, which is in the order of `placeOf`. Pure: the batcher asks again after every change. */
export function next(queue: readonly Waiting[], { nowMs, engine }: Now, policy: BatchPolicy): Decision {
  const [first] = queue;
  if (!first) return { kind: "wait", untilMs: Infinity };
  if (first.deadlineMs <= nowMs) return { kind: "reject" };
  const latestStartMs = first.deadlineMs - engine.computeMs(1);
  if (!isFree(engine)) {
    const isLate = freeAtMs(nowMs, engine) >= latestStartMs;
    return isLate ? { kind: "reject" } : { kind: "wait", untilMs: latestStartMs };
  }
  const count = bestCount(queue.length, first.deadlineMs - nowMs, { engine, policy });
  // An idle model refuses the last one in vain: what is known of its speed may be out of date.
  if (count === 0) return queue.length > 1 ? { kind: "reject" } : { kind: "dispatch", count: 1 };
  const oldestMs = Math.min(...queue.map(({ arrivedMs }) => arrivedMs));
  const dueMs = Math.min(oldestMs + policy.maxDelayMs, latestStartMs);
  if (nowMs >= dueMs || queue.length >= largest(policy)) return { kind: "dispatch", count };
  return { kind: "wait", untilMs: dueMs };
}

/**
 * How many of `waiting` items to compute together: as many as gives most answers a second, within a time. 12 items would
 * be padded to a batch of 16, and where that takes twice as long as 8, those 8 come first. 0 where nothing is in time.
 */
function bestCount(
  waiting: number,
  timeMs: number,
  { engine, policy }: { readonly engine: EngineState; readonly policy: BatchPolicy },
): number {
  let best = { count: 0, perMs: 0 };
  for (const size of policy.batchSizes) {
    const ms = engine.computeMs(size);
    const count = Math.min(waiting, size);
    const perMs = count / Math.max(ms, Number.EPSILON);
    if (ms <= timeMs && perMs >= best.perMs) best = { count, perMs };
  }
  return best.count;
}

/** What an item that came now would meet. */
export interface Forecast {
  /** Items before it that wait, and batches that are being computed. */
  readonly before: number;
  /** How long until it is computed; 0 where that is at once. */
  readonly waitMs: number;
  /** How long the batch takes that it will be in. */
  readonly computeMs: number;
}

/**
 * Foresees how long an item with this deadline would take, behind those with an earlier one and `ahead` more that are
 * not in the queue yet.
 */
export function forecast(
  { deadlineMs, ahead }: { readonly deadlineMs: number; readonly ahead: number },
  queue: readonly Waiting[],
  { nowMs, engine, policy }: Now & { readonly policy: BatchPolicy },
): Forecast {
  const before = placeOf(deadlineMs, queue) + ahead;
  const most = largest(policy);
  const rounds = Math.floor(before / (most * engine.parallelism));
  return {
    before: before + engine.endsMs.length,
    waitMs: freeAtMs(nowMs, engine) - nowMs + rounds * engine.computeMs(most),
    computeMs: engine.computeMs(paddedSize(Math.min(most, before + 1), policy.batchSizes)),
  };
}

function isFree({ endsMs, parallelism }: EngineState): boolean {
  return endsMs.length < parallelism;
}

/** When the next batch can begin. */
function freeAtMs(nowMs: number, engine: EngineState): number {
  return isFree(engine) ? nowMs : Math.max(nowMs, Math.min(...engine.endsMs));
}

function largest({ batchSizes }: BatchPolicy): number {
  return batchSizes.at(-1) ?? 1;
}

/** Whether one more item fits into the queue. */
export function hasRoom(queue: readonly Waiting[], bytes: number, policy: BatchPolicy): boolean {
  const queued = queue.reduce((sum, item) => sum + item.bytes, 0);
  return queue.length < policy.maxQueueItems && queued + bytes <= policy.maxQueueBytes;
}

/** The smallest batch size that holds `count` items. */
export function paddedSize(count: number, batchSizes: readonly number[]): number {
  return batchSizes.find((size) => size >= count) ?? count;
}
