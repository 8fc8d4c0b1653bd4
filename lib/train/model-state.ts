import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "../base/assert.ts";
import { PetageError } from "../base/errors.ts";
import { initialValues } from "../nn/init.ts";
import { fromPyTorch, tensorShape, toPyTorch } from "../nn/layout.ts";
import { trainedParameters } from "../nn/parameters.ts";
import type { ParameterSpec, Weights } from "../nn/types.ts";
import type { StateDict, TensorData } from "./checkpoint.ts";

/** How many missing or unexpected names a message lists before it counts the rest. */
const LISTED_NAMES = 5;

/** Weights, running statistics and optimizer slots of one model: the only mutable thing of a training step. */
export class ModelState {
  readonly #specs: readonly ParameterSpec[];
  readonly #slotNames: readonly string[];
  readonly #weights = new Map<string, Tensor>();
  /** Slots by parameter, in the order of `#slotNames`. */
  readonly #slots = new Map<string, readonly Tensor[]>();
  readonly #counters = new Map<string, number>();

  /** Starts from the initial values of `seed`; from zeros for `null`, where weights are imported anyway. */
  constructor(
    specs: readonly ParameterSpec[],
    { seed, slotNames }: { readonly seed: number | null; readonly slotNames: readonly string[] },
  ) {
    this.#specs = specs;
    this.#slotNames = slotNames;
    specs.forEach((spec, index) => {
      if (spec.kind === "counter") this.#counters.set(spec.name, 0);
      else if (seed === null) this.#weights.set(spec.name, tf.zeros(tensorShape(spec)));
      else this.#weights.set(spec.name, fromPyTorch(initialValues(spec, seed, index), spec));
    });
    for (const spec of trainedParameters(specs)) {
      const zeros = slotNames.map(() => tf.zeros(tensorShape(spec)));
      this.#slots.set(spec.name, zeros);
    }
  }

  get weights(): Weights {
    return this.#weights;
  }

  slots(name: string): readonly Tensor[] {
    return defined(this.#slots.get(name), `optimizer slots of ${name}`);
  }

  setWeight(name: string, tensor: Tensor): void {
    const old = this.#weights.get(name);
    if (old !== tensor) old?.dispose();
    this.#weights.set(name, tf.keep(tensor));
  }

  setSlots(name: string, tensors: readonly Tensor[]): void {
    tf.dispose(this.slots(name).filter((old) => !tensors.includes(old)));
    this.#slots.set(name, tensors.map(tf.keep));
  }

  /** Counts a batch that a normalisation layer saw (`num_batches_tracked`). */
  countBatch(layer: string): void {
    const name = `${layer}.num_batches_tracked`;
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + 1);
  }

  exportWeights(): StateDict {
    return new Map(this.#specs.map((spec) => [spec.name, this.#export(spec)]));
  }

  #export(spec: ParameterSpec): TensorData {
    if (spec.kind === "counter") {
      return { dtype: "I64", shape: [], values: BigInt64Array.of(BigInt(this.#counters.get(spec.name) ?? 0)) };
    }
    const tensor = defined(this.#weights.get(spec.name), spec.name);
    return { dtype: "F32", shape: spec.shape, values: toPyTorch(tensor, spec) };
  }

  /** Optimizer slots as `<slot>/<parameter>`, in PyTorch's layout. */
  exportOptimizer(): StateDict {
    const entries = trainedParameters(this.#specs).flatMap((spec) =>
      this.slots(spec.name).map((tensor, index): [string, TensorData] => [
        `${this.#slotNames[index]}/${spec.name}`,
        { dtype: "F32", shape: spec.shape, values: toPyTorch(tensor, spec) },
      ]),
    );
    return new Map(entries);
  }

  importOptimizer(state: StateDict, source: string): void {
    for (const spec of trainedParameters(this.#specs)) {
      const tensors = this.#slotNames.map((slot) => {
        const entry = state.get(`${slot}/${spec.name}`);
        if (entry?.dtype === "F32") return fromPyTorch(entry.values, spec);
        throw new PetageError("CHECKPOINT_MISMATCH", `${source} has no optimizer state ${slot} of ${spec.name}`, {
          hint: "Resume with the optimizer of the checkpoint's config, or start anew with load_from",
        });
      });
      this.setSlots(spec.name, tensors);
    }
  }

  /**
   * Takes weights by name. `strict`: every name must be there with its shape, else CHECKPOINT_MISMATCH. Otherwise what
   * fits is taken, and what does not is told in the returned lines (mmengine's non-strict load). Where nothing fits, that
   * is CHECKPOINT_MISMATCH: the model would start from random weights.
   */
  importWeights(state: StateDict, { source, strict }: { readonly source: string; readonly strict: boolean }): string[] {
    const missing = this.#specs.filter((spec) => !state.has(spec.name) && spec.kind !== "counter");
    const misfits = this.#specs.filter((spec) => state.has(spec.name) && !sameShape(state.get(spec.name), spec));
    const known = new Set(this.#specs.map((spec) => spec.name));
    const unexpected = [...state.keys()].filter((name) => !known.has(name));
    const problems = [
      ...summary(
        "missing in it",
        missing.map((spec) => spec.name),
      ),
      ...summary("unexpected in it", unexpected),
      ...misfits.map(
        ({ name, shape }) =>
          `size mismatch for ${name}: [${state.get(name)?.shape.join(", ")}] there, [${shape.join(", ")}] in the model`,
      ),
    ];
    if (strict && missing.length + misfits.length + unexpected.length > 0) {
      throw new PetageError(
        "CHECKPOINT_MISMATCH",
        `${source} is of another model: ${problems.slice(0, 3).join("; ")}`,
        {
          hint: "Use the config that the checkpoint was trained with",
        },
      );
    }
    if (!this.#specs.some((spec) => spec.kind !== "counter" && state.has(spec.name) && !misfits.includes(spec))) {
      throw nothingFits(state, source, problems);
    }
    for (const spec of this.#specs) {
      const entry = state.get(spec.name);
      if (entry && !misfits.includes(spec)) this.#import(spec, entry);
    }
    return problems;
  }

  #import(spec: ParameterSpec, entry: TensorData): void {
    if (spec.kind === "counter") this.#counters.set(spec.name, Number(entry.values[0] ?? 0));
    else if (entry.dtype === "F32") this.setWeight(spec.name, fromPyTorch(entry.values, spec));
  }

  /** SHA-256 over all weights and running statistics: equal on all ranks after a synchronised step. */
  hash(): string {
    const hash = createHash("sha256");
    for (const tensor of this.#weights.values()) {
      const values = tensor.dataSync<"float32">();
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    return hash.digest("hex");
  }

  dispose(): void {
    tf.dispose([...this.#weights.values()]);
    for (const slots of this.#slots.values()) tf.dispose([...slots]);
  }
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
