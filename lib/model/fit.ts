import { PetageError } from "#lib/base/errors.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import type { StateDict, TensorData } from "./checkpoint.ts";

/** How many missing or unexpected names a message lists before it counts the rest. */
const LISTED_NAMES = 5;

export interface Fit {
  /** What the model takes, and the values that it takes. */
  readonly taken: readonly { readonly spec: ParameterSpec; readonly values: TensorData }[];
  /** One line for each thing that does not fit. */
  readonly problems: readonly string[];
}

/**
 * Which of some weights a model takes, by name. `strict`: every name must be there with its shape, else
 * CHECKPOINT_MISMATCH. Otherwise what fits is taken (mmengine's non-strict load). Where nothing fits, that is
 * CHECKPOINT_MISMATCH: the model would start from random weights.
 * @param source names the weights in messages.
 */
export function fitWeights(
  specs: readonly ParameterSpec[],
  state: StateDict,
  { source, strict }: { readonly source: string; readonly strict: boolean },
): Fit {
  const missing = specs.filter((spec) => !state.has(spec.name) && spec.kind !== "counter");
  const misfits = specs.filter((spec) => state.has(spec.name) && !sameShape(state.get(spec.name), spec));
  const known = new Set(specs.map((spec) => spec.name));
  const unexpected = [...state.keys()].filter((name) => !known.has(name));
  const missingNames = missing.map((spec) => spec.name);
  const problems = [
    ...summary("missing in it", missingNames),
    ...summary("unexpected in it", unexpected),
    ...misfits.map(
      ({ name, shape }) =>
        `size mismatch for ${name}: [${state.get(name)?.shape.join(", ")}] there, [${shape.join(", ")}] in the model`,
    ),
  ];
  if (strict && problems.length > 0) {
    const message = `${source} is of another model: ${problems.slice(0, 3).join("; ")}`;
    throw new PetageError("CHECKPOINT_MISMATCH", message, {
      hint: "Use the config that the checkpoint was trained with",
    });
  }
  const taken = specs.flatMap((spec) => {
    const values = state.get(spec.name);
    return values && !misfits.includes(spec) ? [{ spec, values }] : [];
  });
  if (!taken.some(({ spec }) => spec.kind !== "counter")) throw nothingFits(state, source, problems);
  return { taken, problems };
}

/**
 * The optimizer's state of each trained parameter, its slots in their order.
 * @throws CHECKPOINT_MISMATCH naming the first that is not there with its shape
 */
export function fitOptimizer(
  specs: readonly ParameterSpec[],
  state: StateDict,
  { source, slotNames }: { readonly source: string; readonly slotNames: readonly string[] },
): readonly { readonly spec: ParameterSpec; readonly slots: readonly Float32Array[] }[] {
  return trainedParameters(specs).map((spec) => {
    const slots = slotNames.map((slot) => {
      const entry = state.get(`${slot}/${spec.name}`);
      if (entry?.dtype === "F32" && sameShape(entry, spec)) return entry.values;
      throw new PetageError("CHECKPOINT_MISMATCH", `${source} has no optimizer state ${slot} of ${spec.name}`, {
        hint: "Resume with the optimizer of the checkpoint's config, or start anew with load_from",
      });
    });
    return { spec, slots };
  });
}

/** Has no hint where the names are others: whoever read the file knows how they were written. */
function nothingFits(state: StateDict, source: string, problems: readonly string[]): PetageError {
  const sizes = problems.filter((line) => line.startsWith("size mismatch"));
  const why = sizes.length > 0 ? `: ${sizes.slice(0, 2).join("; ")}` : "";
  const message = `None of the ${state.size} tensors of ${source} fits the model${why}`;
  return new PetageError("CHECKPOINT_MISMATCH", message, {
    ...(why && { hint: "Use the config that the weights were trained with" }),
  });
}

function sameShape(entry: TensorData | undefined, { shape, kind }: ParameterSpec): boolean {
  if (kind === "counter") return entry?.values.length === 1;
  return entry?.dtype === "F32" && JSON.stringify(entry.shape) === JSON.stringify(shape);
}

function summary(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED_NAMES ? ` and ${names.length - LISTED_NAMES} more` : "";
  return [`${what}: ${names.slice(0, LISTED_NAMES).join(", ")}${more}`];
}
