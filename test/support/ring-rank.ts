/**
 * One rank in a process of its own, for tests and benchmarks: joins the ring, averages a bucket again and again, and
 * reports by IPC. Started by `forkRank`.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import { PetageError } from "#lib/base/errors.ts";
import { randomStream } from "#lib/base/random.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import type { Nats } from "#lib/messaging/connect.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";

export interface RankOptions {
  readonly url: string;
  readonly job: string;
  readonly rank: number;
  readonly size: number;
  readonly elementCount: number;
  readonly rounds: number;
  readonly timeoutMs?: number;
  readonly messageBytes?: number;
  /** Times in each round, too, how long the NATS client alone takes to move as many bytes both ways. */
  readonly compare?: boolean;
}

export type RankReport =
  | { readonly type: "round"; readonly ms: number; readonly aloneMs: number }
  | { readonly type: "done"; readonly sha256: string; readonly maxErrorOverScale: number }
  | { readonly type: "failed"; readonly code: string; readonly message: string };

/** The values of a rank before the first round; known to all, so that the mean can be checked. */
export function rankValues(rank: number, elementCount: number): Float32Array {
  const random = randomStream(rank);
  const block = Float32Array.from({ length: Math.min(elementCount, 65_521) }, () => random.normal());
  const values = new Float32Array(elementCount);
  for (let start = 0; start < elementCount; start += block.length) {
    values.set(block.subarray(0, Math.min(block.length, elementCount - start)), start);
  }
  return values;
}

async function main(options: RankOptions): Promise<void> {
  const { rank, size, elementCount, rounds } = options;
  const { signal } = new AbortController();
  await using nats = await connectNats({ url: options.url, name: `rank-${rank}` });
  await using group = await joinRing({ ...options, nats, generation: 1 });
  const start = rankValues(rank, elementCount);
  const values = new Float32Array(elementCount);
  for (let step = 0; step < rounds; step++) {
    values.set(start);
    await group.barrier(signal);
    const startMs = performance.now();
    await group.allReduce({ index: 0, values }, step, signal);
    const ms = performance.now() - startMs;
    const aloneMs = options.compare ? await timeAlone(nats, group, options) : Number.NaN;
    report({ type: "round", ms, aloneMs });
  }
  report({ type: "done", ...checked(values, size) });
}

/** Publishes as many bytes as a ring of two sends, and waits for as many: no header, no checksum, no sum, no window. */
async function timeAlone(nats: Nats, group: RingGroup, { job, elementCount }: RankOptions): Promise<number> {
  const { connection } = nats;
  const totalBytes = elementCount * Float32Array.BYTES_PER_ELEMENT;
  const message = new Uint8Array(31 * 1024);
  let receivedBytes = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const callback = (_error: unknown, { data }: { data: Uint8Array }): void => {
    receivedBytes += data.length;
    if (receivedBytes >= totalBytes) finish();
  };
  const subscription = connection.subscribe(`bench.${job}.${group.rank}`, { callback });
  await connection.flush();
  await group.barrier(new AbortController().signal);
  const startMs = performance.now();
  for (let sent = 0; sent < totalBytes; sent += message.length) {
    connection.publish(`bench.${job}.${1 - group.rank}`, message);
  }
  await finished;
  subscription.unsubscribe();
  return performance.now() - startMs;
}

/** Compares with a mean made in float64. */
function checked(values: Float32Array, size: number): { sha256: string; maxErrorOverScale: number } {
  const inputs = Array.from({ length: size }, (_, rank) => rankValues(rank, values.length));
  let maxErrorOverScale = 0;
  for (let i = 0; i < values.length; i++) {
    let sum = 0;
    let scale = 0;
    for (const input of inputs) {
      sum += input[i] as number;
      scale += Math.abs(input[i] as number);
    }
    maxErrorOverScale = Math.max(maxErrorOverScale, Math.abs((values[i] as number) - sum / size) / (scale / size));
  }
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { sha256: createHash("sha256").update(bytes).digest("hex"), maxErrorOverScale };
}

function report(message: RankReport): void {
  process.send?.(message);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("message", (options) => {
    main(options as RankOptions)
      .catch((error: unknown) => {
        const { code, message } = PetageError.from(error);
        report({ type: "failed", code, message });
      })
      .finally(() => process.disconnect?.());
  });
}
