import { z } from "zod";

/** The two ways to say where a cosine ends. */
export const minimumFields = {
  eta_min: z.number().nullish().describe("Lowest value; the default is 0."),
  eta_min_ratio: z.number().nullish().describe("Lowest value as a share of the config's; instead of eta_min."),
};

export interface MinimumConfig {
  readonly eta_min?: number | null | undefined;
  readonly eta_min_ratio?: number | null | undefined;
}

export function oneMinimum({ eta_min, eta_min_ratio }: MinimumConfig): boolean {
  return (eta_min ?? null) === null || (eta_min_ratio ?? null) === null;
}

export const MINIMUM_RULE = { path: ["eta_min_ratio"], error: "None, or no eta_min" };

export function minimumOf({ eta_min, eta_min_ratio }: MinimumConfig, base: number): number {
  return eta_min ?? (eta_min_ratio ?? 0) * base;
}
