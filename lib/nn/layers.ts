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
function convolve(input: Tensor4D, filter: Tensor4D, spec: ConvolutionSpec): Tensor4D {
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

/** BatchNorm2d with the statistics of the batch, which are reported to `mode.statistics`. */
function normalizeByBatch(weights: Weights, input: Tensor4D, { name }: BatchNormSpec, mode: Mode): Tensor4D {
  const scale = weightOf(weights, `${name}.weight`) as Tensor1D;
  const offset = weightOf(weights, `${name}.bias`) as Tensor1D;
  const { output, mean, variance } = ops().normalizeBatch(input, scale, offset, BATCH_NORM_EPSILON);
  mode.statistics.push({ layer: name, mean, variance });
  return output;
}

/** BatchNorm2d with running statistics: a factor and a summand for each channel. */
function runningNorm(weights: Weights, { name }: BatchNormSpec): { readonly factor: Tensor; readonly summand: Tensor } {
  const [scale, offset] = [weightOf(weights, `${name}.weight`), weightOf(weights, `${name}.bias`)];
  const [mean, variance] = [weightOf(weights, `${name}.running_mean`), weightOf(weights, `${name}.running_var`)];
  const factor = scale.mul(variance.add(BATCH_NORM_EPSILON).rsqrt());
  return { factor, summand: offset.sub(mean.mul(factor)) };
}

/** A convolution followed by its batch normalisation: what residual networks are made of. */
export interface ConvNormSpec {
  readonly convolution: ConvolutionSpec;
  readonly norm: BatchNormSpec;
}

export function convNormParameters(spec: ConvNormSpec): ParameterSpec[] {
  return [...convolutionParameters(spec.convolution), ...batchNormParameters(spec.norm)];
}

/** Running statistics are folded into the filter: then one convolution with a bias is left. */
export function convolveNormalize(weights: Weights, input: Tensor4D, spec: ConvNormSpec, mode: Mode): Tensor4D {
  const { convolution, norm } = spec;
  const filter = weightOf(weights, `${convolution.name}.weight`) as Tensor4D; // [H, W, I, O]
  if (mode.training && !norm.evaluates) {
    return normalizeByBatch(weights, convolve(input, filter, convolution), norm, mode);
  }
  const { factor, summand } = runningNorm(weights, norm);
  return convolve(input, filter.mul(factor), convolution).add(summand);
}

/** A weight by name; a missing one is a bug of the caller, who must supply every name of the model's parameters. */
export function weightOf(weights: Weights, name: string): Tensor {
  return defined(weights.get(name), `weight ${name}`);
}
