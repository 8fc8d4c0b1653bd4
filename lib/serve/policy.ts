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

/** What the policy knows of the model. */
export interface EngineState {
  readonly busy: boolean;
  /** How long a batch takes, as far as is known. */
  readonly computeMs: number;
}

export type Decision =
  /** Compute the first `count` items together. */
  | { readonly kind: "dispatch"; readonly count: number }
  /** Nothing to do before this time, or before anything changes. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** This item cannot be answered in time: say so now. */
  | { readonly kind: "reject"; readonly index: number };

/** What to do next with a queue, the oldest item first. Pure: the batcher asks again after every change. */
export function next(
  queue: readonly Waiting[],
  { nowMs, engine }: { readonly nowMs: number; readonly engine: EngineState },
  policy: BatchPolicy,
): Decision {
  const late = queue.findIndex(({ deadlineMs }) => deadlineMs <= nowMs + engine.computeMs);
  if (late >= 0) return { kind: "reject", index: late };
  const oldest = queue[0];
  if (!oldest) return { kind: "wait", untilMs: Infinity };
  const rejectMs = queue.reduce((first, { deadlineMs }) => Math.min(first, deadlineMs), Infinity) - engine.computeMs;
  if (engine.busy) return { kind: "wait", untilMs: rejectMs };
  const most = policy.batchSizes.at(-1) ?? 1;
  const dueMs = oldest.arrivedMs + policy.maxDelayMs;
  if (queue.length >= most || nowMs >= dueMs) return { kind: "dispatch", count: Math.min(queue.length, most) };
  return { kind: "wait", untilMs: Math.min(dueMs, rejectMs) };
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
