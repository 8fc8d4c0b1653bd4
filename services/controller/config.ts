import { z } from "zod";

/** Environment of the controller on one machine. */
export const Environment = z.object({
  PETAGE_HOST: z.string().default("127.0.0.1"),
  PETAGE_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  /** A NATS server to use; otherwise each job of more than one worker gets its own. */
  NATS_URL: z
    .string()
    .optional()
    .transform((value) => value || undefined),
  /** Folder that relative paths of configs (data_root, work_dirs) start from. */
  PETAGE_ROOT: z.string().default("."),
});
