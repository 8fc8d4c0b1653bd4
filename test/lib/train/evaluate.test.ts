import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { disposable } from "#lib/data/batch-memory.ts";
import type { Batch, BatchSource } from "#lib/data/types.ts";
import type { Metric } from "#lib/metrics/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import { evaluate } from "#lib/train/evaluate.ts";
import type { EvaluationResult, SamplePrediction } from "#lib/train/evaluate.ts";

interface Row {
  readonly indices: readonly number[];
  readonly skipped?: readonly string[];
}

/** Batches of one-pixel images whose grey is the sample's position; `labels` by position. */
function source(rows: readonly Row[], labels: readonly number[], onRelease = (_step: number) => {}): BatchSource {
  return {
    describe: async () => ({ stepsPerEpoch: rows.length, sampleCount: labels.length, batchSize: 2, classes: [] }),
    async *batches() {
      for (const [step, { indices, skipped = [] }] of rows.entries())
        yield disposable(batch(step, indices, skipped), () => onRelease(step));
    },
  };
  function batch(step: number, indices: readonly number[], skippedIds: readonly string[]): Batch {
    return {
      step,
      images: Uint8Array.from(indices.flatMap((index) => [index, index, index])),
      height: 1,
      width: 1,
      labels: Int32Array.from(indices, (index) => labels[index] ?? -1),
      sampleIds: indices.map((index) => `${index}.jpg`),
      sampleIndices: Int32Array.from(indices),
      skippedIds,
    };
  }
}

/** Sure that a sample's class is its position. */
async function predict({
  images,
  count,
}: {
  readonly images: Uint8Array;
  readonly count: number;
}): Promise<Float32Array> {
  const probabilities = new Float32Array(count * 4);
  for (let at = 0; at < count; at++) probabilities[at * 4 + (images[at * 3] ?? 0)] = 1;
  return probabilities;
}

const accuracy: Metric = {
  directions: { accuracy: "greater" },
  compute: ({ probabilities, labels, numClasses }) => ({
    accuracy: labels.filter((label, at) => probabilities[at * numClasses + label] === 1).length / labels.length,
  }),
};

interface Outcome {
  readonly predictions: readonly SamplePrediction[];
  readonly result: EvaluationResult;
  readonly done: readonly number[];
}

async function run(from: BatchSource, metrics: readonly Metric[] = [accuracy]): Promise<Outcome> {
  const predictions: SamplePrediction[] = [];
  const done: number[] = [];
  const { signal } = new AbortController();
  for await (const event of evaluate({ predictor: { predict }, source: from, metrics, clock: systemClock, signal })) {
    if (event.kind === "result") return { predictions, result: event.result, done };
    predictions.push(...event.predictions);
    done.push(event.done);
  }
  return assert.fail("no result");
}

const ids = ({ predictions }: Outcome): string[] => predictions.map(({ sampleId }) => sampleId);

describe("evaluate", () => {
  it("gives predictions batch by batch, then the metrics over all", async () => {
    const outcome = await run(source([{ indices: [0, 1] }, { indices: [2] }], [0, 3, 2]));
    assert.deepEqual(ids(outcome), ["0.jpg", "1.jpg", "2.jpg"]);
    assert.deepEqual(outcome.done, [2, 3]);
    assert.deepEqual(outcome.predictions[1]?.probabilities, Float32Array.of(0, 1, 0, 0));
    assert.equal(outcome.result.metrics["accuracy"], 2 / 3);
    assert.equal(outcome.result.sampleCount, 3);
    assert.ok(outcome.result.durationMs >= 0);
  });

  it("counts a sample once that the sampler shows again to fill the last round", async () => {
    const outcome = await run(source([{ indices: [0, 1] }, { indices: [2, 0] }], [0, 3, 2]));
    assert.deepEqual(ids(outcome), ["0.jpg", "1.jpg", "2.jpg"]);
    assert.equal(outcome.result.metrics["accuracy"], 2 / 3);
  });

  it("names the samples that could not be read and measures the rest", async () => {
    const rows = [
      { indices: [0], skipped: ["1.jpg"] },
      { indices: [], skipped: ["2.jpg", "3.jpg"] },
    ];
    const outcome = await run(source(rows, [0, 1, 2, 3]));
    assert.deepEqual(outcome.result.skippedIds, ["1.jpg", "2.jpg", "3.jpg"]);
    assert.equal(outcome.result.sampleCount, 1);
    assert.equal(outcome.result.metrics["accuracy"], 1);
  });

  it("gives each batch back, also one of which nothing could be read", async () => {
    const released: number[] = [];
    const rows = [{ indices: [0] }, { indices: [], skipped: ["1.jpg"] }, { indices: [2] }];
    await run(source(rows, [0, 1, 2], (step) => void released.push(step)));
    assert.deepEqual(released, [0, 1, 2]);
  });

  it("predicts without metrics where no sample has a label", async () => {
    const outcome = await run(source([{ indices: [0, 1] }], []));
    assert.deepEqual(outcome.result.metrics, {});
    assert.deepEqual(
      outcome.predictions.map(({ label }) => label),
      [-1, -1],
    );
  });

  it("gives no metrics of nothing", async () => {
    const outcome = await run(source([], []));
    assert.deepEqual(outcome.result.metrics, {});
    assert.equal(outcome.result.sampleCount, 0);
  });

  it("refuses two metrics of one name", async () => {
    await assert.rejects(
      run(source([{ indices: [0] }], [0]), [accuracy, accuracy]),
      (error) => error instanceof PetageError && /both give accuracy.*prefix/.test(error.describe()),
    );
  });
});
