import { basename, join, relative } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { dumpPython } from "#lib/config/dump.ts";
import { loadConfig } from "#lib/config/load.ts";
import type { LoadedConfig } from "#lib/config/load.ts";
import { serializeConfig } from "#lib/config/serialize.ts";
import { configEnvironment, nodeConfigFiles } from "#lib/host/config-files.ts";
import { findNamedConfig } from "#lib/host/named-configs.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";
import type { ResolvedJob } from "#lib/k8s/job/render.ts";
import type { ConfigSource } from "#lib/k8s/job/training-job.ts";
import { modelSettings, runSettings } from "#lib/train/settings.ts";
import { namesFile } from "../config.ts";

/** The most characters that the resource takes of a config. */
const MAX_INLINE_CHARACTERS = 65_536;

/** A text, and the file name that tells its language. */
interface ConfigText {
  readonly text: string;
  readonly fileName: string;
}

/**
 * Loads and checks the config of a job as the controller will; `text` is that of the ConfigMap that it names. Throws
 * the CONFIG_ errors with file, line and hint.
 */
export function resolveConfig(source: ConfigSource, text = ""): ResolvedJob {
  const { name, inline = text, configMapRef, cfgOptions = [] } = source;
  if (name !== undefined) return resolve(name, loadFile(findNamedConfig(name), cfgOptions, {}));
  const fileName = source.fileName ?? configMapRef?.key ?? "config.py";
  try {
    return resolve(stem(fileName), loadText({ text: inline, fileName }, cfgOptions));
  } catch (thrown) {
    throw withoutFolder(thrown);
  }
}

/** The config that a user names, as a job can carry it. */
export function sourceOf(config: string, cfgOptions: readonly string[]): ConfigSource {
  if (namesFile(config)) return carriedConfig(config, cfgOptions);
  return { name: config.replace(/\.py$/, ""), ...(cfgOptions.length > 0 && { cfgOptions: [...cfgOptions] }) };
}

/** Its text, or where that would mean something else there, all of it resolved. */
function carriedConfig(file: string, cfgOptions: readonly string[]): ConfigSource {
  resolve(stem(file), loadFile(file, cfgOptions, configEnvironment())); // errors name the user's own file
  const meant = dumpPython(loadFile(file, [], configEnvironment()).python);
  const own = { text: nodeConfigFiles.read(file) ?? "", fileName: basename(file) };
  const { text, fileName } = meansThere(own) === meant ? own : { text: meant, fileName: `${stem(file)}.py` };
  if (text.length > MAX_INLINE_CHARACTERS) {
    const what = `${file} with its bases has ${text.length} characters; a job carries ${MAX_INLINE_CHARACTERS} at most`;
    throw new PetageError("INVALID_ARGUMENT", what, { hint: "Put it into a ConfigMap and name that in configMapRef" });
  }
  return { inline: text, fileName, ...(cfgOptions.length > 0 && { cfgOptions: [...cfgOptions] }) };
}

/** Stands for the folder of configs of any installation: what lies elsewhere is on this machine alone. */
const ANY_CONFIGS = "/any/configs";

/** What a text gives among petage's own configs, without files and variables of this machine; nothing if it fails. */
function meansThere({ text, fileName }: ConfigText): string | undefined {
  const path = join(ANY_CONFIGS, fileName);
  const here = (file: string): string | undefined =>
    file.startsWith(`${ANY_CONFIGS}/`) ? join(CONFIGS_FOLDER, relative(ANY_CONFIGS, file)) : undefined;
  const read = (file: string): string | undefined => {
    const own = here(file);
    return file === path ? text : own && nodeConfigFiles.read(own);
  };
  try {
    return dumpPython(loadConfig(path, { files: { ...nodeConfigFiles, read }, env: {} }).python);
  } catch {
    return undefined;
  }
}

type Environment = ReturnType<typeof configEnvironment>;

function loadFile(file: string, options: readonly string[], env: Environment): LoadedConfig {
  return loadConfig(file, { files: nodeConfigFiles, env, options });
}

function loadText({ text, fileName }: ConfigText, options: readonly string[]): LoadedConfig {
  const path = join(CONFIGS_FOLDER, fileName); // its bases are those that come with petage
  const files = { ...nodeConfigFiles, read: (file: string) => (file === path ? text : nodeConfigFiles.read(file)) };
  return loadConfig(path, { files, env: {}, options });
}

function resolve(configName: string, config: LoadedConfig): ResolvedJob {
  const { validation, maxEpochs } = runSettings(config);
  modelSettings(config); // for its errors
  return {
    configName,
    configText: serializeConfig({ name: configName, config }),
    workDir: stringOf(config, "work_dir"),
    validates: validation !== undefined,
    maxEpochs,
    resume: config.value["resume"] === true,
    loadFrom: stringOf(config, "load_from"),
  };
}

function stem(path: string): string {
  return basename(path).replace(/\.(py|yaml|yml|json)$/, "");
}

function stringOf({ value }: LoadedConfig, key: string): string | undefined {
  const text = value[key];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** A text of one's own lies in no folder: its errors name its file alone. */
function withoutFolder(thrown: unknown): unknown {
  if (!(thrown instanceof PetageError) || !thrown.position) return thrown;
  const { code, message, hint, position } = thrown;
  const file = relative(CONFIGS_FOLDER, position.file);
  const options = { cause: thrown, position: { ...position, file }, ...(hint !== undefined && { hint }) };
  return new PetageError(code, message, options);
}
