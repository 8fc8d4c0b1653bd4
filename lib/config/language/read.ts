import { posix } from "node:path";
import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import { resolveBaseReferences } from "./base-references.ts";
import { parseDataFile } from "./data-file.ts";
import type { ConfigFiles } from "./files.ts";
import { mergeConfigs } from "./merge.ts";
import { nearestNames } from "#lib/config/nearest.ts";
import { isNewStyle, loadNewStyle } from "./new-style.ts";
import type { Module, Statement } from "#lib/config/language/python/ast.ts";
import { evaluateAlone, execute } from "#lib/config/language/python/execute.ts";
import { parseModule } from "#lib/config/language/python/parse.ts";
import { toConfigDict } from "#lib/config/language/python/runtime.ts";
import { Scope } from "#lib/config/language/python/scope.ts";
import {
  PyDict,
  PyFunction,
  PyLazyObject,
  PyList,
  PyModule,
  keyText,
  type PyValue,
  type Runtime,
  kindOf,
} from "#lib/config/language/python/values.ts";
import { SourceText } from "./source.ts";
import { substituteEnvironment, substitutePredefined } from "./substitute.ts";

const BASE_KEY = "_base_";
const DEPRECATION_KEY = "_deprecation_";
const EXTENSIONS = [".py", ".json", ".yaml", ".yml"];

interface BasePath {
  readonly path: string;
  readonly position: SourcePosition | undefined;
}

/** Reads config files and what they inherit from, in mmengine's order. One reader per config. */
export class ConfigReader {
  readonly warnings: string[] = [];
  /** Files read so far, in the order in which they were finished. */
  readonly read: string[] = [];
  readonly #files: ConfigFiles;
  readonly #runtime: Runtime;

  constructor(files: ConfigFiles, runtime: Runtime) {
    this.#files = files;
    this.#runtime = runtime;
  }

  /** The config of a file merged over its bases. */
  load(file: string): PyDict {
    const source = this.#open({ path: file, position: undefined });
    if (!file.endsWith(".py")) return this.#inherit(source, this.#readData(source), []);
    const module = parseModule(source, this.#runtime.budget);
    if (isNewStyle(module, this.#runtime.env)) return this.#newStyle(module);
    return this.#inherit(source, this.#readPython(module), []);
  }

  #newStyle(module: Module): PyDict {
    const parse = (path: string, position: SourcePosition): Module =>
      parseModule(this.#open({ path, position }), this.#runtime.budget);
    const config = loadNewStyle(module, this.#runtime, parse);
    this.read.push(module.source.file);
    return config;
  }

  #loadBase(base: BasePath, chain: readonly string[]): PyDict {
    const source = this.#open(base);
    if (chain.includes(this.#files.resolve(base.path))) {
      throw this.#error(
        "CONFIG_MERGE",
        `The config inherits from itself: ${[...chain.map((path) => posix.basename(path)), posix.basename(base.path)].join(" -> ")}`,
        base.position,
      );
    }
    if (!base.path.endsWith(".py")) return this.#inherit(source, this.#readData(source), chain);
    const module = parseModule(source, this.#runtime.budget);
    if (module.body.some(({ kind }) => kind === "readBase")) {
      throw this.#error(
        "CONFIG_MERGE",
        `\`_base_\` names a new-style config, which only \`with read_base()\` can inherit from`,
        base.position,
      );
    }
    return this.#inherit(source, this.#readPython(module), chain);
  }

  #open({ path, position }: BasePath): SourceText {
    const absolute = this.#files.resolve(path);
    if (!EXTENSIONS.includes(posix.extname(path)))
      throw this.#error(
        "CONFIG_UNSUPPORTED",
        `\`${path}\` is no config: its name does not end with ${EXTENSIONS.join(", ")}`,
        position,
      );
    const text = this.#text(absolute, position);
    if (text === undefined) throw this.#notFound(path, absolute, position);
    this.#runtime.budget.openFile(text.length);
    return substituteEnvironment(substitutePredefined(SourceText.of(path, text), absolute), this.#runtime.env);
  }

  /** What keeps a base from being read is told where it is named. */
  #text(absolute: string, position: SourcePosition | undefined): string | undefined {
    try {
      return this.#files.read(absolute);
    } catch (thrown) {
      const error = PetageError.from(thrown);
      throw error.retold({ position: error.position ?? position });
    }
  }

  /** What a file holds, given its merged bases, and which bases these are. */
  #readPython(module: Module): FileReader {
    const assignment = module.body.find(isBaseAssignment);
    return {
      bases: assignment ? this.#pythonBases(assignment, module) : [],
      read: (base) => {
        const scope = new Scope();
        scope.set(BASE_KEY, base);
        execute(
          { ...module, body: module.body.filter((statement) => !isBaseAssignment(statement)) },
          scope,
          this.#runtime,
        );
        return dictOf(scope);
      },
    };
  }

  #pythonBases(assignment: Extract<Statement, { kind: "assign" }>, module: Module): BasePath[] {
    const { value: expression } = assignment;
    const value = evaluateAlone(expression, new Scope(), module, this.#runtime);
    const items =
      expression.kind === "list" && value instanceof PyList && expression.items.length === value.items.length
        ? expression.items
        : [];
    return basePaths(value, (index) => module.source.position(items[index]?.at ?? expression.at));
  }

