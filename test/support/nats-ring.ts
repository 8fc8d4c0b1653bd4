import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import type { FrameHeader } from "#lib/messaging/codec.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import type { Nats } from "#lib/messaging/connect.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import type { JoinOptions } from "#lib/messaging/join-ring.ts";

/** The header of the first chunk that rank 0 sends. */
export const FRAME: FrameHeader = {
  kind: "reduce",
  generation: 1,
  sender: 0,
  step: 0,
  bucket: 0,
  hop: 0,
  chunk: 0,
  position: 0,
};

export const { signal } = new AbortController();
export const JOB = "test";

async function disposeAll(things: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(things.map((thing) => thing[Symbol.asyncDispose]()));
}

/** One group per rank, each with a connection of its own as in processes of their own. */
export async function withRing(
  {
    url,
    size,
    ...options
  }: { url: string; size: number; outageMs?: number; pingIntervalMs?: number } & Partial<JoinOptions>,
  body: (groups: readonly RingGroup[], connections: readonly Nats[]) => Promise<void>,
): Promise<void> {
  const { outageMs = 5_000, pingIntervalMs = 5_000 } = options;
  const ranks = Array.from({ length: size }, (_, rank) => rank);
  const connections = await Promise.all(
    ranks.map((rank) => connectNats({ url, name: `rank-${rank}`, outageMs, pingIntervalMs })),
  );
  const groups = await Promise.all(
    connections.map((nats, rank) => joinRing({ job: JOB, generation: 1, ...options, nats, rank, size })),
  );
  try {
    await body(groups, connections);
  } finally {
    await disposeAll(groups);
    await disposeAll(connections);
  }
}

export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  assert.ok(value !== undefined);
  return value;
}

export async function rejection(promise: Promise<unknown>): Promise<PetageError> {
  const error: unknown = await promise.then(
    () => assert.fail("expected a rejection"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PetageError);
  return error;
}

export function reduceOnce(group: RingGroup, values: Float32Array, step = 0): Promise<void> {
  return group.allReduce({ index: 0, values }, step, signal);
}
