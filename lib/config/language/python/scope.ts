import type { SourcePosition } from "#lib/base/errors.ts";
import type { PyValue } from "./values.ts";

interface Variable {
  readonly value: PyValue;
  readonly position: SourcePosition | undefined;
}

/** Names and values, inside an outer scope. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #kind: "module" | "function" | "comprehension";
  readonly #variables = new Map<string, Variable>();

  constructor(outer?: Scope, kind: "module" | "function" | "comprehension" = "module") {
    this.#outer = outer;
    this.#kind = kind;
  }

  get isFunction(): boolean {
    return this.#kind === "function";
  }

  get(name: string): PyValue | undefined {
    const own = this.#variables.get(name);
    return own ? own.value : this.#outer?.get(name);
  }

  has(name: string): boolean {
    return this.#variables.has(name) || (this.#outer?.has(name) ?? false);
  }

  set(name: string, value: PyValue, position?: SourcePosition): void {
    this.#variables.set(name, { value, position });
  }

  delete(name: string): boolean {
    return this.#variables.delete(name);
  }

  /** All names that can be seen from here. */
  names(): string[] {
    return [...this.#variables.keys(), ...(this.#outer?.names() ?? [])];
  }

  /** What was set in this very scope, in order. */
  own(): IterableIterator<[string, Variable]> {
    return this.#variables.entries();
  }
}
