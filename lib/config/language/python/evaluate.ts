import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { SourceText } from "#lib/config/language/source.ts";
import type { Argument, Clause, Comprehension, DictItem, Expression, FormatPart, Parameter } from "./ast.ts";
import { LEFT_OUT, builtIns, fill } from "./builtins.ts";
import { convert, format } from "./format.ts";
import { methodNames, methodOf } from "./methods.ts";
import { binary, compare, unary } from "./operators.ts";
import { invoke, iterate } from "./runtime.ts";
import { Scope } from "./scope.ts";
import { assign } from "./assign.ts";
import { Slice, getItem } from "./subscript.ts";
import {
  PyBaseReference,
  PyDict,
  PyFunction,
  PyLazyObject,
  PyList,
  PyModule,
  PyTuple,
  PyView,
  evaluationError,
  misusedReference,
  truthy,
  typeName,
  unsupported,
  type Keyword,
  type PyValue,
  type Runtime,
  kindOf,
} from "./values.ts";

/** Evaluates expressions of one file. Every error leaves with the position of the innermost expression at fault. */
export class Evaluator {
  readonly runtime: Runtime;
  readonly source: SourceText;

  constructor(source: SourceText, runtime: Runtime) {
    this.source = source;
    this.runtime = runtime;
  }

