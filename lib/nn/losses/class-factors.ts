import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { ClassFactors } from "./cross-entropy.ts";

/** The keys of a loss that may weigh classes. */
export const classFactorFields = {
  class_weight: z.array(z.number().min(0)).nullish().describe("Factor per class, one for each of num_classes."),
  pos_weight: z
    .array(z.number().min(0))
    .nullish()
    .describe("Factor per class on the positive part; only with use_sigmoid."),
};

export interface ClassFactorConfig {
  readonly class_weight?: readonly number[] | null | undefined;
  readonly pos_weight?: readonly number[] | null | undefined;
}

/** The factors, checked against the number of classes. @throws CONFIG_INVALID_VALUE */
export function classFactors(config: ClassFactorConfig, numClasses: number): ClassFactors {
  for (const key of ["class_weight", "pos_weight"] as const) {
    const count = config[key]?.length ?? numClasses;
    if (count === numClasses) continue;
    throw new PetageError(
      "CONFIG_INVALID_VALUE",
      `${key} has ${count} values, expected one for each of ${numClasses} classes`,
      {
        hint: "Give as many values as head.num_classes, or leave the key out",
      },
    );
  }
  return { classWeight: config.class_weight ?? undefined, positiveWeight: config.pos_weight ?? undefined };
}
