import { z } from "zod";
import { ignored } from "#lib/config/component/ignored.ts";

const pretrained = z.strictObject({
  type: z.literal("Pretrained"),
  checkpoint: z.string().describe("Path of the checkpoint to start from"),
  prefix: z.string().optional().describe("Only keys below this prefix are taken, and it is stripped"),
  map_location: ignored("weights are read into memory", z.string().optional()),
});

const initializer = z.looseObject({
  type: z.enum(["Kaiming", "Constant", "Normal"]).describe("Initialiser; the defaults of mmpretrain's modules"),
});

/** `init_cfg` of a backbone: `Pretrained` is honoured; the usual initialisers are what the modules do anyway. */
export const initConfig = z
  .union([pretrained, initializer, z.array(z.union([pretrained, initializer])), z.null()])
  .default(null)
  .describe("Where the weights start");

export type PretrainedConfig = z.output<typeof pretrained>;

/** The `Pretrained` entry of an `init_cfg`, if it has one. */
export function pretrainedOf(config: z.output<typeof initConfig>): PretrainedConfig | undefined {
  const entries = config === null ? [] : Array.isArray(config) ? config : [config];
  return entries.find((entry): entry is PretrainedConfig => entry.type === "Pretrained");
}
