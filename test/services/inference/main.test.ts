import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { untrainedWeights } from "#test/support/untrained.ts";
import { startInference } from "./process.ts";
import { CLASSES, CONFIG, photo } from "./support.ts";

/** A ResNet-18 as it starts, before any training. */
async function untrained(): Promise<Checkpoint> {
  const weights = await untrainedWeights(CONFIG);
  const meta: Checkpoint["meta"] = {
    format: 1,
    petageVersion: "0.1.0",
    createTime: "2026-01-01T00:00:00Z",
    configName: "tiny",
    config: CONFIG,
    classes: Array.from({ length: CLASSES }, (_, month) => String(month)),
    progress: { epoch: 1, iteration: 0, step: 10, schedule: null, seed: 0, worldSize: 1, best: null },
    metrics: { "petage/mae_median": 31 },
  };
  return { meta, weights, optimizer: new Map() };
}

function start(checkpoint: string) {
  return startInference({ PETAGE_CHECKPOINT: checkpoint });
}

describe("the inference service", function () {
  this.timeout(120_000);
  let folder: string;
  let checkpoint: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-"));
    checkpoint = (await checkpointFolder({ folder, workDir: folder }).save("epoch_1", await untrained())).uri;
  });
  after(() => rm(folder, { recursive: true }));

  it("loads a checkpoint, answers Predict by the real model, the same for the same photo, and drains on SIGTERM", async () => {
    const { process: service, text } = start(checkpoint);
    const { address } = await service.ready();
    await waitForReady(String(address), 5000, { service: "InferenceService" });
    await using client = dial(String(address), "InferenceService");
    const [one, two, other] = await Promise.all(
      [100, 100, 200].map(async (grey) => client.predict({ image: await photo(grey) })),
    );
    const probabilities = one?.estimate?.monthProbabilities ?? [];
    const sum = probabilities.reduce((total, probability) => total + probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4, `the probabilities sum to ${sum}`);
    assert.equal(one?.servedBy?.version, "epoch_1");
    const difference = (a: readonly number[]) =>
      Math.max(...a.map((value, i) => Math.abs(value - (probabilities[i] ?? 0))));
    assert.ok(difference(two?.estimate?.monthProbabilities ?? []) < 1e-6);
    assert.ok(difference(other?.estimate?.monthProbabilities ?? []) > 1e-6);
    assert.deepEqual({ ...(await client.getModel({})).metrics }, { "petage/mae_median": 31 });
    const exit = await service.stop();
    assert.equal(exit.exitCode, 0, text());
  });

  it("ends with a clear line when the checkpoint is torn, or not there", async () => {
    await writeFile(join(checkpoint, "model.safetensors"), "torn");
    for (const [uri, message] of [
      [checkpoint, /is damaged.*CHECKPOINT_INVALID/],
      [join(folder, "epoch_2"), /epoch_2 does not exist.*NOT_FOUND/],
    ] as const) {
      const exit = await start(uri).process.exited;
      assert.equal(exit.exitCode, 3);
      assert.match(exit.lastLines.at(-1) ?? "", message);
    }
  });
});
