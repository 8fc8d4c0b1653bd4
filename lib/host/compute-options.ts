import type { Precision } from "#lib/engine/op.ts";

const EAGER = "PETAGE_EAGER";
const PRECISION = "PETAGE_PRECISION";

/** How this process computes; its threads and children inherit it. */
export interface ComputeOptions {
  /** Op by op, though it could compile. */
  readonly eager: boolean;
  /** What it predicts in; training has its config for that. */
  readonly precision: Precision;
}

export function computeOptions(): ComputeOptions {
  return {
    eager: process.env[EAGER] === "1",
    precision: process.env[PRECISION] === "bfloat16" ? "bfloat16" : "float32",
  };
}

/** As flags of a command say. */
export function setComputeOptions({ eager, precision }: Partial<ComputeOptions>): void {
  if (eager) process.env[EAGER] = "1";
  if (precision !== undefined) process.env[PRECISION] = precision;
}