  evaluate(node: Expression, scope: Scope): PyValue {
    return this.positioned(node.at, () => {
      this.runtime.budget.spend(1);
      return this.runtime.budget.nested(() => this.#evaluate(node, scope));
    });
  }

  /** Runs `work`; an error of it that has no position yet gets that of `at`. */
  positioned<T>(at: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof PetageError) || error.position) throw error;
      throw new PetageError(error.code, error.message, {
        position: this.source.position(at),
        ...(error.hint !== undefined && { hint: error.hint }),
      });
    }
  }

  #evaluate(node: Expression, scope: Scope): PyValue {
    switch (node.kind) {
      case "constant":
        return node.value;
      case "name":
        return this.#name(node.name, scope);
      case "baseReference":
        return new PyBaseReference(node.path, this.source.position(node.at));
      case "list":
        return new PyList(this.#items(node.items, scope), this.source.position(node.at));
      case "tuple":
        return new PyTuple(this.#items(node.items, scope), this.source.position(node.at));
      case "dict":
        return this.#dict(node.entries, node.at, scope);
      case "comprehension":
        return this.#comprehension(node, scope);
      case "format":
        return this.#format(node.parts, scope);
      case "call":
        return this.#call(node, scope);
      case "attribute":
        return this.attribute(this.evaluate(node.object, scope), node.name);
      case "subscript":
        return getItem(this.evaluate(node.object, scope), this.index(node.index, scope), this.runtime.budget);
      case "lambda":
        return this.makeFunction("<lambda>", node.parameters, scope, (inner) => this.evaluate(node.body, inner));
      case "walrus": {
        const value = this.evaluate(node.value, scope);
        scope.set(node.name, value, this.source.position(node.at));
        return value;
      }
      case "starred":
        throw new PetageError("CONFIG_SYNTAX", "`*` can only stand in a list, a tuple or a call");
      case "slice":
        throw new PetageError("CONFIG_SYNTAX", "A slice can only stand in square brackets after a value");
      default:
        return this.#operation(node, scope);
    }
  }

  #operation(
    node: Extract<Expression, { kind: "unary" | "binary" | "logical" | "compare" | "conditional" }>,
    scope: Scope,
  ): PyValue {
    switch (node.kind) {
      case "unary": {
        const operand = this.evaluate(node.operand, scope);
        return node.operator === "not" ? !truthy(operand) : unary(node.operator, operand);
      }
      case "binary":
        return binary(
          node.operator,
          this.evaluate(node.left, scope),
          this.evaluate(node.right, scope),
          this.runtime.budget,
        );
      case "logical": {
        const left = this.evaluate(node.left, scope);
        return truthy(left) === (node.operator === "or") ? left : this.evaluate(node.right, scope);
      }
      case "compare": {
        let left = this.evaluate(node.first, scope);
        for (const { operator, right } of node.rest) {
          const value = this.evaluate(right, scope);
          if (!compare(operator, left, value, this.runtime.budget)) return false;
          left = value;
        }
        return true;
      }
      case "conditional":
        return this.evaluate(truthy(this.evaluate(node.test, scope)) ? node.whenTrue : node.whenFalse, scope);
    }
  }

  /** The index of a subscript; a slice becomes a tuple of its bounds, marked by its type. */
  index(node: Expression, scope: Scope): PyValue | Slice {
    if (node.kind !== "slice") return this.evaluate(node, scope);
    return new Slice(node.bounds.map((bound) => (bound ? this.evaluate(bound, scope) : null)));
  }

  #name(name: string, scope: Scope): PyValue {
    const value = scope.get(name) ?? builtIns.get(name);
    if (value !== undefined || scope.has(name)) return value ?? null;
    if (name === "__name__") return "builtins";
    if (LEFT_OUT.has(name)) throw unsupported(`\`${name}\``);
    throw evaluationError(`The name \`${name}\` is not defined`, nameHint(name, scope));
  }

  attribute(object: PyValue, name: string): PyValue {
    if (name.startsWith("__")) throw unsupported(`The attribute \`${name}\``);
    if (object instanceof PyBaseReference) throw misusedReference(object);
    const method = methodOf(object, name);
    if (method) return new PyFunction(name, method);
    if (object instanceof PyLazyObject) return new PyLazyObject(`${object.dottedName}.${name}`);
    const member =
      object instanceof PyModule
        ? object.members.get(name)
        : object instanceof PyDict && object.kind === "ConfigDict"
          ? object.get(name)
          : undefined;
    if (member !== undefined) return member;
    throw missingAttribute(object, name);
  }

  #items(nodes: readonly Expression[], scope: Scope): PyValue[] {
    return nodes.flatMap((item) => {
      if (item.kind !== "starred") return [this.evaluate(item, scope)];
      const value = this.evaluate(item.value, scope);
      return this.positioned(item.at, () => [...iterate(value, this.runtime.budget)]);
    });
  }

  #dict(entries: readonly DictItem[], at: number, scope: Scope): PyDict {
    const dict = new PyDict("dict", this.source.position(at));
    for (const { key, value } of entries) {
      if (key) dict.set(this.evaluate(key, scope), this.evaluate(value, scope), this.source.position(key.at));
      else fill(dict, this.#mapping(this.evaluate(value, scope)), this.runtime.budget);
    }
    return dict;
  }

  #mapping(value: PyValue): PyDict {
    if (value instanceof PyDict) return value;
    throw evaluationError(`\`**\` needs a dict, not ${kindOf(value)}`);
  }

  #comprehension(node: Comprehension, outer: Scope): PyValue {
    const scope = new Scope(outer, "comprehension");
    const items: PyValue[] = [];
    const dict = new PyDict("dict", this.source.position(node.at));
    this.#clauses(node.clauses, scope, () => {
      this.runtime.budget.spend(1);
      if (node.key)
        dict.set(this.evaluate(node.key, scope), this.evaluate(node.element, scope), this.source.position(node.key.at));
      else items.push(...this.#items([node.element], scope));
    });
    if (node.makes === "dict") return dict;
    return node.makes === "list" ? new PyList(items, this.source.position(node.at)) : new PyView("generator", items);
  }

  #clauses([clause, ...rest]: readonly Clause[], scope: Scope, visit: () => void): void {
    if (!clause) return visit();
    if (clause.kind === "if") {
      if (truthy(this.evaluate(clause.test, scope))) this.#clauses(rest, scope, visit);
      return;
    }
    const iterable = this.evaluate(clause.iterable, scope);
    const items = this.positioned(clause.iterable.at, () => [...iterate(iterable, this.runtime.budget)]);
    for (const item of items) {
      assign(clause.target, item, scope, this);
      this.#clauses(rest, scope, visit);
    }
  }

  #format(parts: readonly FormatPart[], scope: Scope): string {
    const { budget } = this.runtime;
    const text = parts.map((part) => {
      if (typeof part === "string") return part;
      const value = convert(this.evaluate(part.value, scope), part.conversion, budget);
      if (value instanceof PyBaseReference) throw misusedReference(value);
      return part.label + format(value, this.#format(part.spec, scope), budget);
    });
    budget.string(text.reduce((sum, part) => sum + part.length, 0));
    return text.join("");
  }

  #call(node: Extract<Expression, { kind: "call" }>, scope: Scope): PyValue {
    const callee = this.evaluate(node.callee, scope);
    const positional = node.args.flatMap((argument) => this.#positional(argument, scope));
    const keywords = new Map<string, Keyword>();
    for (const argument of node.args) this.#addKeywords(argument, keywords, scope);
    return invoke(callee, { positional, keywords, position: this.source.position(node.at) }, this.runtime);
  }

  #positional({ spread, name, value }: Argument, scope: Scope): PyValue[] {
    if (spread === "**" || name !== undefined) return [];
    const result = this.evaluate(value, scope);
    return spread === "*" ? [...iterate(result, this.runtime.budget)] : [result];
  }

  #addKeywords({ at, spread, name, value }: Argument, keywords: Map<string, Keyword>, scope: Scope): void {
    if (name !== undefined) {
      if (keywords.has(name)) throw evaluationError(`The call has two values for \`${name}\``);
      keywords.set(name, { value: this.evaluate(value, scope), position: this.source.position(at) });
    } else if (spread === "**") {
      for (const entry of this.#mapping(this.evaluate(value, scope)).entries()) {
        if (typeof entry.key !== "string")
          throw evaluationError(`\`**\` needs keys that are str, not ${typeName(entry.key)}`);
        if (keywords.has(entry.key)) throw evaluationError(`The call has two values for \`${entry.key}\``);
        keywords.set(entry.key, { value: entry.value, position: entry.position });
      }
    }
  }

  /** A function of the config: its parameters bound in a new scope inside the one where it was written. */
  makeFunction(
    name: string,
    parameters: readonly Parameter[],
    outer: Scope,
    body: (scope: Scope) => PyValue,
  ): PyFunction {
    const fallbacks = new Map(
      parameters.flatMap(({ name: parameter, fallback }) =>
        fallback ? [[parameter, this.evaluate(fallback, outer)]] : [],
      ),
    );
    const call: PyFunction["call"] = ({ positional, keywords }) => {
      const scope = new Scope(outer, "function");
      const rest = [...positional];
      const named = new Map(keywords);
      for (const parameter of parameters) {
        scope.set(
          parameter.name,
          takeArgument(parameter, rest, named) ??
            fallbacks.get(parameter.name) ??
            missingArgument(name, parameter, fallbacks),
        );
      }
      if (rest.length > 0)
        throw evaluationError(`${name}() takes ${parameters.length} arguments, ${positional.length} were given`);
      for (const keyword of named.keys())
        throw evaluationError(
          `${name}() has no argument \`${keyword}\``,
          didYouMean(
            keyword,
            parameters.map((parameter) => parameter.name),
          ),
        );
      return body(scope);
    };
    return new PyFunction(name, call, false);
  }
}

