import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { fromPyTorch, toPyTorch } from "#lib/nn/layout.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import type { ParameterSpec, Weights } from "#lib/nn/types.ts";
import type { StateDict, TensorData } from "./checkpoint.ts";
import { fitOptimizer, fitWeights } from "./fit.ts";
import type { WeightStore } from "./weight-store.ts";

/**
 * Weights, running statistics and optimizer slots of one model, as tensors: the only mutable thing of a step. It is empty
 * until it is given what it keeps: by the program of a step (`initialise`), or from a checkpoint.
 */
export class ModelState implements WeightStore {
  readonly #specs: readonly ParameterSpec[];
  readonly #slotNames: readonly string[];
  readonly #weights = new Map<string, Tensor>();
  /** Slots by parameter, in the order of `#slotNames`. */
  readonly #slots = new Map<string, readonly Tensor[]>();
  readonly #counters = new Map<string, number>();

  constructor(specs: readonly ParameterSpec[], { slotNames }: { readonly slotNames: readonly string[] }) {
    this.#specs = specs;
    this.#slotNames = slotNames;
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
    const before = this.#slots.get(name) ?? [];
    tf.dispose(before.filter((old) => !tensors.includes(old)));
    this.#slots.set(name, tensors.map(tf.keep));
  }

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

  /**
   * Optimizer slots as `<slot>/<parameter>`, in PyTorch's layout. One without slots (SGD without momentum) says so: a
   * checkpoint without anything is one that cannot be resumed.
   */
  exportOptimizer(): StateDict {
    if (this.#slotNames.length === 0) {
      return new Map([["stateless", { dtype: "I64", shape: [], values: BigInt64Array.of(1n) }]]);
    }
    const entries = trainedParameters(this.#specs).flatMap((spec) =>
      this.slots(spec.name).map((tensor, index): [string, TensorData] => [
        `${this.#slotNames[index]}/${spec.name}`,
        { dtype: "F32", shape: spec.shape, values: toPyTorch(tensor, spec) },
      ]),
    );
    return new Map(entries);
  }

  importOptimizer(state: StateDict, source: string): void {
    for (const { spec, slots } of fitOptimizer(this.#specs, state, { source, slotNames: this.#slotNames })) {
      this.setSlots(
        spec.name,
        slots.map((values) => fromPyTorch(values, spec)),
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
    else if (entry.dtype === "F32") this.setWeight(spec.name, fromPyTorch(entry.values, spec));
  }

  /** SHA-256 over all weights and running statistics: equal on all ranks after a synchronised step. */
  hash(): string {
    const hash = createHash("sha256");
    for (const { name } of this.#specs) {
      const values = this.#weights.get(name)?.dataSync<"float32">();
      if (!values) continue; // a counter
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    return hash.digest("hex");
  }

  dispose(): void {
    tf.dispose([...this.#weights.values()]);
    for (const slots of this.#slots.values()) tf.dispose([...slots]);
  }
}
