import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { SourceText } from "./source.ts";

const PREDEFINED = /\{\{\s*(fileDirname|fileBasenameNoExtension|fileBasename|fileExtname)\s*\}\}/g;
const ENVIRONMENT = /\{\{['"]?\s*\$(\w+)\s*:\s*(\S*?)\s*['"]?\}\}/g;

/** `{{ fileDirname }}` and its like, replaced by parts of the file's own absolute path. */
export function substitutePredefined(source: SourceText, absolutePath: string): SourceText {
  const extension = posix.extname(absolutePath);
  const values: Readonly<Record<string, string>> = {
    fileDirname: posix.dirname(absolutePath),
    fileBasename: posix.basename(absolutePath),
    fileBasenameNoExtension: posix.basename(absolutePath, extension),
    fileExtname: extension,
  };
  return source.replace(PREDEFINED, ([whole, name = ""]) => values[name] ?? whole);
}

/** `{{$NAME:default}}`, replaced by the environment's value or the default. Throws CONFIG_EVALUATION when there is neither. */
export function substituteEnvironment(
  source: SourceText,
  env: Readonly<Record<string, string | undefined>>,
): SourceText {
  return source.replace(ENVIRONMENT, ([whole, name = "", fallback = ""], offset) => {
    const value = (Object.hasOwn(env, name) ? env[name] : undefined) ?? fallback;
    if (value !== "") return value;
    throw new PetageError(
      "CONFIG_EVALUATION",
      `The environment variable \`${name}\` is not set or empty, and ${whole} gives no default`,
      {
        position: source.position(offset),
        hint: `Set ${name}, or write {{$${name}:default}}`,
      },
    );
  });
}
