import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { TensorFunction } from "#lib/engine/program.ts";
import { freeingInputs } from "#lib/model/eager.ts";
import { WeightStore } from "#lib/model/weight-store.ts";
import { classify, frozenLayerCount, runLayers, startOf } from "#lib/nn/classifier.ts";
import type { Targets } from "#lib/nn/losses/types.ts";
import { initialValues } from "#lib/nn/init.ts";
import { fromPyTorch, tensorShape } from "#lib/nn/layout.ts";
import { trackedStatistics, trainedParameters } from "#lib/nn/parameters.ts";
import { normalizePixels } from "#lib/nn/preprocess.ts";
import type { BatchStatistics, Classifier, ParameterSpec, RunLayer, Weights } from "#lib/nn/types.ts";
import { targetsOfViews } from "#lib/nn/views.ts";
import { clipGradients } from "#lib/optim/clip.ts";
import type { ClipGrad } from "#lib/optim/clip.ts";
import type { Optimizer, OptimizerScalars } from "#lib/optim/types.ts";
import type { ModelSettings } from "#lib/train/settings.ts";
import { LOSS_SLICE } from "./bucket-plan.ts";

// A step as a program over a weight store. Nothing here reads a value, frees memory or asks what computes: a runner
// does, so that the same program runs eagerly (eager.ts) or is traced into a graph.

type Tensors = Readonly<Record<string, Tensor>>;

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
    if (spec.kind === "counter") continue; // they begin at zero
    tf.tidy(() => store.setWeight(spec.name, fromPyTorch(initialValues(spec, seed, index), spec)));
  }
  for (const spec of trainedParameters(parameters)) {
    tf.tidy(() =>
      store.setSlots(
        spec.name,
        slotNames.map(() => tf.zeros(tensorShape(spec))),
      ),
    );
  }
}

/** The functions of a step, over the same variables. */
export interface StepFunctions {
  /** Of `images` [N * views, H, W, 3] and `labels` [N]: the loss, gradients and batch statistics, by their names. */
  gradients(views: number): TensorFunction;
  /** Of averaged gradients: their `norm`. */
  readonly norm: TensorFunction;
  /** Moves weights and statistics by averaged gradients and statistics; gives the `norm` of the former if they are clipped. */
  readonly apply: TensorFunction;
}

/** The same function for the same number of views, so that it is compiled once. */
export function stepFunctions({ model, normalization, optimizer, clip }: ModelSettings): StepFunctions {
  const byViews = new Map<number, TensorFunction>();
  const gradientsOf = (views: number): TensorFunction => {
    return (variables, { images, labels }) => {
      const { weights } = new WeightStore(variables, []);
      const pixels = normalizePixels(images as Tensor4D, normalization);
      const input = { pixels, targets: labels as Tensor1D, views, runFrozen: freeingInputs(pixels) };
      const { loss, gradients, statistics } = computeGradients(model, weights, input);
      const outputs: Record<string, Tensor> = { [LOSS_SLICE]: loss, ...Object.fromEntries(gradients) };
      for (const { layer, mean, variance } of statistics) {
        outputs[`${layer}.running_mean`] = mean;
        outputs[`${layer}.running_var`] = variance;
      }
      return outputs;
    };
  };
  return {
    gradients(views) {
      const known = byViews.get(views) ?? gradientsOf(views);
      byViews.set(views, known);
      return known;
    },
    norm: (_, averaged) => ({ norm: defined(clippedGradients(model, averaged, clip).norm, "clip_grad") }),
    apply(variables, { learningRate, step, weightDecay, ...averaged }) {
      const store = new WeightStore(variables, optimizer.slotNames);
      const scalars = { learningRate, step, weightDecay } as OptimizerScalars;
      const { gradients, norm } = clippedGradients(model, averaged, clip);
      updateParameters(store, optimizer, { gradients, scalars });
      updateStatistics(store, model, averaged);
      return norm ? { norm } : {};
    },
  };
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
function computeGradients(
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
    const taped = new Map(names.map((name, index) => [name, defined(trainable[index], name)]));
    const current: Weights = { get: (name) => taped.get(name) ?? weights.get(name) };
    const mode = { training: true, statistics };
    return model.head.loss(classify(model, current, flow, { mode }), targetsOfImages);
  };
  const { value, grads } = tf.valueAndGrads(forward)(names.map((name) => defined(weights.get(name), name)));
  const gradients = new Map(names.map((name, index) => [name, defined(grads[index], `gradient of ${name}`)]));
  return { loss: value, gradients, statistics };
}

/** The averaged gradients as the optimizer takes them, and their norm before clipping where `clip_grad` is set. */
function clippedGradients(
  model: Classifier,
  averaged: Tensors,
  clip: ClipGrad | undefined,
): { readonly gradients: ReadonlyMap<string, Tensor>; readonly norm?: Scalar } {
  const names = trainedParameters(model.parameters).map((spec) => spec.name);
  const gradients = names.map((name) => defined(averaged[name], `gradient of ${name}`));
  const clipped = clip ? clipGradients(gradients, clip) : { gradients };
  return {
    ...clipped,
    gradients: new Map(names.map((name, index) => [name, defined(clipped.gradients[index], name)])),
  };
}

/** Moves each parameter by its gradient, one after the other, so that one at a time is in memory twice. */
function updateParameters(
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
function updateStatistics(store: WeightStore, { parameters }: Classifier, averaged: Tensors): void {
  for (const { name } of trackedStatistics(parameters)) {
    const [running, batch] = [defined(store.weights.get(name), name), defined(averaged[name], name)];
    store.setWeight(name, running.mul(1 - STATISTICS_MOMENTUM).add(batch.mul(STATISTICS_MOMENTUM)));
  }
}
