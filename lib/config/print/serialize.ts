import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { ConfigDict, ResolvedConfig } from "#lib/config/value.ts";

const position = z.object({ file: z.string(), line: z.number(), column: z.number() });
const schema = z.object({
  name: z.string(),
  value: z.custom<ConfigDict>((value) => typeof value === "object" && value !== null),
  positions: z.array(z.tuple([z.string(), position])),
});

/** A resolved config under the name by which people know it, as it travels to the processes of a job. */
export interface NamedConfig {
  /** File name without folder and ending: `resnet18_petage_quickstart`. */
  readonly name: string;
  readonly config: ResolvedConfig;
}

export function serializeConfig({ name, config }: NamedConfig): string {
  return JSON.stringify({ name, value: config.value, positions: [...config.positions] });
}

/** Reads what `serializeConfig` wrote. @throws INVALID_ARGUMENT naming `source` */
export function deserializeConfig(text: string, source: string): NamedConfig {
  try {
    const { name, value, positions } = schema.parse(JSON.parse(text));
    return { name, config: { value, positions: new Map(positions) } };
  } catch (cause) {
    throw new PetageError("INVALID_ARGUMENT", `${source} is not a resolved config`, { cause });
  }
}
