import { PetageError } from "#lib/base/errors.ts";
import { configNode, type ConfigNode } from "#lib/config/component/node.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import type { Log } from "#lib/base/log.ts";
import { createLogger } from "#lib/host/logger.ts";

export const SPLITS = ["train", "val", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** The splits of a config, or those that are wanted of it. */
export function splitsOf({ value }: LoadedConfig, wanted: readonly string[] | undefined): Split[] {
  const has = (name: Split): boolean => Boolean(value[`${name}_dataloader`]);
  if (wanted === undefined) return SPLITS.filter(has);
  return wanted.map((one) => {
    const known = SPLITS.find((name) => name === one);
    if (known && has(known)) return known;
    const available = SPLITS.filter(has).join(", ") || "none";
    throw new PetageError("INVALID_ARGUMENT", `There is no split ${one}`, { hint: `The config has: ${available}` });
  });
}

export function datasetNode(config: LoadedConfig, split: Split): ConfigNode {
  return configNode(config, `${split}_dataloader.dataset`);
}

/** Warnings, for people, on the standard error. */
export function warnings(): Log {
  const write = (line: string): void => void process.stderr.write(line);
  return createLogger({ name: "petage", format: "pretty", level: "warn", write });
}
