import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { BatchSource } from "#lib/data/types.ts";
import type { Metric, Predictions } from "#lib/metrics/types.ts";
import type { Predictor } from "#lib/model/predictor.ts";

/** What a model says of one image. */
export interface SamplePrediction {
  readonly sampleId: string;
  /** Months; -1 without a label. */
  readonly label: number;
  readonly probabilities: Float32Array; // [C]
}

export type EvaluationEvent =
  | {
      readonly kind: "batch";
      readonly predictions: readonly SamplePrediction[];
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "result"; readonly result: EvaluationResult };

export interface EvaluationResult {
  /** Empty when no sample has a label. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly sampleCount: number;
  readonly skippedIds: readonly string[];
  readonly durationMs: number;
}

export interface EvaluationParts {
  readonly predictor: Predictor;
  readonly source: BatchSource;
  readonly metrics: readonly Metric[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Runs a model over a split, in the dataset's order: the predictions batch by batch, then the metrics over all. */
export async function* evaluate(parts: EvaluationParts): AsyncGenerator<EvaluationEvent, void, undefined> {
  const { predictor, source, clock, signal } = parts;
  const started = clock.nowMs();
  const { sampleCount: total } = await source.describe(1, signal);
  const seen = new Set<number>();
  const all: SamplePrediction[] = [];
  const skippedIds: string[] = [];
  for await (using batch of source.batches({ epoch: 0, rank: 0, worldSize: 1, startStep: 0 }, signal)) {
    skippedIds.push(...batch.skippedIds);
    const count = batch.labels.length;
    if (count === 0) continue; // every image of the batch was unreadable
    const { images, views = 1, height, width } = batch;
    const probabilities = await predictor.predict({ images, count, views, height, width });
    const numClasses = probabilities.length / count;
    const predictions: SamplePrediction[] = [];
    for (let at = 0; at < count; at++) {
      const index = batch.sampleIndices[at] ?? -1;
      if (seen.has(index)) continue; // the sampler pads the last round with samples it has shown already
      seen.add(index);
      predictions.push({
        sampleId: batch.sampleIds[at] ?? "",
        label: batch.labels[at] ?? -1,
        probabilities: probabilities.slice(at * numClasses, (at + 1) * numClasses),
      });
    }
    all.push(...predictions);
    yield { kind: "batch", predictions, done: all.length, total };
  }
  const metrics = measure(all, parts.metrics);
  const durationMs = clock.nowMs() - started;
  yield { kind: "result", result: { metrics, sampleCount: all.length, skippedIds, durationMs } };
}

/** The metrics over all predictions; none when nothing is labelled. Two metrics must not give the same name. */
export function measure(predictions: readonly SamplePrediction[], metrics: readonly Metric[]): Record<string, number> {
  if (!predictions.some(({ label }) => label >= 0)) return {};
  const numClasses = predictions[0]?.probabilities.length ?? 0;
  const joined: Predictions = {
    probabilities: new Float32Array(predictions.length * numClasses),
    labels: Int32Array.from(predictions, ({ label }) => label),
    numClasses,
  };
  predictions.forEach(({ probabilities }, index) => joined.probabilities.set(probabilities, index * numClasses));
  const result: Record<string, number> = {};
  for (const metric of metrics) {
    for (const [name, value] of Object.entries(metric.compute(joined))) {
      if (name in result) {
        throw new PetageError("CONFIG_INVALID_VALUE", `Two metrics of the evaluator both give ${name}`, {
          hint: "Give one of them another prefix",
        });
      }
      result[name] = value;
    }
  }
  return result;
}
