import type { Metrics } from "#lib/base/metrics.ts";
import type { Batch } from "#lib/data/types.ts";

/** Measures the batches that go out; call the result with each. */
export function batchMetrics(metrics: Metrics): (batch: Batch) => void {
  const counter = (name: string, help: string) => metrics.counter({ name: `petage_data_loader_${name}_total`, help });
  const batches = counter("batches", "Batches sent to trainers and evaluators.");
  const images = counter("images", "Images in those batches.");
  const skipped = counter("skipped_samples", "Photos that could not be read, each time that another took its place.");
  return ({ labels, views = 1, skippedIds }) => {
    batches.add(1);
    images.add(labels.length * views);
    skipped.add(skippedIds.length);
  };
}
