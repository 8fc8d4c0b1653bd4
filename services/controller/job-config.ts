import { basename, join } from "node:path";
import { loadConfig } from "#lib/config/load.ts";
import type { LoadedConfig } from "#lib/config/load.ts";
import { configEnvironment, nodeConfigFiles } from "#lib/host/config-files.ts";
import { findNamedConfig } from "#lib/host/named-configs.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";

/** Where the config of a job comes from, and its overrides. */
export type ConfigWish = { readonly options: readonly string[] } & (
  | { readonly path: string }
  /** One that comes with petage, without folder and ending. */
  | { readonly name: string }
  /** The text itself; its bases are those that come with petage. */
  | { readonly text: string; readonly fileName: string }
);

export interface JobConfig {
  /** File name without folder and ending. */
  readonly configName: string;
  readonly config: LoadedConfig;
  /** What a person would write for it on a command line. */
  readonly source: string;
}

/** Loads a config. CONFIG_* with file and line when it is no good, NOT_FOUND when it is not there. */
export function loadJobConfig(wish: ConfigWish): JobConfig {
  const { options } = wish;
  const env = configEnvironment();
  if ("text" in wish) {
    const { text, fileName } = wish;
    const path = join(CONFIGS_FOLDER, fileName);
    const files = { ...nodeConfigFiles, read: (file: string) => (file === path ? text : nodeConfigFiles.read(file)) };
    return { configName: stem(path), config: loadConfig(path, { files, env, options }), source: fileName };
  }
  const path = "path" in wish ? wish.path : findNamedConfig(wish.name);
  const config = loadConfig(path, { files: nodeConfigFiles, env, options });
  return { configName: stem(path), config, source: "path" in wish ? wish.path : wish.name };
}

function stem(path: string): string {
  return basename(path).replace(/\.(py|yaml|yml|json)$/, "");
}

/** The beginning of a job's name that reminds of its config's. */
export function nameLike(configName: string): string {
  const plain = configName.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-|-$/g, "").slice(0, 30) || "job";
}
