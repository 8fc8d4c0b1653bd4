import type { Tensor } from "@tensorflow/tfjs-core";
import type { Variables } from "#lib/engine/program.ts";
import type { Weights } from "#lib/nn/types.ts";

/** The variables of a step, as its program reads and writes them: weights by name, and what the optimizer keeps of each. */
export class WeightStore {
  readonly #variables: Variables;
  readonly #slotNames: readonly string[];
  /** Parameters and running statistics. */
  readonly weights: Weights = { get: (name) => this.#variables.get(name) };

  constructor(variables: Variables, slotNames: readonly string[]) {
    this.#variables = variables;
    this.#slotNames = slotNames;
  }

  /** What the optimizer keeps of a parameter, in the order of its `slotNames`. */
  slots(name: string): readonly Tensor[] {
    return this.#slotNames.map((slot) => this.#variables.get(slotName(slot, name)));
  }

  setWeight(name: string, tensor: Tensor): void {
    this.#variables.set(name, tensor);
  }

  setSlots(name: string, tensors: readonly Tensor[]): void {
    for (const [index, slot] of this.#slotNames.entries()) {
      const tensor = tensors[index];
      if (tensor) this.#variables.set(slotName(slot, name), tensor);
    }
  }
}

/** As checkpoints call it. */
export function slotName(slot: string, parameter: string): string {
  return `${slot}/${parameter}`;
}
