import { z } from "zod";
import { assert, defined } from "#lib/base/assert.ts";
import type { Random } from "#lib/base/random.ts";

/** A draw that upstream made: the function, its arguments, and what came out. */
export const drawSchema = z.tuple([z.string(), z.array(z.unknown()), z.unknown()]);
type Draw = z.infer<typeof drawSchema>;

/** A single number that a draw stands for. */
interface Answer {
  readonly kind: "next" | "uniform" | "integer" | "normal";
  /** Both ends of the range, or mean and deviation, where they matter. */
  readonly range?: readonly [number, number];
  readonly value: number;
}

const numbers = z.array(z.number());
const pair = z.tuple([z.number(), z.number()]);

/** Answers what upstream drew, in its order. Whoever asks for another kind of number, or from another range, is wrong. */
export interface ScriptedRandom extends Random {
  /** Draws of upstream that nobody has asked for. */
  left(): number;
}

/** @param script names the hash that arrays too long to be listed are made of. */
export function scriptedRandom(draws: readonly Draw[], script: number): ScriptedRandom {
  const answers: Answer[] = [];
  for (const draw of draws) answers.push(...answersOf(draw, script, answers.length));
  let used = 0;
  const take = (kind: Answer["kind"], ...range: number[]): number => {
    const answer = defined(answers[used++], `a scripted ${kind}: upstream draws no more`);
    assert(answer.kind === kind, `asked for ${kind}, but upstream draws ${answer.kind} (draw ${used})`);
    const same = !answer.range || answer.range.every((end, index) => Math.abs(end - (range[index] ?? NaN)) < 1e-6);
    assert(same, `asked for ${kind} of ${range.join(", ")}, but upstream draws of ${answer.range?.join(", ")}`);
    return answer.value;
  };
  return {
    next: () => take("next"),
    uniform: (low, high) => take("uniform", low, high),
    integer: (low, high) => take("integer", low, high),
    normal: (mean = 0, deviation = 1) => take("normal", mean, deviation),
    left: () => answers.length - used,
  };
}

function answersOf([name, args, result]: Draw, script: number, before: number): Answer[] {
  switch (name) {
    case "rand":
    case "random_sample":
    case "python random":
      return [{ kind: "next", value: z.number().parse(result) }];
    case "randint": {
      const [low, end] = pair.parse(args);
      return [{ kind: "integer", range: [low, end - 1], value: z.number().parse(result) }];
    }
    case "choice":
      return choices(args, result);
    case "permutation":
      return swaps(numbers.parse(result));
    case "uniform":
    case "normal":
      return Array.isArray(args[2]) ? noise([name, args, result], script, before) : many(name, args, result);
    default:
      throw new Error(`no answer is known for ${name}`);
  }
}

function many(kind: "uniform" | "normal", args: readonly unknown[], result: unknown): Answer[] {
  const range = pair.parse(args.slice(0, 2));
  return numbers.parse([result].flat()).map((value) => ({ kind, range, value }));
}

/** An index, several, or one with probabilities, which a number within its share of the range from 0 to 1 stands for. */
function choices([count, more]: readonly unknown[], result: unknown): Answer[] {
  if (!Array.isArray(more)) {
    const range = [0, z.number().parse(count) - 1] as const;
    return numbers.parse([result].flat()).map((value) => ({ kind: "integer", range, value }));
  }
  const shares = numbers.parse(more);
  const index = z.number().parse(result);
  const below = shares.slice(0, index).reduce((sum, share) => sum + share, 0);
  return [{ kind: "next", value: below + (shares[index] ?? 0) / 2 }];
}

/** The draws of Fisher and Yates that lead to an order. */
function swaps(order: readonly number[]): Answer[] {
  const current = order.map((_, index) => index);
  return order.slice(1).map((_, step) => {
    const last = order.length - 1 - step;
    const other = current.indexOf(defined(order[last], "an index"));
    [current[last], current[other]] = [defined(current[other], "an index"), defined(current[last], "an index")];
    return { kind: "integer", range: [0, last], value: other };
  });
}

/** An array that is not listed, made as the file's `_about` says. */
function noise([name, args]: Draw, script: number, before: number): Answer[] {
  const length = numbers.parse(args[2]).reduce((product, edge) => product * edge, 1);
  const [first, second] = [args[0], args[1]].map((values) => numbers.parse([values].flat()));
  return Array.from({ length }, (_, index) => {
    const next = (hash(script, before + index) + 1) / 2;
    const [a, b] = [first, second].map((values) => defined(values?.[index % (values?.length ?? 1)], "a parameter"));
    assert(a !== undefined && b !== undefined, "two parameters");
    return name === "uniform"
      ? { kind: "uniform", range: [a, b], value: a + (b - a) * next }
      : { kind: "normal", range: [a, b], value: a + b * 3.4 * (next - 0.5) };
  });
}

/** A number in [-1, 1) by the formula of the file's `_about`. */
function hash(script: number, index: number): number {
  let x = (Math.imul(index, 2654435761) + Math.imul(script, 2246822519) + 1) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 2246822507) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 3266489909) >>> 0;
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
}
