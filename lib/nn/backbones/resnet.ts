import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { assert } from "#lib/base/assert.ts";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { convNormParameters, convolveNormalize, poolAfterRelu } from "#lib/nn/layers.ts";
import type { ConvNormSpec } from "#lib/nn/layers.ts";
import type { Backbone, Layer, Mode, Weights } from "#lib/nn/types.ts";
import { initConfig, pretrainedOf } from "#lib/nn/init-config.ts";

/** Blocks per stage and block kind by depth: He et al. 2015, "Deep Residual Learning for Image Recognition". */
const ARCHITECTURES = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
  101: { blocks: [3, 4, 23, 3], bottleneck: true },
  152: { blocks: [3, 8, 36, 3], bottleneck: true },
} as const;

const BOTTLENECK_EXPANSION = 4;

const depthSchema = z.union([z.literal(18), z.literal(34), z.literal(50), z.literal(101), z.literal(152)]);

export const resNetSchema = z.strictObject({
  depth: depthSchema.describe("Number of layers: 18, 34, 50, 101 or 152"),
  in_channels: z.literal(3).default(3).describe("Channels of the image"),
  stem_channels: z.int().positive().default(64).describe("Channels after the stem"),
  base_channels: z.int().positive().default(64).describe("Middle channels of the first stage; they double per stage"),
  num_stages: z.int().min(1).max(4).default(4).describe("Stages to build"),
  strides: z.array(z.int().positive()).default([1, 2, 2, 2]).describe("Stride of the first block of each stage"),
  dilations: z.array(z.literal(1)).default([1, 1, 1, 1]).describe("Dilation of each stage; only 1 is supported"),
  out_indices: z.array(z.int().min(0).max(3)).default([3]).describe("Stages whose output is used; the last one counts"),
  style: z.enum(["pytorch", "caffe"]).default("pytorch").describe("pytorch strides in the 3x3, caffe in the first 1x1"),
  deep_stem: z.boolean().default(false).describe("Three 3x3 convolutions instead of one 7x7"),
  avg_down: z.boolean().default(false).describe("Average-pool before the 1x1 of a strided shortcut"),
  frozen_stages: z.int().min(-1).max(4).default(-1).describe("Stem and stages 1..k do not train; -1: all train"),
  conv_cfg: z.null().default(null).describe("Only plain convolutions"),
  norm_cfg: z
    .strictObject({ type: z.enum(["BN", "SyncBN"]), requires_grad: z.boolean().default(true) })
    .default({ type: "BN", requires_grad: true })
    .describe("Normalisation; SyncBN computes as BN (statistics are averaged over ranks after each step)"),
  norm_eval: z.boolean().default(false).describe("Batch normalisation uses running statistics while training"),
  with_cp: ignored("activations are not recomputed", z.boolean().default(false)),
  zero_init_residual: z.boolean().default(true).describe("The last normalisation of each block starts at 0"),
  drop_path_rate: z.literal(0).default(0).describe("Stochastic depth; only 0 is supported"),
  init_cfg: initConfig,
});

export type ResNetConfig = z.output<typeof resNetSchema>;

/** Everything about a stage that its blocks share. */
interface StageContext {
  readonly config: ResNetConfig;
  readonly trainable: boolean;
}

export const ResNet = component({
  schema: resNetSchema,
  create: (config): Backbone => createResNet(config),
});

/** ResNet-D's stem without its shortcut: He et al. 2019, "Bag of Tricks for Image Classification". */
export const ResNetV1c = component({
  schema: resNetSchema,
  create: (config): Backbone => createResNet({ ...config, deep_stem: true }),
});

/** ResNet-D: deep stem and average-pooled shortcuts. */
export const ResNetV1d = component({
  schema: resNetSchema,
  create: (config): Backbone => createResNet({ ...config, deep_stem: true, avg_down: true }),
});

function createResNet(config: ResNetConfig): Backbone {
  const { blocks, bottleneck } = ARCHITECTURES[config.depth];
  const expansion = bottleneck ? BOTTLENECK_EXPANSION : 1;
  const layers: Layer[] = [stem({ config, trainable: config.frozen_stages < 0 })];
  const stageEnds: number[] = [];
  let inChannels = config.stem_channels;
  const stageCount = Math.min(config.num_stages, Math.max(...config.out_indices) + 1);
  for (let stage = 0; stage < stageCount; stage++) {
    const outChannels = config.base_channels * 2 ** stage * expansion;
    const context: StageContext = { config, trainable: config.frozen_stages < stage + 1 };
    for (let index = 0; index < (blocks[stage] ?? 0); index++) {
      const stride = index === 0 ? (config.strides[stage] ?? 1) : 1;
      const place = { name: `backbone.layer${stage + 1}.${index}`, inChannels, outChannels, stride };
      layers.push(bottleneck ? bottleneckBlock(place, context) : basicBlock(place, context));
      inChannels = outChannels;
    }
    stageEnds.push(layers.length - 1);
  }
  // Stages that are not built count as the last one that is.
  const stages = new Set(config.out_indices.map((stage) => Math.min(stage, stageCount - 1)));
  const outputs = stageEnds.filter((_, stage) => stages.has(stage));
  return { layers, outputs, outputChannels: inChannels, pretrained: pretrainedOf(config.init_cfg) };
}

interface ConvNormPlace {
  readonly convolution: string;
  readonly norm: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride?: number;
  readonly initialScale?: number;
}

