import { z } from "zod";
import { attemptVariables } from "#lib/messaging/attempt.ts";

/** Environment of the evaluator. */
export const Environment = z.object({
  ...attemptVariables,
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  /** Address of the data-loader: host:port; asked for over NATS where it is not given. */
  PETAGE_DATA_LOADER: z.string().optional(),
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
});
