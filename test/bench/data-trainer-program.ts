import { readFile } from "node:fs/promises";
import { silentLog } from "#lib/base/log.ts";
import { configNode } from "#lib/config/component/node.ts";
import { deserializeConfig } from "#lib/config/print/serialize.ts";
import type { BatchSource } from "#lib/data/types.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import { answerLines, contestantSetup, peakRssBytes } from "./answer-lines.ts";
import type { EpochRequest, EpochTime, TrainerSetup } from "./data.ts";

const setup = contestantSetup<TrainerSetup>();
const { signal } = new AbortController();

async function openSource(): Promise<BatchSource> {
  if ("address" in setup) return remoteBatchSource(dial(setup.address, "DataLoaderService"), "SPLIT_TRAIN");
  const { config } = deserializeConfig(await readFile(setup.config, "utf8"), setup.config);
  const node = configNode(config).child("train_dataloader");
  return await openLoader(node, { purpose: "train", seed: 0, log: silentLog, workers: setup.workers });
}

/** Batches as a trainer gets them, from the service or in its own process, and gives them back. */
const source = await openSource();
await answerLines(async ({ epoch }: EpochRequest): Promise<EpochTime> => {
  const started = performance.now();
  let images = 0;
  for await (using batch of source.batches({ epoch, rank: 0, worldSize: 1, startStep: 0 }, signal)) {
    images += batch.labels.length;
  }
  return { ms: performance.now() - started, images, peakRssBytes: peakRssBytes() };
});
process.exit();
