import { PetageError } from "#lib/base/errors.ts";
import type { ConfigFiles } from "./files.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { Budget } from "./budget.ts";
import { ConfigReader } from "./read.ts";
import { applyOptions } from "./options.ts";
import { toPlain } from "#lib/config/plain.ts";
import { checkTopLevel } from "./top-level.ts";
import type { PyDict } from "#lib/config/language/python/values.ts";

export interface LoadOptions {
  readonly files: ConfigFiles;
  /** What `{{$NAME:default}}` and os.environ see. Nothing of the process is visible unless it is given here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `--cfg-options`: `model.head.num_classes=10`, applied last. */
  readonly options?: readonly string[];
}

export interface LoadedConfig extends ResolvedConfig {
  /** The same values with Python's types (int and float, list and tuple), for `dumpPython`. */
  readonly python: PyDict;
  /** What the user should know: deprecated files, parts that are ignored. */
  readonly warnings: readonly string[];
  /** Every file read, the main one last; bases before what inherits from them. */
  readonly files: readonly string[];
}

/**
 * Loads a config (`.py`, `.yaml`, `.yml`, `.json`) with its bases and gives the resolved tree. Deterministic; reads
 * through `files` only. Throws the CONFIG_ errors, each with file, line and column.
 */
export function loadConfig(file: string, options: LoadOptions): LoadedConfig {
  try {
    return load(file, options);
  } catch (error) {
    // The budgets come first; this is for what they do not foresee, such as nesting inside the YAML parser.
    if (!(error instanceof RangeError)) throw error;
    throw new PetageError("CONFIG_LIMIT", `The config \`${file}\` nests too deep`, {
      cause: error,
      position: { file, line: 1, column: 1 },
    });
  }
}

function load(file: string, options: LoadOptions): LoadedConfig {
  const budget = new Budget();
  const reader = new ConfigReader(options.files, { budget, env: options.env ?? {} });
  const loaded = reader.load(file);
  checkTopLevel(loaded, reader.warnings);
  const python = applyOptions(loaded, options.options ?? [], budget);
  return { ...toPlain(python, budget), python, warnings: reader.warnings, files: reader.read };
}
