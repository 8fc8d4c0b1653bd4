import { z } from "zod";
import { attemptVariables } from "#lib/messaging/attempt.ts";

/** An environment variable that may be missing or empty. */
const optional = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** Environment of one worker of a training job. */
export const Environment = z.object({
  ...attemptVariables,
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  JOB_NAME: z.string(),
  JOB_UID: z.string(),
  RANK: z.coerce.number().int().min(0),
  WORLD_SIZE: z.coerce.number().int().min(1),
  /** Address of the data-loader; asked for over NATS where it is not given. */
  PETAGE_DATA_LOADER: optional,
  /** Address of the evaluator, likewise; not needed where the config has no validation. */
  PETAGE_EVALUATOR: optional,
  /** Where the checkpoints and logs of this run go. */
  PETAGE_RUN_DIR: z.string(),
  /** What all runs of the config share. */
  PETAGE_WORK_DIR: z.string(),
  /** Checkpoint to continue; `auto`: the newest complete one of the work dir, `run`: of the run dir, if there is one. */
  PETAGE_RESUME_FROM: optional,
  /** Weights to start from. */
  PETAGE_LOAD_FROM: optional,
  /** Save a checkpoint `iter_N` after every so many steps, besides those of the config; 0: none. */
  PETAGE_CHECKPOINT_EVERY_STEPS: z.coerce.number().int().min(0).default(0),
  /** How many of those to keep. */
  PETAGE_CHECKPOINT_KEEP_LAST: z.coerce.number().int().min(1).default(3),
  /** Folder of the model in the model store to which the result is added; empty: none. */
  PETAGE_PUBLISH_TO: optional,
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
});

export type TrainerEnvironment = z.output<typeof Environment>;
