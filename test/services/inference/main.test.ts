import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { startInference } from "./process.ts";
import { photo } from "./support.ts";
import { saveUntrained } from "./untrained.ts";

function start(checkpoint: string) {
  return startInference({ PETAGE_CHECKPOINT: checkpoint });
}

describe("the inference service", function () {
  this.timeout(120_000);
  let folder: string;
  let checkpoint: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-"));
    checkpoint = await saveUntrained(folder);
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
    const isJson = (line: string): boolean => line.startsWith("{") && line.endsWith("}");
    assert.deepEqual(
      text()
        .split("\n")
        .filter((line) => !isJson(line)),
      [],
      "TensorFlow's remarks are no JSON",
    );
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
