import { z } from "zod";

/** An environment variable that may be missing or empty. */
export const optional = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** A variable that is left empty is not set. */
export function unlessEmpty<Schema extends z.ZodType>(schema: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess((text) => text || undefined, schema);
}

/** A port that may be left out; 0 takes any free one. */
export const optionalPort = unlessEmpty(z.coerce.number().int().min(0).max(65_535).optional());
