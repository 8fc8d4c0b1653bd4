import type { Budget } from "#lib/config/language/budget.ts";
import { binary } from "./operators.ts";
import { iterate } from "./runtime.ts";
import { PyDict, PyList, type PyValue } from "./values.ts";
import { fill } from "./builtins.ts";

/** `list += iterable`, `list *= int` and `dict |= dict` change the object itself. False when the operator makes a new value. */
export function updateInPlace(target: PyValue, operator: string, operand: PyValue, budget: Budget): boolean {
  if (target instanceof PyList && operator === "+") {
    target.items = [...target.items, ...iterate(operand, budget)];
    return true;
  }
  if (target instanceof PyList && operator === "*") {
    const repeated = binary("*", target, operand, budget);
    if (repeated instanceof PyList) target.items = repeated.items;
    return true;
  }
  if (!(target instanceof PyDict) || operator !== "|") return false;
  fill(target, operand, budget);
  return true;
}
