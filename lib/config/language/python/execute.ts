import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { Block, Expression, Module, Statement } from "./ast.ts";
import { assign, remove } from "./assign.ts";
import { Evaluator } from "./evaluate.ts";
import { moduleNamed } from "./modules.ts";
import { binary } from "./operators.ts";
import { iterate } from "./runtime.ts";
import type { Scope } from "./scope.ts";
import { str } from "./repr.ts";
import { updateInPlace } from "./update.ts";
import { PyLazyObject, evaluationError, truthy, unsupported, type PyValue, type Runtime } from "./values.ts";

/** How a statement ended. */
type Outcome = { readonly kind: "next" | "break" | "continue" } | { readonly kind: "return"; readonly value: PyValue };

type SimpleStatement = Exclude<Statement, { kind: "return" | "if" | "while" | "for" }>;

const NEXT: Outcome = { kind: "next" };

export interface ExecuteOptions {
  /** Called for `with read_base():`. */
  readonly readBase?: (statement: Extract<Statement, { kind: "readBase" }>, scope: Scope) => void;
}

/** Runs a module; its variables are left in `scope`. */
export function execute(module: Module, scope: Scope, runtime: Runtime, options: ExecuteOptions = {}): void {
  const outcome = new Executor(new Evaluator(module.source, runtime), options).block(module.body, scope);
  if (outcome.kind !== "next")
    throw new PetageError(
      "CONFIG_SYNTAX",
      `\`${outcome.kind}\` stands outside a ${outcome.kind === "return" ? "function" : "loop"}`,
      { position: module.source.position(0) },
    );
}

/** Evaluates an expression on its own, with the built-in names only. */
export function evaluateAlone(expression: Expression, scope: Scope, { source }: Module, runtime: Runtime): PyValue {
  return new Evaluator(source, runtime).evaluate(expression, scope);
}

class Executor {
  readonly #evaluator: Evaluator;
  readonly #options: ExecuteOptions;

  constructor(evaluator: Evaluator, options: ExecuteOptions) {
    this.#evaluator = evaluator;
    this.#options = options;
  }

  block(statements: Block, scope: Scope): Outcome {
    for (const statement of statements) {
      const outcome = this.#evaluator.positioned(statement.at, () => this.#run(statement, scope));
      if (outcome.kind !== "next") return outcome;
    }
    return NEXT;
  }

  #run(statement: Statement, scope: Scope): Outcome {
    const { budget } = this.#evaluator.runtime;
    budget.spend(1);
    switch (statement.kind) {
      case "break":
      case "continue":
        return { kind: statement.kind };
      case "return":
        return { kind: "return", value: this.#evaluator.evaluate(statement.value, scope) };
      case "if":
        return this.#if(statement, scope);
      case "while":
        return this.#while(statement, scope);
      case "for":
        return this.#for(statement, scope);
      default:
        this.#simple(statement, scope);
        return NEXT;
    }
  }

  #simple(statement: SimpleStatement, scope: Scope): void {
    const evaluator = this.#evaluator;
    switch (statement.kind) {
      case "expression":
        evaluator.evaluate(statement.value, scope);
        return;
      case "assign": {
        const value = evaluator.evaluate(statement.value, scope);
        for (const target of statement.targets) assign(target, value, scope, evaluator);
        return;
      }
      case "update":
        return this.#update(statement, scope);
      case "delete":
        return statement.targets.forEach((target) => remove(target, scope, evaluator));
      case "pass":
      case "break":
      case "continue":
        return;
      case "assert":
        return this.#assert(statement, scope);
      case "function": {
        const { name, parameters, body } = statement;
        return scope.set(
          name,
          evaluator.makeFunction(name, parameters, scope, (inner) => this.#callBody(body, inner)),
        );
      }
      case "import":
        return statement.names.forEach(({ module, as }) => this.#import(module, as, scope));
      case "importFrom":
        return this.#importFrom(statement, scope);
      case "readBase":
        if (!this.#options.readBase) throw unsupported("`with read_base()` in a config that is not new-style");
        return this.#options.readBase(statement, scope);
      case "unsupported":
        throw unsupported(statement.what);
    }
  }

  #callBody(body: Block, scope: Scope): PyValue {
    const outcome = this.block(body, scope);
    return outcome.kind === "return" ? outcome.value : null;
  }

  #if({ branches }: Extract<Statement, { kind: "if" }>, scope: Scope): Outcome {
    const taken = branches.find(({ test }) => !test || truthy(this.#evaluator.evaluate(test, scope)));
    return taken ? this.block(taken.body, scope) : NEXT;
  }

  #while({ test, body, otherwise }: Extract<Statement, { kind: "while" }>, scope: Scope): Outcome {
    while (truthy(this.#evaluator.evaluate(test, scope))) {
      const outcome = this.block(body, scope);
      if (outcome.kind === "return") return outcome;
      if (outcome.kind === "break") return NEXT;
    }
    return this.block(otherwise, scope);
  }

  #for({ target, iterable, body, otherwise }: Extract<Statement, { kind: "for" }>, scope: Scope): Outcome {
    for (const item of iterate(this.#evaluator.evaluate(iterable, scope), this.#evaluator.runtime.budget)) {
      assign(target, item, scope, this.#evaluator);
      const outcome = this.block(body, scope);
      if (outcome.kind === "return") return outcome;
      if (outcome.kind === "break") return NEXT;
    }
    return this.block(otherwise, scope);
  }

  #update({ target, operator, value }: Extract<Statement, { kind: "update" }>, scope: Scope): void {
    const old = this.#evaluator.evaluate(target, scope);
    const operand = this.#evaluator.evaluate(value, scope);
    const { budget } = this.#evaluator.runtime;
    if (!updateInPlace(old, operator, operand, budget))
      assign(target, binary(operator, old, operand, budget), scope, this.#evaluator);
  }

  #assert({ test, message }: Extract<Statement, { kind: "assert" }>, scope: Scope): void {
    if (truthy(this.#evaluator.evaluate(test, scope))) return;
    const text = message
      ? str(this.#evaluator.evaluate(message, scope), this.#evaluator.runtime.budget)
      : "the condition is false";
    throw evaluationError(`An assertion of the config failed: ${text}`);
  }

  #import(module: string, as: string | undefined, scope: Scope): void {
    const known = moduleNamed(module, this.#evaluator.runtime.env);
    const [top = module] = module.split(".");
    if (known && (as !== undefined || top === module)) return scope.set(as ?? module, known);
    if (known) return scope.set(top, moduleNamed(top, this.#evaluator.runtime.env) ?? known);
    scope.set(as ?? top, new PyLazyObject(as === undefined ? top : module));
  }

  #importFrom({ module, names }: Extract<Statement, { kind: "importFrom" }>, scope: Scope): void {
    if (module === "mmengine.config") return; // `read_base` itself.
    const known = moduleNamed(module, this.#evaluator.runtime.env);
    for (const { name, as } of names) {
      if (name === "*") throw unsupported("`from ... import *` outside `with read_base()`", "Name what is imported");
      const member = known?.members.get(name);
      if (member !== undefined) scope.set(as, member);
      else if (known)
        throw evaluationError(
          `\`${module}\` has no \`${name}\` that a config may use`,
          didYouMean(name, known.members.keys()),
        );
      else scope.set(as, new PyLazyObject(`${module}.${name}`));
    }
  }
}
