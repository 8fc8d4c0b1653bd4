import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { defined } from "../base/assert.ts";
import type { Batch } from "../data/types.ts";
import { uploadImages } from "../engine/native/upload-images.ts";
import { scoped } from "../engine/scope.ts";
import { classify, frozenLayerCount, runFrozen } from "../nn/classifier.ts";
import { trainedParameters } from "../nn/parameters.ts";
import { normalizePixels } from "../nn/preprocess.ts";
import type { Normalization } from "../nn/preprocess.ts";
import type { BatchStatistics, Classifier, ParameterSpec, Weights } from "../nn/types.ts";
import { checkNorm, clipGradients } from "../optim/clip.ts";
import type { ClipGrad } from "../optim/clip.ts";
import type { Optimizer, OptimizerScalars } from "../optim/types.ts";
import { LOSS_INDEX, LOSS_SLICE, STOP_SLICE, layerOf } from "./bucket-plan.ts";
import type { BucketLayout } from "./bucket-plan.ts";
import type { ModelState } from "./model-state.ts";

/** PyTorch's default momentum of BatchNorm2d: running = 0.9 running + 0.1 batch. */
const STATISTICS_MOMENTUM = 0.1;

/** What forward and backward give. The caller disposes the tensors. */
export interface Gradients {
  readonly loss: Scalar;
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly statistics: readonly BatchStatistics[];
}

/**
 * Loss and gradients of one batch: a pure function of weights and batch. Frozen layers run forward only, each freed
 * before the next; only what follows is on the gradient tape.
 */
export function computeGradients(
  model: Classifier,
  weights: Weights,
  { pixels, labels }: { readonly pixels: Tensor4D; readonly labels: Tensor1D },
): Gradients {
  const frozen = frozenLayerCount(model);
  const features = runFrozen(model.backbone.layers.slice(0, frozen), weights, pixels);
  const names = trainedParameters(model.parameters).map((spec) => spec.name);
  const statistics: BatchStatistics[] = [];
  const forward = (...trainable: Tensor[]): Scalar => {
    const current = new Map(weights);
    names.forEach((name, index) => current.set(name, defined(trainable[index], name)));
    const mode = { training: true, statistics };
    return model.head.loss(classify(model, current, { input: features, from: frozen, mode }), labels);
  };
  const { value, grads } = tf.valueAndGrads(forward)(names.map((name) => defined(weights.get(name), name)));
  if (features !== pixels) features.dispose();
  const gradients = new Map(names.map((name, index) => [name, defined(grads[index], `gradient of ${name}`)]));
  return { loss: value, gradients, statistics };
}

/** Everything that stays the same from step to step. */
export interface StepSetup {
  readonly model: Classifier;
  readonly state: ModelState;
  readonly optimizer: Optimizer;
  readonly clip: ClipGrad | undefined;
  readonly normalization: Normalization;
  readonly layouts: readonly BucketLayout[];
  /** One array per layout, shared with the thread that averages them. */
  readonly buckets: readonly Float32Array[];
}

/**
 * First half of a step: writes gradients, batch statistics and loss into the buckets and yields the index of each
 * bucket as it is complete, so that averaging begins while the rest is still read from the device.
 */
export function* writeGradients(setup: StepSetup, batch: Batch): Generator<number, void, undefined> {
  const { model, state, layouts, buckets } = setup;
  const shape = [batch.labels.length, batch.height, batch.width, 3] as const;
  const { loss, gradients, statistics } = scoped(() => {
    const pixels = normalizePixels(uploadImages(batch.images, shape), setup.normalization);
    const result = computeGradients(model, state.weights, { pixels, labels: tf.tensor1d(batch.labels, "int32") });
    for (const tensor of [result.loss, ...result.gradients.values()]) tf.keep(tensor);
    return result;
  });
  const values = new Map<string, Tensor>([...gradients, [LOSS_SLICE, loss], [STOP_SLICE, tf.scalar(0)]]);
  for (const { layer, mean, variance } of statistics) {
    values.set(`${layer}.running_mean`, mean).set(`${layer}.running_var`, variance);
  }
  try {
    for (const [index, { slices }] of layouts.entries()) {
      const bucket = defined(buckets[index], `bucket ${index}`);
      for (const { name, offset } of slices) bucket.set(defined(values.get(name), name).dataSync<"float32">(), offset);
      yield index;
    }
  } finally {
    tf.dispose([...values.values()]);
  }
}

export interface AppliedStep {
  readonly loss: number;
  /** Norm of the averaged gradients before clipping; absent without `clip_grad`. */
  readonly gradNorm?: number;
}

/** Second half of a step: clip, optimizer, running statistics, from the averaged buckets. */
export function applyGradients(
  setup: StepSetup,
  { learningRate, step, weightDecay }: { learningRate: number; step: number; weightDecay?: number },
): AppliedStep {
  return scoped(() => {
    const averaged = readBuckets(setup);
    const specs = trainedParameters(setup.model.parameters);
    const gradients = specs.map((spec) => defined(averaged.get(spec.name), `gradient of ${spec.name}`));
    const clipped = setup.clip ? clipGradients(gradients, setup.clip) : { gradients, norm: undefined };
    const gradNorm = clipped.norm?.dataSync()[0];
    if (setup.clip && gradNorm !== undefined) checkNorm(gradNorm, setup.clip); // before any weight has moved
    const scalars: OptimizerScalars = {
      learningRate: tf.scalar(learningRate),
      step: tf.scalar(step),
      ...(weightDecay === undefined ? {} : { weightDecay: tf.scalar(weightDecay) }),
    };
    specs.forEach((spec, index) => updateParameter(setup, spec, { gradient: clipped.gradients[index], scalars }));
    updateStatistics(setup, averaged);
    const loss = setup.buckets.at(-1)?.[LOSS_INDEX] ?? NaN;
    return gradNorm === undefined ? { loss } : { loss, gradNorm };
  });
}

const NOT_TENSORS: readonly string[] = [LOSS_SLICE, STOP_SLICE];

function readBuckets({ state, layouts, buckets }: StepSetup): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [index, { slices }] of layouts.entries()) {
    for (const { name, offset, length } of slices) {
      if (NOT_TENSORS.includes(name)) continue;
      const values = defined(buckets[index], `bucket ${index}`).subarray(offset, offset + length);
      tensors.set(name, tf.tensor(values, defined(state.weights.get(name), name).shape, "float32"));
    }
  }
  return tensors;
}

function updateParameter(
  { state, optimizer }: StepSetup,
  { name }: ParameterSpec,
  { gradient, scalars }: { readonly gradient: Tensor | undefined; readonly scalars: OptimizerScalars },
): void {
  const weight = defined(state.weights.get(name), name);
  const updated = optimizer.update(weight, defined(gradient, `gradient of ${name}`), state.slots(name), scalars);
  state.setWeight(name, updated.parameter);
  state.setSlots(name, updated.slots);
}

/** Moves running statistics towards the batch's, which the ranks have averaged. */
function updateStatistics({ state, layouts }: StepSetup, averaged: ReadonlyMap<string, Tensor>): void {
  for (const { name } of layouts.at(-1)?.slices ?? []) {
    if (NOT_TENSORS.includes(name)) continue;
    const running = defined(state.weights.get(name), name);
    const batch = defined(averaged.get(name), name);
    state.setWeight(name, running.mul(1 - STATISTICS_MOMENTUM).add(batch.mul(STATISTICS_MOMENTUM)));
    if (name.endsWith(".running_mean")) state.countBatch(layerOf(name));
  }
}
