import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { Budget } from "#lib/config/language/budget.ts";
import { nearestPosition } from "./value.ts";
import type { ConfigDict, ConfigValue, ResolvedConfig } from "./value.ts";
import {
  PyDict,
  PyLazyObject,
  PyList,
  PyTuple,
  keyText,
  typeName,
  type PyValue,
} from "#lib/config/language/python/values.ts";

/** Python values as plain data, and where each was written. Throws CONFIG_INVALID_VALUE for what is not data (a function, a range). */
export function toPlain(config: PyDict, budget: Budget): ResolvedConfig {
  const positions = new Map<string, SourcePosition>();
  const value = new PlainWriter(positions, budget).dict(config, "");
  return { value, positions };
}

class PlainWriter {
  readonly #positions: Map<string, SourcePosition>;
  readonly #budget: Budget;

  constructor(positions: Map<string, SourcePosition>, budget: Budget) {
    this.#positions = positions;
    this.#budget = budget;
  }

  dict(dict: PyDict, path: string): ConfigDict {
    const plain: Record<string, ConfigValue> = {};
    for (const { key, value, position } of dict.entries()) {
      const name = keyText(key);
      const inner = path === "" ? name : `${path}.${name}`;
      if (position) this.#positions.set(inner, position);
      // Not `plain[name] =`: a key named __proto__ is data like any other.
      Object.defineProperty(plain, name, {
        value: this.#value(value, inner),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return plain;
  }

  #value(value: PyValue, path: string): ConfigValue {
    this.#budget.spend(1);
    if (typeof value === "bigint") return Number(value);
    if (value === null || typeof value !== "object") return value;
    if (value instanceof PyLazyObject) return value.dottedName;
    return this.#budget.nested(() => {
      if (value instanceof PyDict) return this.dict(value, path);
      if (value instanceof PyList || value instanceof PyTuple)
        return value.items.map((item, index) => this.#item(item, `${path}.${index}`));
      throw this.#notData(value, path);
    });
  }

  #item(item: PyValue, path: string): ConfigValue {
    if ((item instanceof PyDict || item instanceof PyList || item instanceof PyTuple) && item.position)
      this.#positions.set(path, item.position);
    return this.#value(item, path);
  }

  #notData(value: PyValue, path: string): PetageError {
    const position = nearestPosition(this.#positions, path);
    const type = typeName(value);
    const hint = type === "function" ? "Call it, or remove it" : `Write list(...) around the ${type}`;
    return new PetageError("CONFIG_INVALID_VALUE", `\`${path}\` is a ${type}, not data`, {
      hint,
      ...(position && { position }),
    });
  }
}
