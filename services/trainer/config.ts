import { z } from "zod";
import { trainerVariables } from "#lib/jobs/worker-environment.ts";

/** Environment of one worker of a training job. */
export const Environment = z.object(trainerVariables);

export type TrainerEnvironment = z.output<typeof Environment>;
