import { sizeOf, trackedStatistics, trainedParameters } from "#lib/nn/parameters.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";

/** Where a tensor lies within a bucket, in float32 elements. */
export interface Slice {
  /** Name of a parameter (its gradient), of a running statistic (its batch value), or `loss`. */
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

export interface BucketLayout {
  readonly elementCount: number;
  readonly slices: readonly Slice[];
}

/** PyTorch DDP's sizes: 25 MiB, and a small first one so that communication starts early. */
const FIRST_BUCKET_BYTES = 2 ** 20;
const BUCKET_BYTES = 25 * 2 ** 20;
const ELEMENT_BYTES = 4;

/** Slices of the last bucket that are no tensor of the model; each one element. */
export const LOSS_SLICE = "loss";
/** More than 0 once averaged: some rank wants training to end, so all end with the steps before this one. */
export const STOP_SLICE = "stop";
/** Where the two lie in the last bucket. */
export const LOSS_INDEX = 0;
export const STOP_INDEX = 1;

/**
 * Groups what the ranks average in a step: gradients in the order in which the backward pass yields them (last layer
 * first), and at the end one bucket of the loss, the votes to stop and the batch statistics, so that every rank holds the
 * same running statistics and ends at the same step.
 */
export function planBuckets(parameters: readonly ParameterSpec[]): BucketLayout[] {
  const gradients = trainedParameters(parameters).toReversed();
  const buckets: BucketLayout[] = [];
  let open: ParameterSpec[] = [];
  let openBytes = 0;
  for (const spec of gradients) {
    open.push(spec);
    openBytes += sizeOf(spec) * ELEMENT_BYTES;
    if (openBytes < (buckets.length === 0 ? FIRST_BUCKET_BYTES : BUCKET_BYTES)) continue;
    buckets.push(layOut(open.map((member) => [member.name, sizeOf(member)])));
    [open, openBytes] = [[], 0];
  }
  if (open.length > 0) buckets.push(layOut(open.map((member) => [member.name, sizeOf(member)])));
  const statistics = trackedStatistics(parameters);
  buckets.push(
    layOut([
      [LOSS_SLICE, 1],
      [STOP_SLICE, 1],
      ...statistics.map((spec): [string, number] => [spec.name, sizeOf(spec)]),
    ]),
  );
  return buckets;
}

function layOut(members: readonly (readonly [name: string, length: number])[]): BucketLayout {
  let offset = 0;
  const slices = members.map(([name, length]) => {
    const slice = { name, offset, length };
    offset += length;
    return slice;
  });
  return { elementCount: offset, slices };
}