function convNorm(place: ConvNormPlace, { config, trainable }: StageContext): ConvNormSpec {
  const { inChannels, outChannels, kernelSize, stride = 1, initialScale = 1 } = place;
  return {
    convolution: { name: place.convolution, inChannels, outChannels, kernelSize, stride, trainable },
    norm: {
      name: place.norm,
      channels: outChannels,
      trainable: trainable && config.norm_cfg.requires_grad,
      evaluates: !trainable || config.norm_eval,
      initialScale,
    },
  };
}

function stem(context: StageContext): Layer {
  const { stem_channels: channels, in_channels: inChannels, deep_stem: deep } = context.config;
  const half = Math.floor(channels / 2);
  const deepPlace = (index: number, from: number, to: number): ConvNormPlace => ({
    convolution: `backbone.stem.${index}.conv`,
    norm: `backbone.stem.${index}.bn`,
    inChannels: from,
    outChannels: to,
    kernelSize: 3,
    stride: index === 0 ? 2 : 1,
  });
  const plainPlace = { inChannels, outChannels: channels, kernelSize: 7, stride: 2 };
  const places = deep
    ? [deepPlace(0, inChannels, half), deepPlace(1, half, half), deepPlace(2, half, channels)]
    : [{ convolution: "backbone.conv1", norm: "backbone.bn1", ...plainPlace }];
  const specs = places.map((place) => convNorm(place, context));
  return {
    name: "backbone.stem",
    parameters: specs.flatMap(convNormParameters),
    frozen: !context.trainable,
    forward(weights, input, mode) {
      const features = specs.reduce((x, spec) => tf.relu(convolveNormalize(weights, x, spec, mode)), maps(input));
      return poolAfterRelu(features);
    },
  };
}

interface BlockPlace {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
}

/** 3x3, 3x3. */
function basicBlock(place: BlockPlace, context: StageContext): Layer {
  const { name, inChannels, outChannels, stride } = place;
  const last = context.config.zero_init_residual ? 0 : 1;
  const numbered = (index: number, rest: Omit<ConvNormPlace, "convolution" | "norm">): ConvNormSpec =>
    convNorm({ convolution: `${name}.conv${index}`, norm: `${name}.bn${index}`, ...rest }, context);
  return residualBlock(place, context, [
    numbered(1, { inChannels, outChannels, kernelSize: 3, stride }),
    numbered(2, { inChannels: outChannels, outChannels, kernelSize: 3, initialScale: last }),
  ]);
}

/** 1x1 down, 3x3, 1x1 up. */
function bottleneckBlock(place: BlockPlace, context: StageContext): Layer {
  const { name, inChannels, outChannels, stride } = place;
  const middle = outChannels / BOTTLENECK_EXPANSION;
  const inFirst = context.config.style === "caffe";
  const last = context.config.zero_init_residual ? 0 : 1;
  const numbered = (index: number, rest: Omit<ConvNormPlace, "convolution" | "norm">): ConvNormSpec =>
    convNorm({ convolution: `${name}.conv${index}`, norm: `${name}.bn${index}`, ...rest }, context);
  return residualBlock(place, context, [
    numbered(1, { inChannels, outChannels: middle, kernelSize: 1, stride: inFirst ? stride : 1 }),
    numbered(2, { inChannels: middle, outChannels: middle, kernelSize: 3, stride: inFirst ? 1 : stride }),
    numbered(3, { inChannels: middle, outChannels, kernelSize: 1, initialScale: last }),
  ]);
}

/** relu(branch(x) + shortcut(x)), with a ReLU after every but the last convolution of the branch. */
function residualBlock(place: BlockPlace, context: StageContext, branch: readonly ConvNormSpec[]): Layer {
  const shortcut = downsample(place, context);
  return {
    name: place.name,
    parameters: [...branch.flatMap(convNormParameters), ...(shortcut ? convNormParameters(shortcut.spec) : [])],
    frozen: !context.trainable,
    forward(weights, features, mode) {
      const input = maps(features);
      const residual = branch.reduce((x, spec, index) => {
        const normalized = convolveNormalize(weights, x, spec, mode);
        return index === branch.length - 1 ? normalized : tf.relu(normalized);
      }, input);
      const identity = shortcut ? shortcut.forward(weights, input, mode) : input;
      return tf.relu(tf.add<Tensor4D>(residual, identity));
    },
  };
}

interface Shortcut {
  readonly spec: ConvNormSpec;
  forward(weights: Weights, input: Tensor4D, mode: Mode): Tensor4D;
}

/** The shortcut's projection where the shape changes: 1x1 with the block's stride, or average pooling then 1x1. */
function downsample(place: BlockPlace, context: StageContext): Shortcut | undefined {
  const { name, inChannels, outChannels, stride } = place;
  if (stride === 1 && inChannels === outChannels) return undefined;
  const pools = context.config.avg_down && stride !== 1;
  // Modules of nn.Sequential are numbered, so a pooling layer in front shifts the names.
  const first = pools ? 1 : 0;
  const spec = convNorm(
    {
      convolution: `${name}.downsample.${first}`,
      norm: `${name}.downsample.${first + 1}`,
      inChannels,
      outChannels,
      kernelSize: 1,
      stride: pools ? 1 : stride,
    },
    context,
  );
  return {
    spec,
    forward(weights, input, mode) {
      // "same" pads at the end and leaves padding out of the average: ceil_mode and count_include_pad=False of PyTorch.
      const pooled = pools ? tf.avgPool(input, stride, stride, "same") : input;
      return convolveNormalize(weights, pooled, spec, mode);
    },
  };
}

/** What the layers of a ResNet hand to one another: [N, H, W, C]. */
function maps(features: Tensor): Tensor4D {
  assert(features.rank === 4, "a ResNet's features are maps");
  return features as Tensor4D;
}
