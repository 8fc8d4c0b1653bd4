import { asInteger, evaluationError, type Arguments, type PyValue, kindOf } from "./values.ts";

/**
 * The values of a built-in function's parameters, positional or by name; undefined where one is left out.
 * The first `required` must be given. A name that ends in `*` takes all further positional values with `rest`.
 */
export function bind(
  given: Arguments,
  name: string,
  parameters: readonly string[],
  required = parameters.length,
): (PyValue | undefined)[] {
  const { positional, keywords } = given;
  if (positional.length > parameters.length) {
    throw evaluationError(`${name}() takes at most ${parameters.length} arguments, ${positional.length} were given`);
  }
  for (const keyword of keywords.keys()) {
    const index = parameters.indexOf(keyword);
    if (index < 0)
      throw evaluationError(
        `${name}() has no argument \`${keyword}\``,
        parameters.length > 0 ? `It takes ${parameters.join(", ")}` : undefined,
      );
    if (index < positional.length) throw evaluationError(`${name}() got two values for \`${keyword}\``);
  }
  const values = parameters.map(
    (parameter, index) => positional[index] ?? (index < positional.length ? null : keywords.get(parameter)?.value),
  );
  const missing = values.findIndex((value, index) => value === undefined && index < required);
  if (missing >= 0) throw evaluationError(`${name}() needs the argument \`${parameters[missing]}\``);
  return values;
}

export function integerArgument(value: PyValue | undefined, name: string): bigint {
  const integer = value === undefined ? undefined : asInteger(value);
  if (integer === undefined) throw evaluationError(`${name} needs an int, not ${kindOf(value ?? null)}`);
  return integer;
}

export function stringArgument(value: PyValue | undefined, name: string): string {
  if (typeof value !== "string") throw evaluationError(`${name} needs a str, not ${kindOf(value ?? null)}`);
  return value;
}
