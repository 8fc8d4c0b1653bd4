import { basename, join, relative } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { dumpPython } from "#lib/config/print/dump.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { loadJobConfig, resolveJobConfig, stem } from "#lib/host/files/job-config.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";
import type { ConfigSource } from "#lib/jobs/training-job.ts";
import { resolveJob } from "#lib/jobs/resolved-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { namesFile } from "../commands/config.ts";

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
  const { name, inline = text, configMapRef, cfgOptions: options = [] } = source;
  if (name !== undefined) return resolveJobConfig({ name, options });
  return resolveJobConfig({ text: inline, fileName: source.fileName ?? configMapRef?.key ?? "config.py", options });
}

/** The config that a user names, as a job can carry it. */
export function sourceOf(config: string, cfgOptions: readonly string[]): ConfigSource {
  if (namesFile(config)) return carriedConfig(config, cfgOptions);
  return { name: config.replace(/\.py$/, ""), ...(cfgOptions.length > 0 && { cfgOptions: [...cfgOptions] }) };
}

/** Its text, or where that would mean something else there, all of it resolved. */
function carriedConfig(file: string, cfgOptions: readonly string[]): ConfigSource {
  const checked = loadJobConfig({ path: file, options: cfgOptions }); // errors name the user's own file
  resolveJob({ name: checked.configName, config: checked.config });
  const meant = dumpPython(loadJobConfig({ path: file, options: [] }).config.python);
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
