/** The metrics that say "how many months off"; the first that an evaluator gives counts. */
const MAE_METRICS = ["petage/mae_median", "petage/mae_argmax", "accuracy/top10"];

/** The mean absolute error, in months, among the metrics of a validation; undefined when none of them is one. */
export function maeMonths(metrics: Readonly<Record<string, number>>): number | undefined {
  return MAE_METRICS.map((name) => metrics[name]).find((value) => value !== undefined);
}
