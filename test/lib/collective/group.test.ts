import assert from "node:assert/strict";
import fc from "fast-check";

import { PetageError } from "#lib/base/errors.ts";
import { randomStream } from "#lib/base/random.ts";
import { createGroup } from "#lib/collective/group.ts";
import type { GroupOptions, RingGroup } from "#lib/collective/group.ts";
import type { Chunk } from "#lib/collective/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import { memoryRing } from "#test/support/memory-ring.ts";
import type { MemoryLink, MemoryRingOptions } from "#test/support/memory-ring.ts";

const { signal } = new AbortController();

type Body = (groups: readonly RingGroup[], links: readonly MemoryLink[]) => Promise<void>;

async function withGroups(
  {
    size,
    ring = {},
    dead,
    ...options
  }: { size: number; ring?: MemoryRingOptions; dead?: number } & Partial<GroupOptions>,
  body: Body,
): Promise<void> {
  const links = memoryRing(size, ring);
  if (dead !== undefined) links[dead]?.kill();
  const groups = links.map((link, rank) =>
    createGroup({ rank, size, generation: 1, clock: systemClock, link, ...options }),
  );
  try {
    await body(groups, links);
  } finally {
    await Promise.all(groups.map((group) => group[Symbol.asyncDispose]()));
  }
}

