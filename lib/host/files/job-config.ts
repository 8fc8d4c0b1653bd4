import { basename, join, relative } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { ConfigFiles } from "#lib/config/language/files.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import { resolveJob } from "#lib/jobs/resolved-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { ConfigSource } from "#lib/jobs/training-job.ts";
import { configEnvironment, nodeConfigFiles } from "./config-files.ts";
import type { ConfigEnvironment } from "./config-files.ts";
import { findNamedConfig } from "./named-configs.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";

/** Where the config of a job comes from, and its overrides. */
export type ConfigRequest = FileRequest | PortableRequest;

/** A file of this machine. */
export interface FileRequest {
  readonly path: string;
  readonly options: readonly string[];
}

/** A config that means the same on any machine that has petage. */
export type PortableRequest = { readonly options: readonly string[] } & (
  | { readonly name: string }
  /** The text itself; its bases are those that come with petage. */
  | { readonly text: string; readonly fileName: string }
);

/** The config that a job asks for, where that means the same on any machine; undefined where it does not say so. */
export function portableConfig(config: ConfigSource): PortableRequest | undefined {
  const { name, inline, fileName = "config.py", cfgOptions: options = [] } = config;
  if (name) return { name, options };
  return inline ? { text: inline, fileName, options } : undefined;
}

export interface JobConfig {
  /** File name without folder and ending. */
  readonly configName: string;
  readonly config: LoadedConfig;
  /** What a person would write for it on a command line. */
  readonly source: string;
}

/** What a config sees of this machine. */
export interface ConfigSurroundings {
  readonly env: ConfigEnvironment;
  readonly files: ConfigFiles;
}

/** Those of a user who loads a config of his own. */
export function ownSurroundings(): ConfigSurroundings {
  return { env: configEnvironment(), files: nodeConfigFiles };
}

/** Loads a config. CONFIG_* with file and line when it is invalid, NOT_FOUND when it is not there. */
export function loadJobConfig(request: ConfigRequest, surroundings = ownSurroundings()): JobConfig {
  const { options } = request;
  const { env } = surroundings;
  if ("text" in request) {
    const { text, fileName } = request;
    const path = join(CONFIGS_FOLDER, fileName);
    const isOurs = (file: string): boolean => !relative(CONFIGS_FOLDER, file).startsWith("..");
    const files: ConfigFiles = {
      ...nodeConfigFiles,
      read: (file) => (file === path ? text : isOurs(file) ? nodeConfigFiles.read(file) : undefined),
      list: (file) => (isOurs(file) ? nodeConfigFiles.list(file) : []),
    };
    return { configName: stem(path), config: loadConfig(path, { files, env, options }), source: fileName };
  }
  const [path, source, files] =
    "path" in request
      ? [request.path, request.path, surroundings.files]
      : [findNamedConfig(request.name), request.name, nodeConfigFiles];
  return { configName: stem(path), config: loadConfig(path, { files, env, options }), source };
}

/**
 * Loads and checks the config of a job of a cluster. It sees no variable of whoever resolves it, which may be secrets of
 * the controller, and its places are named from the folder of configs on, which lies elsewhere in an image.
 */
export function resolveJobConfig(request: PortableRequest): ResolvedJob {
  try {
    const { configName: name, config } = loadJobConfig(request, { env: {}, files: nodeConfigFiles });
    const places = [...config.positions].map(
      ([path, position]) => [path, { ...position, file: fromConfigs(position.file) }] as const,
    );
    const resolved = resolveJob({ name, config: { value: config.value, positions: new Map(places) } });
    return { ...resolved, warnings: [...config.warnings, ...(resolved.warnings ?? [])] };
  } catch (thrown) {
    throw withShortPlace(thrown);
  }
}

function withShortPlace(thrown: unknown): unknown {
  if (!(thrown instanceof PetageError) || !thrown.position) return thrown;
  return thrown.retold({ position: { ...thrown.position, file: fromConfigs(thrown.position.file) } });
}

function fromConfigs(file: string): string {
  const path = relative(CONFIGS_FOLDER, file);
  return path.startsWith("..") ? file : path;
}

/** `resnet18_petage_quickstart` of a path. */
export function stem(path: string): string {
  return basename(path).replace(/\.(py|yaml|yml|json)$/, "");
}
