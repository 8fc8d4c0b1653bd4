import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { createMetrics } from "#lib/host/metrics.ts";
import { openPredictorThread } from "#lib/host/thread/predictor.ts";
import type { PredictorThread } from "#lib/host/thread/predictor.ts";
import { remoteBatchSource, type SplitMessage } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import { readCheckpoint, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { systemClock } from "#lib/system/clock.ts";
import { evaluate } from "#lib/train/evaluate.ts";
import type { EvaluationResult, SamplePrediction } from "#lib/train/evaluate.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import { evaluatorMetrics } from "#lib/train/settings.ts";
import type { EvaluateResponse__Output } from "#proto/petage/v1/EvaluateResponse.ts";
import { createDataLoaderService } from "#services/data-loader/service.ts";
import { openSplits } from "#services/data-loader/splits.ts";
import type { Splits } from "#services/data-loader/splits.ts";
import { evaluationMetrics } from "#services/evaluator/metrics.ts";
import { createEvaluatorService } from "#services/evaluator/service.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { saveUntrained } from "#test/support/untrained.ts";
import { until } from "#test/support/until.ts";

describe("the evaluator service", () => {
  let folder = "";
  const registry = createMetrics();
  let config: ConfigDict;
  let checkpoint = "";
  let splits: Splits;
  let predictor: PredictorThread;
  let servers: RunningServer[];
  let loader: Client<"DataLoaderService">;
  let client: Client<"EvaluatorService">;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-evaluator-"));
    config = (await writeTinyProject(folder, { count: 100, batchSize: 4 })).value;
    checkpoint = await saveUntrained(folder, config);
    splits = openSplits(resolved(config), (node, purpose, seed) => openLoader(node, { purpose, seed, log: silentLog }));
    const data = await serve({
      port: 0,
      services: [implement("DataLoaderService", createDataLoaderService(splits))],
      log: silentLog,
    });
    loader = dial(data.address, "DataLoaderService");
    predictor = openPredictorThread();
    const loaders = Promise.resolve({ source: (split: SplitMessage) => remoteBatchSource(loader, split) });
    const parts = { config: resolved(config), loaders, predictor };
    const service = createEvaluatorService({ ...parts, onEvaluated: evaluationMetrics(registry) });
    const own = await serve({ port: 0, services: [implement("EvaluatorService", service)], log: silentLog });
    servers = [own, data];
    client = dial(own.address, "EvaluatorService");
  });
  after(async () => {
    for (const part of [client, loader, ...servers, predictor, splits]) await part[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function collect(request: Parameters<typeof client.evaluate>[0]): Promise<EvaluateResponse__Output[]> {
    const answers: EvaluateResponse__Output[] = [];
    for await (const answer of client.evaluate(request)) answers.push(answer);
    return answers;
  }

  /** The same evaluation in this process: the loader's own batches, a predictor in this thread. */
  async function local(split: "val" | "test"): Promise<{ result: EvaluationResult; all: SamplePrediction[] }> {
    const options = { source: checkpoint, log: silentLog, clock: systemClock };
    using own = await createPredictor(await readCheckpoint(checkpoint), options);
    const metrics = evaluatorMetrics(resolved(config), `${split}_evaluator`);
    const source = await splits.open(split);
    const all: SamplePrediction[] = [];
    const { signal } = new AbortController();
    for await (const event of evaluate({ predictor: own, source, metrics, clock: systemClock, signal })) {
      if (event.kind === "result") return { result: event.result, all };
      all.push(...event.predictions);
    }
    return assert.fail("no result");
  }

  for (const [split, message] of [
    ["val", "SPLIT_VALIDATION"],
    ["test", "SPLIT_TEST"],
  ] as const) {
    it(`gives the metrics and predictions of an evaluation in this process for ${split}`, async () => {
      const expected = await local(split);
      const request = {
        checkpointUri: checkpoint,
        split: message,
        includePredictions: true,
        includeProbabilities: true,
      };
      const count = async (): Promise<number> =>
        Number(/^petage_evaluator_evaluations_total (\d+)$/m.exec(await registry.text())?.[1]);
      const before = await count();
      const answers = await collect(request);
      assert.equal(await count(), before + 1);
      const { result } = answers.at(-1) ?? {};
      assert.deepEqual(result?.metrics, expected.result.metrics);
      assert.equal(result?.sampleCount, 10);
      assert.equal(result?.model?.weightsSha256, await weightsSha256(checkpoint));
      assert.equal(result?.model?.version, "epoch_1");
      const predictions = answers.flatMap((answer) => answer.predictions?.predictions ?? []);
      assert.deepEqual(
        predictions.map(({ sampleId, label }) => [sampleId, label]),
        expected.all.map(({ sampleId, label }) => [sampleId, label]),
      );
      for (const [index, { probabilities }] of expected.all.entries()) {
        assert.deepEqual(Float32Array.from(predictions[index]?.probabilities ?? []), probabilities);
      }
    });
  }

  it("tells its progress batch by batch, and no predictions unless asked", async () => {
    const answers = await collect({ checkpointUri: checkpoint, split: "SPLIT_TEST" });
    const progress = answers.flatMap((answer) => answer.progress ?? []);
    assert.deepEqual(
      progress.map(({ sampleCount, totalSampleCount }) => [sampleCount, totalSampleCount]),
      [
        [4, 10],
        [8, 10],
        [10, 10],
      ],
    );
    assert.equal(answers.filter(({ predictions }) => predictions).length, 0);
    assert.equal(answers.length, 4);
  });

  it("takes evaluations one after another and is idle in the end", async () => {
    const results = await Promise.all(
      Array.from({ length: 4 }, () => collect({ checkpointUri: checkpoint, split: "SPLIT_VALIDATION" })),
    );
    const metrics = results.map((answers) => answers.at(-1)?.result?.metrics);
    for (const other of metrics.slice(1)) assert.deepEqual(other, metrics[0]);
    assert.equal((await client.getStatus({})).phase, "EVALUATOR_PHASE_IDLE");
    assert.equal((await client.getStatus({})).queuedCount, 0);
  });

  it("lets a caller leave early and serves the next", async () => {
    for await (const _answer of client.evaluate({ checkpointUri: checkpoint, split: "SPLIT_VALIDATION" })) break;
    const answers = await collect({ checkpointUri: checkpoint, split: "SPLIT_VALIDATION" });
    assert.ok(answers.at(-1)?.result);
    await until("it is idle", async () => (await client.getStatus({})).phase === "EVALUATOR_PHASE_IDLE");
  });

  it("forgets who leaves while waiting for a turn", async () => {
    const first = collect({ checkpointUri: checkpoint, split: "SPLIT_VALIDATION" });
    const leaving = new AbortController();
    const second = (async () => {
      const options = { signal: leaving.signal };
      for await (const _answer of client.evaluate({ checkpointUri: checkpoint, split: "SPLIT_TEST" }, options));
    })();
    leaving.abort(new PetageError("ABORTED", "no time"));
    await assert.rejects(second, /no time/);
    assert.ok((await first).at(-1)?.result);
    await until("nobody waits", async () => (await client.getStatus({})).phase === "EVALUATOR_PHASE_IDLE");
  });

  const bad: readonly {
    what: string;
    uri: () => string | Promise<string>;
    split?: "SPLIT_TRAIN";
    code: ErrorCode;
    says: RegExp;
  }[] = [
    {
      what: "the training split",
      uri: () => checkpoint,
      split: "SPLIT_TRAIN",
      code: "INVALID_ARGUMENT",
      says: /SPLIT_TRAIN/,
    },
    {
      what: "a checkpoint that does not exist",
      uri: () => join(folder, "epoch_9"),
      code: "NOT_FOUND",
      says: /epoch_9/,
    },
    {
      what: "a checkpoint of another model",
      uri: () => saveUntrained(folder, { ...config, model: tinyModel({ classes: 10 }) }, "epoch_2"),
      code: "CHECKPOINT_MISMATCH",
      says: /size mismatch for head\.fc\.weight.*\[10, 64\] there, \[192, 64\] in the model/,
    },
  ];
  for (const { what, uri, split = "SPLIT_TEST", code, says } of bad) {
    it(`refuses ${what} with ${code}, and serves on`, async () => {
      const checkpointUri = await uri();
      await assert.rejects(
        collect({ checkpointUri, split }),
        (error) => error instanceof PetageError && error.code === code && says.test(error.message),
      );
      assert.equal((await client.getStatus({})).phase, "EVALUATOR_PHASE_IDLE");
      assert.ok((await collect({ checkpointUri: checkpoint, split: "SPLIT_TEST" })).at(-1)?.result);
    });
  }
});
