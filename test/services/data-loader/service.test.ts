import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import type { Loader } from "#lib/data/loader.ts";
import type { Batch, BatchSource, StepRange } from "#lib/data/types.ts";
import { createMetrics } from "#lib/host/metrics.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import { batchMetrics } from "#services/data-loader/metrics.ts";
import { createDataLoaderService } from "#services/data-loader/service.ts";
import { openSplits } from "#services/data-loader/splits.ts";
import type { SplitName, Splits } from "#services/data-loader/splits.ts";
import { resolved } from "#test/support/tiny-model.ts";
import { tinyLoader, writeTinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

const never = new AbortController().signal;
const MESSAGES = { train: "SPLIT_TRAIN", val: "SPLIT_VALIDATION", test: "SPLIT_TEST" } as const;

async function collect(source: BatchSource, range: Partial<StepRange>): Promise<Batch[]> {
  const batches: Batch[] = [];
  const whole = { epoch: 0, rank: 0, worldSize: 1, startStep: 0, ...range };
  for await (const batch of source.batches(whole, never)) {
    batches.push({ ...batch, images: Uint8Array.from(batch.images) }); // compares wherever its memory is from
  }
  return batches;
}

/** The first batch of an epoch of the train split, as it is sent. */
async function firstMessage(client: Client<"DataLoaderService">) {
  for await (const message of client.streamBatches({ split: "SPLIT_TRAIN" })) return message;
  return assert.fail("no batch");
}

describe("the data-loader service", () => {
  let folder = "";
  let splits: Splits;
  let server: RunningServer;
  let client: Client<"DataLoaderService">;
  const metrics = createMetrics();
  /** Streams that are being made at the moment. */
  let streaming = 0;
  /** Where the batches lay that were sent. */
  const lent = new Set<unknown>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-data-loader-"));
    const { value } = await writeTinyProject(folder, { count: 60 });
    const config = { ...value, test_dataloader: null };
    splits = openSplits(resolved(config), (node, purpose, seed) => openLoader(node, { purpose, seed, log: silentLog }));
    const services = [implement("DataLoaderService", createDataLoaderService(counting(splits), batchMetrics(metrics)))];
    server = await serve({ port: 0, services, log: silentLog });
    client = dial(server.address, "DataLoaderService");
  });
  after(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await splits[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function counting(inner: Splits): Splits {
    const watch = (loader: Loader): Pick<Loader, "dataset" | "describe" | "batches"> => ({
      dataset: loader.dataset,
      describe: (worldSize, signal) => loader.describe(worldSize, signal),
      async *batches(range, signal) {
        streaming += 1;
        try {
          for await (const batch of loader.batches(range, signal)) {
            lent.add(batch.images.buffer);
            yield batch;
          }
        } finally {
          streaming -= 1;
        }
      },
    });
    return { open: async (split) => watch(await inner.open(split)) as Loader, [Symbol.asyncDispose]: async () => {} };
  }

  const ranges: readonly (Partial<StepRange> & { readonly split: SplitName })[] = [
    { split: "train" },
    { split: "train", epoch: 3 },
    { split: "train", epoch: 1, rank: 0, worldSize: 2 },
    { split: "train", epoch: 1, rank: 1, worldSize: 2 },
    { split: "train", epoch: 1, rank: 1, worldSize: 2, startStep: 2 },
    { split: "train", startStep: 6 },
    { split: "val" },
  ];
  for (const { split, ...range } of ranges) {
    it(`gives the bytes of the in-process loader for ${split} ${JSON.stringify(range)}`, async () => {
      const loader = await splits.open(split);
      const remote = remoteBatchSource(client, MESSAGES[split]);
      const expected = await collect(loader, range);
      assert.deepEqual(await collect(remote, range), expected);
      const worldSize = range.worldSize ?? 1;
      assert.deepEqual(await remote.describe(worldSize, never), await loader.describe(worldSize, never));
      const { stepsPerEpoch } = await loader.describe(worldSize, never);
      assert.equal(expected.length, stepsPerEpoch - (range.startStep ?? 0));
    });
  }

  it("uses the memory of a batch again that is sent, and its reader that of one that is given back", async () => {
    lent.clear();
    const received = new Set<unknown>();
    const source = remoteBatchSource(client, "SPLIT_TRAIN");
    let batches = 0;
    for (const epoch of [0, 1, 2]) {
      for await (using batch of source.batches({ epoch, rank: 0, worldSize: 1, startStep: 0 }, never)) {
        received.add(batch.images.buffer);
        batches += 1;
      }
    }
    assert.deepEqual([received.size, batches], [1, 18]);
    assert.ok(lent.size < batches, `${lent.size} buffers for ${batches} batches`);
  });

  it("sends one view a sample without a word of it, and several as the loader gives them", async () => {
    const one = await firstMessage(client);
    assert.deepEqual([one.images?.shape, one.labels.length, one.views], [[8, 32, 32, 3], 8, 0]);
    const plugins = [new URL("../../lib/host/thread/fixtures/plugin.ts", import.meta.url).href];
    const twoViews = { type: "TwoViews", transforms: [{ type: "RandomFlip", prob: 0.5 }] };
    const pipeline = [{ type: "LoadImageFromFile" }, twoViews, { type: "PackInputs" }];
    const train_dataloader = tinyLoader(join(folder, "pets"), "train", { batch_size: 8, pipeline });
    await using viewed = openSplits(resolved({ train_dataloader }), (node, purpose, seed) =>
      openLoader(node, { purpose, seed, plugins, log: silentLog }),
    );
    const services = [implement("DataLoaderService", createDataLoaderService(viewed))];
    await using other = await serve({ port: 0, services, log: silentLog });
    await using reader = dial(other.address, "DataLoaderService");
    const expected = await collect(await viewed.open("train"), {});
    assert.deepEqual(await collect(remoteBatchSource(reader, "SPLIT_TRAIN"), {}), expected);
    const message = await firstMessage(reader);
    assert.deepEqual([message.images?.shape, message.labels.length, message.views], [[16, 32, 32, 3], 8, 2]);
  });

  it("counts what it sends", async () => {
    const counts = async (): Promise<number[]> => {
      const text = await metrics.text();
      return ["batches", "images", "skipped_samples"].map((name) =>
        Number(new RegExp(`^petage_data_loader_${name}_total (\\d+)$`, "m").exec(text)?.[1]),
      );
    };
    const others = createMetrics();
    const before = await counts();
    const batches = await collect(remoteBatchSource(client, "SPLIT_VALIDATION"), {});
    const images = batches.flatMap(({ labels }) => [...labels]).length;
    const after = await counts();
    assert.deepEqual(
      after.map((count, index) => count - (before[index] ?? 0)),
      [batches.length, images, 0],
    );
    const [first] = batches;
    assert.ok(first && images > batches.length);
    batchMetrics(others)({ ...first, skippedIds: ["a", "b"] });
    assert.match(await others.text(), /^petage_data_loader_skipped_samples_total 2$/m);
  });

  it("gives each rank its own samples, and together all of them", async () => {
    const ranks = await Promise.all(
      [0, 1].map((rank) => collect(remoteBatchSource(client, "SPLIT_TRAIN"), { rank, worldSize: 2 })),
    );
    const indices = ranks.flat().flatMap(({ sampleIndices }) => [...sampleIndices]);
    assert.deepEqual(
      indices.toSorted((a, b) => a - b),
      Array.from({ length: 48 }, (_, index) => index),
    );
  });

  it("serves several at once, whom one that reads nothing does not hold up", async () => {
    const source = remoteBatchSource(client, "SPLIT_TRAIN");
    const stalled = source.batches({ epoch: 0, rank: 0, worldSize: 1, startStep: 0 }, never)[Symbol.asyncIterator]();
    assert.equal((await stalled.next()).done, false);
    const expected = await collect(await splits.open("train"), { epoch: 2 });
    for (let reader = 0; reader < 3; reader++) assert.deepEqual(await collect(source, { epoch: 2 }), expected);
    const rest: number[] = [0];
    for (let next = await stalled.next(); !next.done; next = await stalled.next()) rest.push(next.value.step);
    assert.deepEqual(rest, [...expected.keys()], "it goes on where it stopped reading");
  });

  it("stops making batches when its caller leaves, by break or by signal", async () => {
    const source = remoteBatchSource(client, "SPLIT_TRAIN");
    const range = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };
    for await (const _batch of source.batches(range, never)) break;
    await until("the stream is freed", () => streaming === 0);
    const end = new AbortController();
    await assert.rejects(
      async () => {
        for await (const _batch of source.batches(range, end.signal)) end.abort(new PetageError("ABORTED", "enough"));
      },
      (error) => error instanceof PetageError && error.message === "enough",
    );
    await until("the stream is freed", () => streaming === 0);
    assert.equal((await collect(source, {})).length, 6, "and serves on");
  });

  it("describes the dataset, its ages and what has no label", async () => {
    const dataset = await client.getDataset({ split: "SPLIT_TRAIN", worldSize: 2 });
    assert.deepEqual(
      [dataset.sampleCount, dataset.batchSize, dataset.stepsPerEpoch, dataset.classes.length],
      [48, 8, 3, 192],
    );
    assert.equal(
      dataset.labelHistogram.reduce((sum, count) => sum + count, 0),
      48,
    );
    assert.equal(dataset.unlabelledCount, 0);
  });

  it("lists the samples page by page", async () => {
    const ids: string[] = [];
    let pageToken = "";
    let pages = 0;
    do {
      const page = await client.listSamples({ split: "SPLIT_TRAIN", pageSize: 20, pageToken });
      assert.equal(page.totalSize, 48);
      ids.push(...page.samples.map(({ sampleId }) => sampleId));
      pageToken = page.nextPageToken;
      pages += 1;
    } while (pageToken !== "");
    assert.equal(pages, 3);
    assert.equal(new Set(ids).size, 48);
    const loader = await splits.open("train");
    assert.deepEqual(
      ids,
      loader.dataset.samples.map(({ id }) => id),
    );
  });

  const bad: readonly { what: string; call: () => Promise<unknown>; code: ErrorCode; says: RegExp }[] = [
    {
      what: "no split",
      call: () => client.getDataset({}),
      code: "INVALID_ARGUMENT",
      says: /SPLIT_UNSPECIFIED.*SPLIT_TRAIN/,
    },
    {
      what: "a split that the config lacks",
      call: () => client.getDataset({ split: "SPLIT_TEST" }),
      code: "NOT_FOUND",
      says: /no test_dataloader/,
    },
    {
      what: "a rank beyond the ranks",
      call: () => collect(remoteBatchSource(client, "SPLIT_TRAIN"), { rank: 2, worldSize: 2 }),
      code: "INVALID_ARGUMENT",
      says: /rank is 2, expected 0 to 1/,
    },
    {
      what: "a page token that nobody gave",
      call: () => client.listSamples({ split: "SPLIT_TRAIN", pageToken: "x" }),
      code: "INVALID_ARGUMENT",
      says: /page_token "x"/,
    },
    {
      what: "a negative number of ranks",
      call: () => client.getDataset({ split: "SPLIT_TRAIN", worldSize: -1 }),
      code: "INVALID_ARGUMENT",
      says: /world_size is -1/,
    },
    {
      what: "a negative step",
      call: () => collect(remoteBatchSource(client, "SPLIT_TRAIN"), { startStep: -1 }),
      code: "INVALID_ARGUMENT",
      says: /start_step is -1/,
    },
    {
      what: "a negative epoch",
      call: () => collect(remoteBatchSource(client, "SPLIT_TRAIN"), { epoch: -1 }),
      code: "INVALID_ARGUMENT",
      says: /epoch is -1/,
    },
  ];
  for (const { what, call, code, says } of bad) {
    it(`refuses ${what} with ${code}, and serves on`, async () => {
      await assert.rejects(
        call(),
        (error) => error instanceof PetageError && error.code === code && says.test(error.message),
      );
      assert.equal((await client.getDataset({ split: "SPLIT_TRAIN" })).sampleCount, 48);
    });
  }
});