  #readData(source: SourceText): FileReader {
    const data = parseDataFile(source, source.file.endsWith(".json") ? "json" : "yaml", this.#runtime.budget);
    const position = data.entry(BASE_KEY)?.position ?? source.position(0);
    const bases = data.has(BASE_KEY) ? basePaths(data.get(BASE_KEY) ?? null, () => position) : [];
    return { bases, read: () => data };
  }

  #inherit(source: SourceText, file: FileReader, chain: readonly string[]): PyDict {
    const here = [...chain, this.#files.resolve(source.file)];
    const base = this.#mergeBases(source, file.bases, here);
    const own = file.read(base);
    this.#takeDeprecation(own, source.file);
    own.delete(BASE_KEY);
    const resolved = resolveBaseReferences(own, base, this.#runtime.budget);
    this.read.push(source.file);
    return mergeConfigs(toConfigDict(resolved, this.#runtime.budget) as PyDict, base, {
      listKeys: false,
      budget: this.#runtime.budget,
    });
  }

  #mergeBases(source: SourceText, bases: readonly BasePath[], chain: readonly string[]): PyDict {
    const merged = new PyDict("ConfigDict");
    for (const { path, position } of bases) {
      const shown = posix.isAbsolute(path) ? path : posix.join(posix.dirname(source.file), path);
      const base = this.#loadBase({ path: shown, position }, chain);
      for (const entry of base.entries()) {
        const first = merged.entry(entry.key)?.position;
        if (merged.has(entry.key)) throw duplicateKey(keyText(entry.key), first, entry.position, position);
        merged.set(entry.key, toConfigDict(entry.value, this.#runtime.budget), entry.position);
      }
    }
    return merged;
  }

  #takeDeprecation(config: PyDict, file: string): void {
    const notice = config.get(DEPRECATION_KEY);
    config.delete(DEPRECATION_KEY);
    if (!(notice instanceof PyDict)) return;
    const expected = notice.has("expected") ? ` Please use ${keyText(notice.get("expected") ?? null)} instead.` : "";
    const reference = notice.has("reference")
      ? ` More information can be found at ${keyText(notice.get("reference") ?? null)}`
      : "";
    this.warnings.push(`The config file ${file} will be deprecated in the future.${expected}${reference}`);
  }

  #notFound(path: string, absolute: string, position: SourcePosition | undefined): PetageError {
    const folder = posix.dirname(absolute);
    const name = posix.basename(absolute);
    const entries = this.#files.list(folder)?.filter((entry) => entry !== name); // It may be a folder.
    const near = nearestNames(name, entries ?? []).map((entry) => `\`${posix.join(posix.dirname(path), entry)}\``);
    const hint =
      near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : entries?.length === 0
          ? `There is no folder ${posix.dirname(path)}, or it is empty`
          : undefined;
    const message = position ? `The base \`${path}\` does not exist` : `The config \`${path}\` does not exist`;
    return new PetageError("CONFIG_NOT_FOUND", message, {
      ...(position && { position }),
      ...(hint !== undefined && { hint }),
    });
  }

  #error(
    code: "CONFIG_MERGE" | "CONFIG_UNSUPPORTED",
    message: string,
    position: SourcePosition | undefined,
  ): PetageError {
    return new PetageError(code, message, { ...(position && { position }) });
  }
}

interface FileReader {
  readonly bases: readonly BasePath[];
  /** The file's own keys; `base` is `_base_` while it is evaluated. */
  read(base: PyDict): PyDict;
}

function isBaseAssignment(statement: Statement): statement is Extract<Statement, { kind: "assign" }> {
  const [target] = statement.kind === "assign" ? statement.targets : [];
  return target?.kind === "name" && target.name === BASE_KEY;
}

function basePaths(value: PyValue, position: (index: number) => SourcePosition): BasePath[] {
  const paths = value instanceof PyList ? value.items : [value];
  return paths.map((path, index) => {
    const at = position(index);
    if (typeof path !== "string")
      throw new PetageError("CONFIG_EVALUATION", `\`_base_\` is a str or a list of str, not ${kindOf(path)}`, {
        position: at,
      });
    if (path.includes("::")) {
      throw new PetageError(
        "CONFIG_UNSUPPORTED",
        `The base \`${path}\` lies in a Python package, which petage cannot read`,
        { position: at, hint: "Copy the config beside yours and name its path" },
      );
    }
    return { path, position: at };
  });
}

/** The variables of a module that are config: no functions, nothing imported, no names that start with two underscores. */
function dictOf(scope: Scope): PyDict {
  const dict = new PyDict();
  for (const [name, { value, position }] of scope.own()) {
    const isImported = value instanceof PyModule || value instanceof PyLazyObject;
    const isCode = isImported || (value instanceof PyFunction && !value.builtIn);
    if (name !== BASE_KEY && !name.startsWith("__") && !isCode) dict.set(name, value, position);
  }
  return dict;
}

function duplicateKey(
  key: string,
  first: SourcePosition | undefined,
  second: SourcePosition | undefined,
  at: SourcePosition | undefined,
): PetageError {
  const places = [first, second].map((place) => (place ? `${place.file}:${place.line}` : "a base")).join(" and ");
  return new PetageError("CONFIG_MERGE", `Two bases both define \`${key}\`: ${places}`, {
    hint: "Bases of one config must not share keys: inherit one from the other, or remove one",
    ...(at && { position: at }),
  });
}
