import { Environment } from "@marcbachmann/cel-js";
import { parseQuantity } from "#lib/k8s/quantity.ts";
import { isObject, partsOf } from "./schema.ts";
import type { Problem, Schema, SchemaRule } from "./schema.ts";

/** Kubernetes' own type in CEL. */
class Quantity {
  readonly value: number;
  constructor(text: string) {
    this.value = parseQuantity(text);
  }
}

const cel = new Environment({ unlistedVariablesAreDyn: true })
  .registerType("Quantity", Quantity)
  .registerFunction("isQuantity(string): bool", (text: string) => !Number.isNaN(parseQuantity(text)))
  .registerFunction("quantity(string): Quantity", (text: string) => new Quantity(text))
  .registerFunction("Quantity.compareTo(Quantity): int", (one: Quantity, other: Quantity) =>
    BigInt(Math.sign(one.value - other.value)),
  );

/** The rules that a value breaks, here and further down. Those about changes need what was before, and are left out. */
export function* brokenRules(schema: Schema, value: unknown, path = ""): Generator<Problem> {
  for (const rule of schema["x-kubernetes-validations"] ?? []) {
    if (/\boldSelf\b/.test(rule.rule)) continue;
    const self = celValue(value);
    if (cel.evaluate(rule.rule, { self }) === true) continue;
    yield { path: `${path}${rule.fieldPath ?? ""}`.replace(/^\./, ""), message: messageOf(rule, self) };
  }
  for (const [inner, part, at] of partsOf(schema, value, path)) yield* brokenRules(inner, part, at);
}

function messageOf({ message, messageExpression }: SchemaRule, self: unknown): string {
  return messageExpression === undefined ? message : String(cel.evaluate(messageExpression, { self }));
}

/** CEL tells whole numbers from others. */
function celValue(value: unknown): unknown {
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  if (Array.isArray(value)) return value.map(celValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, celValue(part)]));
}
