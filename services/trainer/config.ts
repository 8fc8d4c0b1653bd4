import { z } from "zod";

/** An environment variable that may be missing or empty. */
const optional = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** Environment of one worker of a training job. */
export const Environment = z.object({
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  JOB_NAME: z.string(),
  JOB_UID: z.string(),
  /** Incarnation of the job's workers, from 0: the generation of the ring. */
  ATTEMPT: z.coerce.number().int().min(0),
  RANK: z.coerce.number().int().min(0),
  WORLD_SIZE: z.coerce.number().int().min(1),
  /** Needed by more than one worker. */
  NATS_URL: optional,
  PETAGE_DATA_LOADER: z.string(),
  /** Absent where the config has no validation. */
  PETAGE_EVALUATOR: optional,
  /** Where the checkpoints and logs of this run go. */
  PETAGE_RUN_DIR: z.string(),
  /** What all runs of the config share. */
  PETAGE_WORK_DIR: z.string(),
  /** Checkpoint to continue. */
  PETAGE_RESUME_FROM: optional,
  /** Weights to start from. */
  PETAGE_LOAD_FROM: optional,
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
});

export type TrainerEnvironment = z.output<typeof Environment>;
