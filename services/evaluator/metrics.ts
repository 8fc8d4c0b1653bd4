import type { Metrics } from "#lib/base/metrics.ts";

/** An evaluation takes from a second to hours. */
const BUCKETS_SECONDS = [1, 5, 15, 30, 60, 300, 900, 3600];

/** Measures evaluations that were brought to their end; call the result with the time that one took. */
export function evaluationMetrics(metrics: Metrics): (durationMs: number) => void {
  const evaluations = metrics.counter({
    name: "petage_evaluator_evaluations_total",
    help: "Evaluations that gave a result.",
  });
  const seconds = metrics.histogram({
    name: "petage_evaluator_evaluation_seconds",
    help: "Time that they took, from the loaded checkpoint to the result, in seconds.",
    buckets: BUCKETS_SECONDS,
  });
  return (durationMs) => {
    evaluations.add(1);
    seconds.observe(durationMs / 1000);
  };
}
