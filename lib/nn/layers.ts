import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { ops } from "#lib/engine/ops.ts";
import type { Mode, ParameterSpec, Weights } from "./types.ts";

/** PyTorch's default for BatchNorm2d. */
const BATCH_NORM_EPSILON = 1e-5;

export interface ConvolutionSpec {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly trainable: boolean;
}

/** Weight of a convolution without bias, Kaiming normal (fan out, ReLU) as mmpretrain's ResNet: He et al. 2015. */
export function convolutionParameters(spec: ConvolutionSpec): ParameterSpec[] {
  const { kernelSize, inChannels, outChannels } = spec;
  const deviation = Math.sqrt(2 / (outChannels * kernelSize * kernelSize));
  return [
    {
      name: `${spec.name}.weight`,
      shape: [outChannels, inChannels, kernelSize, kernelSize],
      layout: "conv",
      kind: "parameter",
      trainable: spec.trainable,
      initial: { kind: "normal", deviation },
    },
  ];
}

/** Convolution with PyTorch's symmetric padding of (kernelSize - 1) / 2. TensorFlow's "same" differs at stride 2. */
export function convolve(weights: Weights, input: Tensor4D, spec: ConvolutionSpec): Tensor4D {
  const filter = weightOf(weights, `${spec.name}.weight`) as Tensor4D; // [H, W, I, O]
  const padding = (spec.kernelSize - 1) / 2;
  if (spec.stride === 1 || padding === 0) {
    return tf.conv2d(input, filter, spec.stride, padding === 0 ? "valid" : "same");
  }
  return tf.conv2d(padSpatially(input, padding), filter, spec.stride, "valid");
}

/** Max pooling 3x3, stride 2, padding 1. Zero padding equals PyTorch's -inf because the input follows a ReLU. */
export function poolAfterRelu(input: Tensor4D): Tensor4D {
  return tf.maxPool(padSpatially(input, 1), 3, 2, "valid");
}

function padSpatially(input: Tensor4D, padding: number): Tensor4D {
  const spatial: [number, number] = [padding, padding];
  return tf.pad4d(input, [[0, 0], spatial, spatial, [0, 0]]);
}

export interface BatchNormSpec {
  readonly name: string;
  readonly channels: number;
  readonly trainable: boolean;
  /** Uses running statistics even while training: `norm_eval`, or a frozen stage. */
  readonly evaluates: boolean;
  /** Start of the scale: 0 for the last of a residual block with `zero_init_residual`. */
  readonly initialScale: number;
}

export function batchNormParameters(spec: BatchNormSpec): ParameterSpec[] {
  const vector = (
    suffix: string,
    value: number,
    kind: ParameterSpec["kind"],
    shape: readonly number[] = [spec.channels],
  ): ParameterSpec => ({
    name: `${spec.name}.${suffix}`,
    shape,
    layout: "plain",
    kind,
    trainable: kind === "parameter" ? spec.trainable : !spec.evaluates,
    initial: { kind: "constant", value },
  });
  return [
    vector("weight", spec.initialScale, "parameter"),
    vector("bias", 0, "parameter"),
    vector("running_mean", 0, "buffer"),
    vector("running_var", 1, "buffer"),
    vector("num_batches_tracked", 0, "counter", []),
  ];
}

/** BatchNorm2d: batch statistics while training (reported to `mode.statistics`), running statistics otherwise. */
export function normalize(weights: Weights, input: Tensor4D, spec: BatchNormSpec, mode: Mode): Tensor4D {
  const scale = weightOf(weights, `${spec.name}.weight`) as Tensor1D;
  const offset = weightOf(weights, `${spec.name}.bias`) as Tensor1D;
  if (mode.training && !spec.evaluates) {
    const { output, mean, variance } = ops().normalizeBatch(input, scale, offset, BATCH_NORM_EPSILON);
    mode.statistics.push({ layer: spec.name, mean, variance });
    return output;
  }
  const mean = weightOf(weights, `${spec.name}.running_mean`);
  const variance = weightOf(weights, `${spec.name}.running_var`);
  const multiplier = scale.mul(variance.add(BATCH_NORM_EPSILON).rsqrt());
  return input.mul(multiplier).add<Tensor4D>(offset.sub(mean.mul(multiplier)));
}

/** A convolution followed by its batch normalisation: what residual networks are made of. */
export interface ConvNormSpec {
  readonly convolution: ConvolutionSpec;
  readonly norm: BatchNormSpec;
}

export function convNormParameters(spec: ConvNormSpec): ParameterSpec[] {
  return [...convolutionParameters(spec.convolution), ...batchNormParameters(spec.norm)];
}

export function convolveNormalize(weights: Weights, input: Tensor4D, spec: ConvNormSpec, mode: Mode): Tensor4D {
  return normalize(weights, convolve(weights, input, spec.convolution), spec.norm, mode);
}

/** A weight by name; a missing one is a bug of the caller, who must supply every name of the model's parameters. */
export function weightOf(weights: Weights, name: string): Tensor {
  return defined(weights.get(name), `weight ${name}`);
}
