import { readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ConfigFiles } from "#lib/config/files.ts";

/** Config files on disk. */
export const nodeConfigFiles: ConfigFiles = {
  resolve: (path) => resolve(path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path),
  read(path) {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : undefined;
  },
  list(folder) {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  },
};

/** The variables that `{{$NAME:default}}` and `os.environ` of a config see. */
export function configEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
