import { z } from "zod";
import { ignored } from "#lib/config/component/ignored.ts";

/** A number, or a list of them, as a list: mmengine takes both. */
export function oneOrMore<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z.union([z.array(item).min(1), item.transform((value) => [value])]);
}

/** The keys that every metric has. */
export const metricFields = {
  prefix: z.string().min(1).nullish().describe("First part of the names of the results, instead of the metric's own."),
  collect_device: ignored("results are collected in memory", z.enum(["cpu", "gpu"]).default("cpu")),
};

export const topkField = oneOrMore(z.number().int().positive()).default([1]);
export const thresholdsField = oneOrMore(z.number().nullable()).default([0]);

/** What mmpretrain adds to a name when there are several thresholds. */
export function thresholdSuffix(threshold: number | null, thresholds: readonly unknown[]): string {
  if (thresholds.length < 2) return "";
  return threshold === null ? "_no-thr" : `_thr-${threshold.toFixed(2)}`;
}
