import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { Variables } from "#lib/engine/program.ts";
import { scoped } from "#lib/engine/scope.ts";
import { fromPyTorch, toPyTorch } from "#lib/nn/layout.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import type { StateDict, TensorData } from "./checkpoint.ts";
import { fitOptimizer, fitWeights } from "./fit.ts";
import { slotName, WeightStore } from "./weight-store.ts";

/**
 * Weights, running statistics and optimizer slots of one model, and how often its normalisations saw a batch. The
 * variables have no values until they are given some: by the program of a step (`initialise`), or from a checkpoint.
 */
export class ModelState {
  readonly #specs: readonly ParameterSpec[];
  readonly #slotNames: readonly string[];
  readonly #counters = new Map<string, number>();
  readonly store: WeightStore;

  constructor(
    specs: readonly ParameterSpec[],
    { slotNames }: { readonly slotNames: readonly string[] },
    variables: Variables,
  ) {
    this.#specs = specs;
    this.#slotNames = slotNames;
    this.store = new WeightStore(variables, slotNames);
  }

  /** Counts a batch that the normalisations have seen whose statistics move (`num_batches_tracked`). */
  countBatch(): void {
    for (const { kind, trainable, name } of this.#specs) {
      if (kind === "counter" && trainable) this.#counters.set(name, (this.#counters.get(name) ?? 0) + 1);
    }
  }

  exportWeights(): StateDict {
    return new Map(this.#specs.map((spec) => [spec.name, this.#export(spec)]));
  }

  #export(spec: ParameterSpec): TensorData {
    if (spec.kind === "counter") {
      return { dtype: "I64", shape: [], values: BigInt64Array.of(BigInt(this.#counters.get(spec.name) ?? 0)) };
    }
    return scoped(() => {
      const tensor = defined(this.store.weights.get(spec.name), spec.name);
      return { dtype: "F32", shape: spec.shape, values: toPyTorch(tensor, spec) };
    });
  }

  /**
   * Optimizer slots as `<slot>/<parameter>`, in PyTorch's layout. One without slots (SGD without momentum) says so: a
   * checkpoint without anything is one that cannot be resumed.
   */
  exportOptimizer(): StateDict {
    if (this.#slotNames.length === 0) {
      return new Map([["stateless", { dtype: "I64", shape: [], values: BigInt64Array.of(1n) }]]);
    }
    const entries = trainedParameters(this.#specs).flatMap((spec) =>
      scoped(() =>
        this.store
          .slots(spec.name)
          .map((tensor, index): [string, TensorData] => [
            slotName(this.#slotNames[index] ?? "", spec.name),
            { dtype: "F32", shape: spec.shape, values: toPyTorch(tensor, spec) },
          ]),
      ),
    );
    return new Map(entries);
  }

  importOptimizer(state: StateDict, source: string): void {
    for (const { spec, slots } of fitOptimizer(this.#specs, state, { source, slotNames: this.#slotNames })) {
      tf.tidy(() =>
        this.store.setSlots(
          spec.name,
          slots.map((values) => fromPyTorch(values, spec)),
        ),
      );
    }
  }

  /** Takes what fits of some weights, by `fitWeights`; returns one line for each thing that does not. */
  importWeights(state: StateDict, options: { readonly source: string; readonly strict: boolean }): readonly string[] {
    const { taken, problems } = fitWeights(this.#specs, state, options);
    for (const { spec, values } of taken) this.#import(spec, values);
    return problems;
  }

  #import(spec: ParameterSpec, entry: TensorData): void {
    if (spec.kind === "counter") this.#counters.set(spec.name, Number(entry.values[0] ?? 0));
    else if (entry.dtype === "F32") tf.tidy(() => this.store.setWeight(spec.name, fromPyTorch(entry.values, spec)));
  }

  /** SHA-256 over all weights and running statistics: equal on all ranks after a synchronised step. */
  hash(): string {
    const hash = createHash("sha256");
    for (const { kind, name } of this.#specs) {
      if (kind === "counter") continue;
      const values = scoped(() => defined(this.store.weights.get(name), name).dataSync<"float32">());
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    return hash.digest("hex");
  }
}
