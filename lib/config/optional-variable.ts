import { z } from "zod";

/** An environment variable that may be missing or empty. */
export const optional = z
  .string()
  .optional()
  .transform((value) => value || undefined);
