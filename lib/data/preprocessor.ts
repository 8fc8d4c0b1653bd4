import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import { component } from "#lib/config/component/component.ts";
import type { Build, Table } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { isDict } from "#lib/config/dictionary.ts";
import type { Image } from "./types.ts";

/** How batches of pixels become the model's input; plain data, for the tensor version and the one below. */
export interface Preprocessor {
  /** One number per channel, in the order after the swap; empty to leave pixels as they are. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Swap BGR to RGB first. */
  readonly toRgb: boolean;
  /** Heights and widths are filled up, right and below, to multiples of it. */
  readonly padSizeDivisor: number;
  readonly padValue: number;
  /** Classes of one-hot labels; `null` where the config does not say. */
  readonly numClasses: number | null;
}

const channels = z.array(z.number()).nullable().default(null);

export const ClsDataPreprocessor = component({
  schema: z
    .strictObject({
      mean: channels.describe("Subtracted from each channel, in the order after to_rgb."),
      std: channels.describe("Each channel is divided by it."),
      pad_size_divisor: z.int().positive().default(1).describe("Fill height and width up to multiples of it."),
      pad_value: z.number().default(0).describe("What to fill with, after mean and std."),
      to_rgb: z.boolean().default(false).describe("Swap BGR to RGB first."),
      to_onehot: z.boolean().default(false).describe("Labels as one-hot rows; losses here do that themselves."),
      num_classes: z.int().positive().nullable().default(null).describe("Classes of one-hot labels."),
      batch_augments: z.null().default(null).describe("Not supported yet."),
    })
    .refine(({ mean, std }) => (mean === null) === (std === null) && mean?.length === std?.length, {
      path: ["std"],
      error: "expected mean and std of the same length, or neither",
    })
    .refine(({ std }) => !std?.includes(0), { path: ["std"], error: "a deviation of 0 cannot be divided by" }),
  create(config): Preprocessor {
    return {
      mean: config.mean ?? [],
      std: config.std ?? [],
      toRgb: config.to_rgb,
      padSizeDivisor: config.pad_size_divisor,
      padValue: config.pad_value,
      numClasses: config.num_classes,
    };
  },
});

export const preprocessors = {
  kind: "data preprocessor",
  components: { ClsDataPreprocessor },
} as const satisfies Table<Preprocessor>;

/** The preprocessor of a config's `data_preprocessor`, which need not name its type. */
export function buildPreprocessor(node: ConfigNode, build: Build = buildComponent): Preprocessor {
  const typed = isDict(node.value) ? node.with({ type: "ClsDataPreprocessor", ...node.value }) : node;
  return build(preprocessors, typed, undefined);
}

export interface FloatImage {
  readonly data: Float32Array; // [H, W, C]
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What the tensor version computes, for one image, in single precision. */
export function preprocess(image: Image, preprocessor: Preprocessor): FloatImage {
  const { mean, std, padSizeDivisor, padValue } = preprocessor;
  const { channels: count } = image;
  const up = (edge: number): number => Math.ceil(edge / padSizeDivisor) * padSizeDivisor;
  const [height, width] = [up(image.height), up(image.width)];
  const swaps = preprocessor.toRgb && count === 3;
  const data = new Float32Array(height * width * count).fill(padValue);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width * count; x++) {
      const channel = x % count;
      const from = y * image.width * count + (swaps ? x - channel + (count - 1 - channel) : x);
      data[y * width * count + x] = normalise(defined(image.data[from], "pixel"), mean[channel], std[channel]);
    }
  }
  return { data, height, width, channels: count };
}

function normalise(pixel: number, mean = 0, std = 1): number {
  return Math.fround(pixel - Math.fround(mean)) / Math.fround(std);
}