function takeArgument(parameter: Parameter, rest: PyValue[], named: Map<string, Keyword>): PyValue | undefined {
  if (parameter.spread === "*") return new PyTuple(rest.splice(0));
  if (parameter.spread === "**") {
    const dict = new PyDict();
    for (const [name, { value, position }] of named) dict.set(name, value, position);
    named.clear();
    return dict;
  }
  const keyword = named.get(parameter.name);
  if (parameter.keywordOnly || rest.length === 0) {
    named.delete(parameter.name);
    return keyword?.value;
  }
  if (keyword) throw evaluationError(`The call has two values for \`${parameter.name}\``);
  return rest.shift();
}

/** A default of None is a value; `fallbacks` tells it from no default. */
function missingArgument(name: string, parameter: Parameter, fallbacks: ReadonlyMap<string, PyValue>): PyValue {
  if (fallbacks.has(parameter.name)) return null;
  throw evaluationError(`${name}() needs the argument \`${parameter.name}\``);
}

const NAMES_OF_OTHER_LANGUAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    true: "True",
    false: "False",
    null: "None",
    none: "None",
    undefined: "None",
    nan: "float('nan')",
    inf: "float('inf')",
  }),
);

function nameHint(name: string, scope: Scope): string | undefined {
  const python = NAMES_OF_OTHER_LANGUAGES.get(name);
  if (python !== undefined) return `Write ${python}`;
  const base = scope.get("_base_");
  if (base instanceof PyDict && base.has(name)) return `A base defines it: write _base_.${name}`;
  return didYouMean(name, [...scope.names(), ...builtIns.keys()]);
}

function missingAttribute(object: PyValue, name: string): PetageError {
  const type = typeName(object);
  if (object instanceof PyDict && object.kind === "dict" && object.has(name)) {
    return evaluationError(
      `A dict has no attribute \`${name}\``,
      `Write ["${name}"]; only what comes from _base_ can be read as attributes`,
    );
  }
  if (object instanceof PyModule)
    return unsupported(`\`${object.name}.${name}\``, didYouMean(name, object.members.keys()));
  const known = object instanceof PyDict ? [...object.names(), ...methodNames(object)] : methodNames(object);
  return evaluationError(`A ${type} has no attribute \`${name}\``, didYouMean(name, known));
}
