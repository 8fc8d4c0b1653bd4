import { z } from "zod";
import { attemptVariables } from "#lib/messaging/attempt.ts";

/** Environment of the data-loader. */
export const Environment = z.object({
  ...attemptVariables,
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  /** Folder that relative paths of the config start from. */
  PETAGE_DATA_ROOT: z.string().default("."),
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  /** Decoding threads per split; by default `num_workers` of the config. */
  PETAGE_WORKERS: z.coerce.number().int().min(0).max(256).optional(),
});
