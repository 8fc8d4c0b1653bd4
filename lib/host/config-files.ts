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

/** Names of variables that a config has no business with: it comes from a user, the environment from an operator. */
const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|KEY|NATS_URL/i;

/** The variables that `{{$NAME:default}}` and `os.environ` of a config see: all but those that look like secrets. */
export function configEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET_NAME.test(name)));
}
