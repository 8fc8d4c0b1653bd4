import { z } from "zod";
import { evaluatorVariables } from "#lib/jobs/worker-environment.ts";

/** Environment of the evaluator. */
export const Environment = z.object(evaluatorVariables);
