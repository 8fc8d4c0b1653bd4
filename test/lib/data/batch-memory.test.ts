import assert from "node:assert/strict";
import fc from "fast-check";
import { silentLog } from "#lib/base/log.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import { BatchMemory, bytesIn } from "#lib/data/batch-memory.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { Loader, MAX_PREFETCH_BYTES, type BatchMaker } from "#lib/data/loader.ts";
import { makeBatch } from "#lib/data/make-batch.ts";
import type { Batch, LentBatch, Sample } from "#lib/data/types.ts";
import { memoryFiles, node } from "./support.ts";

const never = new AbortController().signal;
const WHOLE = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };
const SAMPLES = 41;
const PREFETCHED = 3;

type Make = BatchMaker["make"];

/** A loader of images that are made, not read: each has its position as its only colour. */
function openLoader({ prefetched = PREFETCHED, make }: { prefetched?: number; make?: Make } = {}): Promise<Loader> {
  const lines = Array.from({ length: SAMPLES }, (_, index) => `${index}.jpg 0`);
  const dataset = { type: "CustomDataset", data_prefix: "pets", ann_file: "train.txt", classes: ["0"], pipeline: [] };
  const images = lines.map((line): [string, string] => [`/pets/${line.split(" ")[0]}`, ""]);
  const files = memoryFiles(Object.fromEntries([["/train.txt", lines.join("\n")], ...images]));
  const keys = { batch_size: 2, prefetch_factor: prefetched, sampler: { type: "DefaultSampler", shuffle: false } };
  return Loader.open(node({ ...keys, dataset }), {
    purpose: "train",
    seed: 0,
    files,
    decode: DEFAULT_IMAGE_LIMITS,
    log: silentLog,
    build: buildComponent,
    openMaker({ samples, seed, badSampleRule }) {
      const recipe = { samples, seed, badSampleRule, maxSamplesInFlight: 2 };
      const pipeline = async (sample: Sample): Promise<Sample> => {
        const data = new Uint8Array(12).fill(sample.index);
        return { ...sample, image: { data, height: 2, width: 2, channels: 3 } };
      };
      return {
        parallelism: 1,
        make: make ?? ((task, memory) => makeBatch({ ...recipe, pipeline }, task, memory)),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  });
}

function hasItsImages({ images, sampleIndices }: Batch): boolean {
  const length = images.length / sampleIndices.length;
  return images.every((value, at) => value === sampleIndices[Math.floor(at / length)]);
}

async function buffersOfEpoch(loader: Loader): Promise<Set<unknown>> {
  const buffers = new Set<unknown>();
  for await (using batch of loader.batches(WHOLE, never)) buffers.add(batch.images.buffer);
  return buffers;
}

describe("the memory of batches", () => {
  it("is a bounded number of buffers for a whole epoch, and those again for the next", async () => {
    await using loader = await openLoader();
    const [first, second] = [await buffersOfEpoch(loader), await buffersOfEpoch(loader)];
    assert.ok(first.size <= PREFETCHED + 2, `${first.size} buffers`);
    assert.ok([...second].every((buffer) => first.has(buffer)));
  });

  it("is not used again before it is given back, in whatever order that is", async () => {
    const maxHeld = 4;
    await using loader = await openLoader();
    const holds = fc.array(fc.nat({ max: maxHeld }), { minLength: 21, maxLength: 21 });
    await fc.assert(
      fc.asyncProperty(holds, fc.nat({ max: 21 }), async (heldFor, leftAfter) => {
        const held: { readonly batch: LentBatch; readonly until: number }[] = [];
        const buffers = new Set<unknown>();
        let step = 0;
        for await (const batch of loader.batches(WHOLE, never)) {
          buffers.add(batch.images.buffer);
          held.push({ batch, until: step + (heldFor[step] ?? 0) });
          assert.ok(held.every(({ batch: one }) => hasItsImages(one)));
          assert.equal(new Set(held.map(({ batch: one }) => one.images.buffer)).size, held.length);
          for (const { batch: one } of held.filter(({ until }) => until <= step)) one[Symbol.dispose]();
          held.splice(0, held.length, ...held.filter(({ until }) => until > step));
          if (++step === leftAfter) break;
        }
        for (const { batch } of held) batch[Symbol.dispose]();
        assert.ok(buffers.size <= PREFETCHED + 2 + maxHeld, `${buffers.size} buffers`);
      }),
    );
  });

  it("is bounded in bytes where batches are large", async () => {
    let made = 0;
    const images = new Uint8Array(new SharedArrayBuffer(MAX_PREFETCH_BYTES / 2)); // untouched, it takes no memory
    const make: Make = async ({ step }) => {
      made += 1;
      return { batch: { ...batchIn(undefined), images, step }, badSamples: [], cutShortIds: [] };
    };
    await using loader = await openLoader({ prefetched: 10, make });
    const ahead: number[] = [];
    for await (using batch of loader.batches(WHOLE, never)) ahead.push(made - batch.step);
    assert.ok(Math.max(...ahead) <= 3, `${ahead.join()} batches are there at a time`);
    assert.equal(made, Math.ceil(SAMPLES / 2));
  });

  it("is given back once, however often a reader says so", () => {
    const memory = new BatchMemory({ maxFreeBuffers: 2 });
    const lent = memory.lend(batchIn(undefined));
    lent[Symbol.dispose]();
    const taken = memory.take();
    assert.equal(taken, lent.images.buffer);
    lent[Symbol.dispose]();
    assert.equal(memory.take(), undefined);
  });

  it("that is too small makes room for larger, and is kept only up to the bound", () => {
    const memory = new BatchMemory({ maxFreeBuffers: 1 });
    const small = new SharedArrayBuffer(1);
    assert.notEqual(bytesIn(small, 2).buffer, small);
    assert.deepEqual([bytesIn(small, 1).buffer, bytesIn(new SharedArrayBuffer(9), 2).length], [small, 2]);
    for (const lent of [memory.lend(batchIn(small)), memory.lend(batchIn(undefined))]) lent[Symbol.dispose]();
    assert.deepEqual([memory.take(), memory.take()], [small, undefined]);
  });

  it("is no part of what a batch is to others", () => {
    const batch = batchIn(undefined);
    const lent = new BatchMemory({ maxFreeBuffers: 1 }).lend(batch);
    assert.deepEqual(lent, batch);
    assert.deepEqual(structuredClone(lent), structuredClone(batch));
  });
});

function batchIn(memory: SharedArrayBuffer | undefined): Batch {
  return {
    step: 0,
    images: bytesIn(memory, 1),
    height: 1,
    width: 1,
    labels: Int32Array.of(0),
    sampleIds: ["a"],
    sampleIndices: Int32Array.of(0),
    skippedIds: [],
  };
}
