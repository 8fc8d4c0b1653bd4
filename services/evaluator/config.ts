import { z } from "zod";

/** Environment of the evaluator. */
export const Environment = z.object({
  /** Resolved config, as `serializeConfig` writes it. */
  PETAGE_CONFIG: z.string(),
  PETAGE_DATA_LOADER: z.string().describe("Address of the data-loader: host:port"),
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
});
