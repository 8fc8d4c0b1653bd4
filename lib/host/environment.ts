import type { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";

/** The environment as a schema sees it. INVALID_ARGUMENT names every variable that is wrong. */
export function readEnvironment<Environment>(
  schema: z.ZodType<Environment>,
  variables: NodeJS.ProcessEnv = process.env,
): Environment {
  const result = schema.safeParse(variables);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new PetageError("INVALID_ARGUMENT", `Environment variables cannot be used: ${problems.join("; ")}`, {
    hint: "The config.ts of the service lists its variables",
  });
}