function normals(count: number, seed: number): Float32Array {
  const random = randomStream(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  assert.ok(value !== undefined);
  return value;
}

async function rejection(promise: Promise<unknown>): Promise<PetageError> {
  const error: unknown = await promise.then(
    () => assert.fail("expected a rejection"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PetageError);
  return error;
}

describe("Group.allReduce", () => {
  it("gives every rank the same bits, equal to the mean within rounding, for any size and length", async () => {
    const shapes = fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      length: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 1500 })),
      chunkBytes: fc.integer({ min: 4, max: 200 }),
      windowChunks: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ size, length, chunkBytes, windowChunks, seed }) => {
        await withGroups({ size, ring: { chunkBytes, windowChunks } }, async (groups) => {
          const inputs = groups.map((_, rank) => normals(length, seed + rank));
          const outputs = inputs.map((values) => values.slice());
          await Promise.all(groups.map((group, rank) => group.allReduce(bucket(at(outputs, rank)), 0, signal)));
          for (const output of outputs) assert.deepEqual(new Uint8Array(output.buffer), bytes(at(outputs, 0)));
          for (let i = 0; i < length; i++) {
            const mean = inputs.reduce((sum, values) => sum + (values[i] as number), 0) / size;
            assert.ok(Math.abs((at(outputs, 0)[i] as number) - mean) < 1e-6 * size);
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it("keeps buckets apart when several are given at once, and steps when they follow each other", async () => {
    await withGroups({ size: 3 }, async (groups) => {
      for (const step of [5, 6]) {
        const all = groups.map((group) => {
          const buckets = [100, 1, 57].map((length, index) => ({
            index,
            values: new Float32Array(length).fill(step * 100 + index * 10 + group.rank),
          }));
          return { done: Promise.all(buckets.map((each) => group.allReduce(each, step, signal))), buckets };
        });
        for (const { done, buckets } of all) {
          await done;
          for (const { index, values } of buckets) assert.ok(values.every((v) => v === step * 100 + index * 10 + 1));
        }
      }
    });
  });

  it("works on memory shared between threads, and on a part of a buffer", async () => {
    await withGroups({ size: 2 }, async (groups) => {
      const values = groups.map(({ rank }) => {
        const whole = new Float32Array(new SharedArrayBuffer(4 * 50)).fill(rank);
        return { whole, part: whole.subarray(10, 40) };
      });
      await Promise.all(groups.map((group, rank) => group.allReduce(bucket(at(values, rank).part), 0, signal)));
      for (const [rank, { whole, part }] of values.entries()) {
        assert.ok(part.every((value) => value === 0.5));
        assert.ok(
          whole.subarray(0, 10).every((value) => value === rank),
          "what lies outside is untouched",
        );
      }
    });
  });

  it("passes NaN and infinities on to every rank", async () => {
    await withGroups({ size: 3 }, async (groups) => {
      const values = groups.map(({ rank }) => Float32Array.of(rank === 1 ? NaN : 1, rank === 2 ? Infinity : 1, 3));
      await Promise.all(groups.map((group, rank) => group.allReduce(bucket(at(values, rank)), 0, signal)));
      for (const result of values) assert.deepEqual([...result], [NaN, Infinity, 3]);
    });
  });

  it("drops a chunk of an earlier step and counts it", async () => {
    const old: Chunk[] = [];
    const tamper = (chunk: Chunk): Chunk => {
      old.push(chunk);
      return chunk;
    };
    await withGroups({ size: 2, ring: { windowChunks: 100, tamper } }, async (groups, links) => {
      const reduce = (step: number): Promise<unknown> =>
        Promise.all(groups.map((group) => group.allReduce(bucket(new Float32Array(40)), step, signal)));
      await reduce(1);
      await at(links, 0).send(at(old, 0), signal);
      await reduce(2);
      assert.equal(at(groups, 1).counters.staleChunks, 1);
    });
  });

  const damages: [string, (chunk: Chunk) => Chunk | undefined][] = [
    ["is too short", (chunk) => ({ ...chunk, payload: chunk.payload.subarray(4) })],
    ["comes out of order", (chunk) => ({ ...chunk, chunk: chunk.chunk + 1 })],
    ["has an impossible hop", (chunk) => ({ ...chunk, hop: 9 })],
    ["is of a step to come", (chunk) => ({ ...chunk, step: chunk.step + 1 })],
    ["is of another operation", (chunk) => ({ ...chunk, operation: "gather" })],
  ];
  for (const [what, damage] of damages) {
    it(`refuses a chunk that ${what}, and the other rank learns of it`, async () => {
      const tamper = (chunk: Chunk, sender: number): Chunk | undefined => (sender === 0 ? damage(chunk) : chunk);
      await withGroups({ size: 2, ring: { tamper } }, async (groups) => {
        const errors = await Promise.all(
          groups.map((group) => rejection(group.allReduce(bucket(new Float32Array(100)), 3, signal))),
        );
        assert.equal(at(errors, 1).code, "RING_PROTOCOL");
        assert.equal(at(errors, 0).code, "PEER_LOST");
        assert.match(at(errors, 0).message, /Rank 1 stopped: .*RING_PROTOCOL/);
      });
    });
  }
});

describe("Group.broadcast", () => {
  for (const size of [1, 2, 3, 5]) {
    for (const length of [0, 1, 64, 10_001]) {
      it(`gives ${size} ranks the ${length} bytes of each root`, async () => {
        await withGroups({ size }, async (groups) => {
          for (let root = 0; root < size; root++) {
            const sent = Uint8Array.from({ length }, (_, i) => (i * 7 + root) % 251);
            const received = await Promise.all(
              groups.map((group) => group.broadcast(group.rank === root ? sent : new Uint8Array(0), root, signal)),
            );
            for (const each of received) assert.deepEqual(each, sent);
          }
        });
      });
    }
  }
});

describe("Group.allGather", () => {
  for (const size of [1, 2, 3, 5]) {
    it(`gives each of ${size} ranks what every rank gave, by rank`, async () => {
      await withGroups({ size }, async (groups) => {
        const values = groups.map(({ rank }) => new Uint8Array(rank * 1000).fill(rank));
        const gathered = await Promise.all(groups.map((group) => group.allGather(at(values, group.rank), signal)));
        for (const each of gathered) assert.deepEqual(each, values);
      });
    });
  }

  it("refuses more than 64 KiB", async () => {
    await withGroups({ size: 1 }, async ([group]) => {
      await assert.rejects(async () => group?.allGather(new Uint8Array(65_537), signal), { code: "INTERNAL" });
    });
  });
});

describe("Group.barrier", () => {
  it("lets no rank pass before the last one has come", async () => {
    await withGroups({ size: 3 }, async (groups) => {
      const passed: number[] = [];
      const early = groups.slice(0, 2).map((group) => group.barrier(signal).then(() => passed.push(group.rank)));
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      assert.deepEqual(passed, []);
      await at(groups, 2).barrier(signal);
      await Promise.all(early);
      assert.deepEqual(new Set(passed), new Set([0, 1]));
    });
  });
});

describe("a group that loses a peer", () => {
  it("names the rank, the step and the bucket on every survivor", async () => {
    await withGroups({ size: 4, timeoutMs: 150 }, async (groups, links) => {
      await Promise.all(groups.map((group) => group.barrier(signal)));
      at(links, 2).kill();
      const survivors = groups.filter(({ rank }) => rank !== 2);
      const reduce = (group: RingGroup): Promise<void> =>
        group.allReduce({ index: 3, values: new Float32Array(100) }, 17, signal);
      const errors = await Promise.all(survivors.map((group) => rejection(reduce(group))));
      for (const error of errors) {
        assert.equal(error.code, "PEER_LOST");
        assert.match(error.message, /Rank 2 .*all-reduce of step 17, bucket 3/);
        assert.match(error.hint ?? "", /log of rank 2/);
      }
      const again = await rejection(reduce(at(survivors, 0)));
      assert.equal(again, at(errors, 0), "the first failure is final");
    });
  });

  it("notices a loss between calls", async () => {
    await withGroups({ size: 2, timeoutMs: 100 }, async (groups, links) => {
      at(links, 1).kill();
      const { failed } = at(groups, 0);
      await new Promise((resolve) => failed.addEventListener("abort", resolve));
      assert.equal((failed.reason as PetageError).code, "PEER_LOST");
    });
  });

  it("does not wait for a peer to join that was heard by its chunks alone", async () => {
    await withGroups({ size: 2, timeoutMs: 100, ring: { muted: 1 } }, async (groups, links) => {
      await Promise.all(groups.map((group) => group.barrier(signal)));
      at(links, 1).kill();
      assert.match((await rejection(at(groups, 0).barrier(signal))).message, /Rank 1 of 2 has been silent/);
    });
  });

  it("names a rank that never joined", async () => {
    await withGroups({ size: 2, timeoutMs: 50, joinTimeoutMs: 100, dead: 1 }, async (groups) => {
      const error = await rejection(at(groups, 0).barrier(signal));
      assert.match(error.message, /Rank 1 of 2 did not join within 0\.\d s, in gather 0/);
    });
  });

  it("fails soon when a peer left in good order before the end of a call", async () => {
    await withGroups({ size: 2, timeoutMs: 200 }, async (groups) => {
      await at(groups, 1)[Symbol.asyncDispose]();
      const error = await rejection(at(groups, 0).barrier(signal));
      assert.match(error.message, /Rank 1 left the group before the end of gather 0/);
    });
  });

  it("names the rank that lives but stays behind", async () => {
    await withGroups({ size: 3, timeoutMs: 100, stallTimeoutMs: 300 }, async (groups) => {
      const errors = await Promise.all(groups.slice(0, 2).map((group) => rejection(group.barrier(signal))));
      for (const error of errors) assert.match(error.message, /Rank 2 .*lives but has not moved gather 0 on/);
    });
  });

  it("is told at once when a rank gives up, with the reason", async () => {
    await withGroups({ size: 3 }, async (groups) => {
      const waiting = groups.slice(0, 2).map((group) => rejection(group.barrier(signal)));
      at(groups, 2).abort(new PetageError("NOT_FINITE", "The loss is NaN"));
      for (const error of await Promise.all(waiting)) {
        assert.equal(error.code, "PEER_LOST");
        assert.match(error.message, /Rank 2 stopped: The loss is NaN \[NOT_FINITE\]/);
      }
      assert.equal((await rejection(at(groups, 2).barrier(signal))).code, "NOT_FINITE");
    });
  });

  it("ends everywhere when the signal of one rank's call aborts", async () => {
    await withGroups({ size: 2 }, async (groups) => {
      const cancel = new AbortController();
      const calls = [rejection(at(groups, 0).barrier(cancel.signal)), rejection(at(groups, 0).barrier(signal))];
      cancel.abort();
      for (const error of await Promise.all(calls)) assert.equal(error.code, "ABORTED");
      assert.equal((await rejection(at(groups, 1).barrier(signal))).code, "PEER_LOST");
    });
  });
});

describe("disposing a group", () => {
  it("can be done twice, and later calls say that the rank has left", async () => {
    await withGroups({ size: 2 }, async ([group]) => {
      await group?.[Symbol.asyncDispose]();
      await group?.[Symbol.asyncDispose]();
      assert.match((await rejection((group as RingGroup).barrier(signal))).message, /Rank 0 has left the group/);
    });
  });
});

function bucket(values: Float32Array): { index: number; values: Float32Array } {
  return { index: 0, values };
}

function bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}
