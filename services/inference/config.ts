import { z } from "zod";

/** The environment of the inference service. */
export const Environment = z
  .object({
    PETAGE_HOST: z.string().default("127.0.0.1").describe("Where to listen; 0.0.0.0 lets other machines in"),
    PETAGE_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe("Port; 0 takes any free one"),
    PETAGE_CHECKPOINT: z.string().min(1).describe("The checkpoint to serve: its folder, or a file:// URI"),
  })
  .transform((variables) => ({
    host: variables.PETAGE_HOST,
    port: variables.PETAGE_PORT,
    checkpoint: variables.PETAGE_CHECKPOINT,
  }));
