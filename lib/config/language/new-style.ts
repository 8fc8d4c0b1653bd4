import { posix } from "node:path";
import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { Module, Statement } from "#lib/config/language/python/ast.ts";
import { execute } from "#lib/config/language/python/execute.ts";
import { moduleNamed } from "#lib/config/language/python/modules.ts";
import { toConfigDict } from "#lib/config/language/python/runtime.ts";
import { Scope } from "#lib/config/language/python/scope.ts";
import { PyDict, PyFunction, PyLazyObject, PyModule, type Runtime } from "#lib/config/language/python/values.ts";

/** Parses the file at a path that a position refers to. */
type ParseFile = (path: string, position: SourcePosition) => Module;

/** Whether a module is one of mmengine's new-style configs, which inherit by `with read_base():` and name types by import. */
export function isNewStyle({ body }: Module, env: Runtime["env"]): boolean {
  for (const statement of body) {
    if (statement.kind === "assign" && statement.targets[0]?.kind === "name" && statement.targets[0].name === "_base_")
      return false;
    if (statement.kind === "readBase") return true;
    if (statement.kind === "importFrom" && !moduleNamed(statement.module, env)) return true;
    if (statement.kind === "import" && statement.names.some(({ module }) => !moduleNamed(module, env))) return true;
  }
  return false;
}

/** The config of a new-style module: its variables, without what was only imported. */
export function loadNewStyle(module: Module, runtime: Runtime, parse: ParseFile): PyDict {
  const imported = new Set<string>();
  const config = runModule(module, { runtime, parse, imported, chain: [] });
  for (const name of imported) if (config.get(name) instanceof PyLazyObject) config.delete(name);
  return config;
}

interface NewStyle {
  readonly runtime: Runtime;
  readonly parse: ParseFile;
  /** Names bound by imports, here and in bases. */
  readonly imported: Set<string>;
  readonly chain: readonly string[];
}

function runModule(module: Module, context: NewStyle): PyDict {
  const { file } = module.source;
  if (context.chain.includes(file))
    throw new PetageError("CONFIG_MERGE", `The config inherits from itself: ${[...context.chain, file].join(" -> ")}`, {
      position: module.source.position(0),
    });
  const inner = { ...context, chain: [...context.chain, file] };
  const scope = new Scope();
  scope.set("__file__", file);
  for (const statement of module.body) for (const name of importedNames(statement)) context.imported.add(name);
  execute(module, scope, context.runtime, {
    readBase: (statement, target) => statement.imports.forEach((line) => importBase(line, target, module, inner)),
  });
  const config = new PyDict("ConfigDict");
  for (const [name, { value, position }] of scope.own()) {
    const isCode = value instanceof PyModule || value instanceof PyFunction;
    if (!name.startsWith("__") && !isCode) config.set(name, toConfigDict(value, context.runtime.budget), position);
  }
  return config;
}

function importedNames(statement: Statement): string[] {
  if (statement.kind === "importFrom") return statement.names.map(({ as }) => as);
  return statement.kind === "import"
    ? statement.names.map(({ module, as }) => as ?? module.split(".")[0] ?? module)
    : [];
}

/** `from .._base_.models.resnet50 import *` inside `with read_base():`. */
function importBase(line: Statement, scope: Scope, { source }: Module, context: NewStyle): void {
  const position = source.position(line.at);
  if (line.kind === "pass") return;
  if (line.kind !== "importFrom")
    throw new PetageError("CONFIG_SYNTAX", "Only `from ... import ...` can stand in `with read_base()`", { position });
  const base = runModule(context.parse(basePath(line.module, source.file, position), position), context);
  const names = line.names.some(({ name }) => name === "*")
    ? base.names().map((name) => ({ name, as: name }))
    : line.names;
  for (const { name, as } of names) {
    const entry = base.entry(name);
    if (!entry) {
      const hint = didYouMean(name, base.names());
      throw new PetageError("CONFIG_EVALUATION", `The base \`${line.module}\` does not define \`${name}\``, {
        position,
        ...(hint !== undefined && { hint }),
      });
    }
    scope.set(as, entry.value, entry.position);
  }
}

function basePath(module: string, file: string, position: SourcePosition): string {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  if (dots === 0) {
    throw new PetageError(
      "CONFIG_UNSUPPORTED",
      `The base \`${module}\` lies in a Python package, which petage cannot read`,
      { position, hint: "Copy the config beside yours and import it by a relative path" },
    );
  }
  const up = Array.from({ length: dots - 1 }, () => "..");
  return posix.join(posix.dirname(file), ...up, `${module.slice(dots).replaceAll(".", "/")}.py`);
}
