import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#lib/base/log.ts";
import { configNode } from "#lib/config/component/node.ts";
import { serializeConfig } from "#lib/config/print/serialize.ts";
import { sharedSource, STEPS_PER_RANGE } from "#lib/data/shared-source.ts";
import type { BatchSource, StepRange } from "#lib/data/types.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess, type RunningProcess } from "#lib/host/process/processes.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import { resolved } from "#test/support/tiny-model.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";

const never = new AbortController().signal;
const PHOTOS = 160;
const BATCH = 2;
const STEPS = (PHOTOS * 0.8) / BATCH;
const LOST_AT_STEP = 2 * STEPS_PER_RANGE + 3;
const RANGE: StepRange = { epoch: 1, rank: 0, worldSize: 1, startStep: 0 };

/** A hash of all that a batch holds, by step. */
async function hashesOf(
  source: BatchSource,
  range: Partial<StepRange> = {},
  onStep: (step: number) => void = () => {},
): Promise<string[]> {
  const hashes: string[] = [];
  for await (using batch of source.batches({ ...RANGE, ...range }, never)) {
    const { images, step, height, width, labels, sampleIds, sampleIndices, skippedIds } = batch;
    const text = JSON.stringify([step, height, width, [...labels], sampleIds, [...sampleIndices], skippedIds]);
    hashes.push(createHash("sha256").update(images).update(text).digest("hex"));
    onStep(batch.step);
  }
  return hashes;
}

describe("the batches of an epoch, byte by byte", () => {
  let folder = "";
  let file = "";
  let expected: string[] = [];
  const services: RunningProcess[] = [];
  let config: ReturnType<typeof resolved>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-batches-"));
    const { value } = await writeTinyProject(folder, { count: PHOTOS, batchSize: BATCH });
    config = resolved(value);
    file = join(folder, "config.json");
    await writeFile(file, serializeConfig({ name: "tiny", config }));
    expected = await withWorkers(1, hashesOf);
    assert.equal(new Set(expected).size, STEPS);
  });
  after(async () => {
    await Promise.all(services.map((service) => service.stop(0)));
    await rm(folder, { recursive: true, force: true });
  });

  async function withWorkers<T>(workers: number, body: (source: BatchSource) => Promise<T>): Promise<T> {
    const node = configNode(config).child("train_dataloader");
    await using loader = await openLoader(node, { purpose: "train", seed: 3, log: silentLog, workers });
    return await body(loader);
  }

  async function startService(): Promise<{ readonly service: RunningProcess; readonly source: BatchSource }> {
    const environment = { PETAGE_CONFIG: file, PETAGE_WORKERS: "2" };
    const service = startProcess({ name: "data-loader", entry: serviceEntry("data-loader"), environment });
    services.push(service);
    const client = dial(String((await service.ready())["address"]), "DataLoaderService");
    return { service, source: remoteBatchSource(client, "SPLIT_TRAIN") };
  }

  for (const workers of [0, 2, 8]) {
    it(`are those of one thread also from ${workers}`, async () => {
      assert.deepEqual(await withWorkers(workers, hashesOf), expected);
    });
  }

  it("are the same when an epoch is begun again at any of its steps", () =>
    withWorkers(2, async (source) => {
      for (const startStep of [1, 2, STEPS_PER_RANGE, STEPS - 1, STEPS]) {
        assert.deepEqual(await hashesOf(source, { startStep }), expected.slice(startStep));
      }
    }));

  it("are the same from a data-loader, and from three, of which two are killed meanwhile", async () => {
    const replicas = await Promise.all([startService(), startService(), startService()]);
    const [first, second] = replicas;
    assert.ok(first && second);
    assert.deepEqual(await hashesOf(first.source), expected);
    const lost: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void lost.push(text) };
    const shared = sharedSource(
      replicas.map(({ source }, index) => ({ name: `data-loader-${index}`, source })),
      log,
    );
    assert.deepEqual(await hashesOf(shared), expected);
    const kill = (step: number): void => {
      if (step === LOST_AT_STEP) process.kill(first.service.pid, "SIGKILL");
      if (step === LOST_AT_STEP + STEPS_PER_RANGE) process.kill(second.service.pid, "SIGKILL");
    };
    assert.deepEqual(await hashesOf(shared, {}, kill), expected);
    assert.deepEqual(lost.toSorted(), [
      "Lost data-loader-0: the other data-loaders give its batches",
      "Lost data-loader-1: the other data-loaders give its batches",
    ]);
  });
});
