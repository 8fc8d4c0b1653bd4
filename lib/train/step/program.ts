import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { WeightStore } from "#lib/model/weight-store.ts";
import { classify, frozenLayerCount, runLayers, startOf } from "#lib/nn/classifier.ts";
import type { Targets } from "#lib/nn/losses/types.ts";
import { initialValues } from "#lib/nn/init.ts";
import { fromPyTorch, tensorShape } from "#lib/nn/layout.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import type { BatchStatistics, Classifier, ParameterSpec, RunLayer, Weights } from "#lib/nn/types.ts";
import { targetsOfViews } from "#lib/nn/views.ts";
import { clipGradients } from "#lib/optim/clip.ts";
import type { ClipGrad } from "#lib/optim/clip.ts";
import type { Optimizer, OptimizerScalars } from "#lib/optim/types.ts";

// A step as a program over a weight store. Nothing here reads a value, frees memory or asks what computes: a runner
// does, so that the same program runs eagerly (eager.ts) or is traced into a graph.

/** PyTorch's default momentum of BatchNorm2d: running = 0.9 running + 0.1 batch. */
const STATISTICS_MOMENTUM = 0.1;

/**
 * The first value of each parameter and running statistic, by its spec and the seed alone, so that all ranks begin with
 * the same bits; zeros in the optimizer's slots. One value after the other, so that one at a time is in memory twice.
 */
export function initialise(
  store: WeightStore,
  parameters: readonly ParameterSpec[],
  { seed, slotNames }: { readonly seed: number; readonly slotNames: readonly string[] },
): void {
  for (const [index, spec] of parameters.entries()) {
    if (spec.kind === "counter") continue; // the store counts from zero
    store.setWeight(spec.name, fromPyTorch(initialValues(spec, seed, index), spec));
  }
  for (const spec of trainedParameters(parameters)) {
    const zeros = slotNames.map(() => tf.zeros(tensorShape(spec)));
    store.setSlots(spec.name, zeros);
  }
}

/** What forward and backward give. */
export interface Gradients {
  readonly loss: Scalar;
  /** By parameter. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly statistics: readonly BatchStatistics[];
}

export interface StepInput {
  readonly pixels: Tensor4D; // [N * views, H, W, 3], normalised
  readonly targets: Targets; // of N samples
  /** Images of each sample, which lie together; 1 unless given. */
  readonly views?: number;
  /** Runs the frozen layers, which are before the tape. */
  readonly runFrozen?: RunLayer;
}

/** Loss and gradients of one batch. Frozen layers run forward only; only what follows is on the gradient tape. */
export function computeGradients(
  model: Classifier,
  weights: Weights,
  { pixels, targets, views = 1, runFrozen }: StepInput,
): Gradients {
  const targetsOfImages = targetsOfViews(targets, views);
  const flow = runLayers(model.backbone, weights, startOf(pixels), {
    layerCount: frozenLayerCount(model),
    mode: { training: false, statistics: [] },
    run: runFrozen,
  });
  const names = trainedParameters(model.parameters).map((spec) => spec.name);
  const statistics: BatchStatistics[] = [];
  const forward = (...trainable: Tensor[]): Scalar => {
    const current = new Map(weights);
    names.forEach((name, index) => current.set(name, defined(trainable[index], name)));
    const mode = { training: true, statistics };
    return model.head.loss(classify(model, current, flow, { mode }), targetsOfImages);
  };
  const { value, grads } = tf.valueAndGrads(forward)(names.map((name) => defined(weights.get(name), name)));
  const gradients = new Map(names.map((name, index) => [name, defined(grads[index], `gradient of ${name}`)]));
  return { loss: value, gradients, statistics };
}

/** The averaged gradients as the optimizer takes them, and their norm before clipping where `clip_grad` is set. */
export function clippedGradients(
  model: Classifier,
  averaged: ReadonlyMap<string, Tensor>,
  clip: ClipGrad | undefined,
): { readonly gradients: ReadonlyMap<string, Tensor>; readonly norm?: Scalar } {
  const names = trainedParameters(model.parameters).map((spec) => spec.name);
  const gradients = names.map((name) => defined(averaged.get(name), `gradient of ${name}`));
  const clipped = clip ? clipGradients(gradients, clip) : { gradients };
  return {
    ...clipped,
    gradients: new Map(names.map((name, index) => [name, defined(clipped.gradients[index], name)])),
  };
}

/** Moves each parameter by its gradient, one after the other, so that one at a time is in memory twice. */
export function updateParameters(
  store: WeightStore,
  optimizer: Optimizer,
  { gradients, scalars }: { readonly gradients: ReadonlyMap<string, Tensor>; readonly scalars: OptimizerScalars },
): void {
  for (const [name, gradient] of gradients) {
    const weight = defined(store.weights.get(name), name);
    const updated = optimizer.update(weight, gradient, store.slots(name), scalars);
    store.setWeight(name, updated.parameter);
    store.setSlots(name, updated.slots);
  }
}

/** Moves running statistics towards those of the batch, which the ranks have averaged: `backbone.bn1.running_mean`. */
export function updateStatistics(store: WeightStore, averaged: ReadonlyMap<string, Tensor>): void {
  for (const [name, batch] of averaged) {
    const running = defined(store.weights.get(name), name);
    store.setWeight(name, running.mul(1 - STATISTICS_MOMENTUM).add(batch.mul(STATISTICS_MOMENTUM)));
    if (name.endsWith(".running_mean")) store.countBatch(name.slice(0, name.lastIndexOf(".")));
  }
}
