import { readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { CONFIG_LIMITS } from "#lib/config/language/budget.ts";
import type { ConfigFiles } from "#lib/config/language/files.ts";
import { decodeText } from "#lib/data/text.ts";
import type { AllowedFolders } from "./allowed-folders.ts";

/** Longest config file; UTF-8 has up to 4 bytes a character. */
const MAX_FILE_BYTES = 4 * CONFIG_LIMITS.fileLength;

/** Config files on disk. */
export const nodeConfigFiles: ConfigFiles = {
  resolve: (path) => resolve(path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path),
  read(path) {
    const found = statSync(path, { throwIfNoEntry: false }); // a pipe or a device might never end
    if (!found?.isFile()) return undefined;
    if (found.size <= MAX_FILE_BYTES) return decodeText(readFileSync(path), path, "CONFIG_SYNTAX");
    throw new PetageError("CONFIG_LIMIT", `${path} has ${found.size} bytes, and a config at most ${MAX_FILE_BYTES}`);
  },
  list(folder) {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  },
};

/** Config files of a machine as others may use them: in some folders only, and what else lies there is not told. */
export function configFilesWithin(allowed: AllowedFolders): ConfigFiles {
  return {
    resolve: (path) => nodeConfigFiles.resolve(path),
    read: (path) => nodeConfigFiles.read(allowed.reached(path)),
    list: () => undefined,
  };
}

/** Names of variables that a config has no business with: it comes from a user, the environment from an operator. */
const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|KEY|NATS_URL/i;

export type ConfigEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The variables that `{{$NAME:default}}` and `os.environ` of a config see.
 * @param names those that others may see; without them the config is the user's own, which sees all but secrets.
 */
export function configEnvironment(names?: readonly string[]): ConfigEnvironment {
  const isSeen = (name: string): boolean => (names ? names.includes(name) : !SECRET_NAME.test(name));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isSeen(name)));
}
