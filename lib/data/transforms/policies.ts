import type { ConfigDict } from "#lib/config/value.ts";

// The published policies, as mmpretrain has them.

/** What AutoAugment found for ImageNet (Cubuk et al., "AutoAugment: learning augmentation policies from data"). */
const imagenet: readonly (readonly [ConfigDict, ConfigDict])[] = [
  [posterize(4, 0.4), rotate(30, 0.6)],
  [solarize(4, 0.6), { type: "AutoContrast", prob: 0.6 }],
  [equalize(0.8), equalize(0.6)],
  [posterize(5, 0.6), posterize(5, 0.6)],
  [equalize(0.4), solarize(5, 0.2)],
  [equalize(0.4), rotate((30 / 9) * 8, 0.8)],
  [solarize(6, 0.6), equalize(0.6)],
  [posterize(6, 0.8), equalize(1)],
  [rotate(10, 0.2), solarize(1, 0.6)],
  [equalize(0.6), posterize(5, 0.4)],
  [rotate((30 / 9) * 8, 0.8), colour(0, 0.4)],
  [rotate(30, 0.4), equalize(0.6)],
  [equalize(0), equalize(0.8)],
  [{ type: "Invert", prob: 0.6 }, equalize(1)],
  [colour(0.4, 0.6), { type: "Contrast", magnitude: 0.8, prob: 1 }],
  [rotate((30 / 9) * 8, 0.8), colour(0.2, 1)],
  [colour(0.8, 0.8), solarize(2, 0.8)],
  [
    { type: "Sharpness", magnitude: 0.7, prob: 0.4 },
    { type: "Invert", prob: 0.6 },
  ],
  [{ type: "Shear", magnitude: (0.3 / 9) * 5, prob: 0.6, direction: "horizontal" }, equalize(1)],
  [colour(0, 0.4), equalize(0.6)],
  [equalize(0.4), solarize(5, 0.2)],
  [solarize(4, 0.6), { type: "AutoContrast", prob: 0.6 }],
  [{ type: "Invert", prob: 0.6 }, equalize(1)],
  [colour(0.4, 0.6), { type: "Contrast", magnitude: 0.8, prob: 1 }],
  [equalize(0.8), equalize(0.6)],
];

function equalize(prob: number): ConfigDict {
  return { type: "Equalize", prob };
}

function posterize(bits: number, prob: number): ConfigDict {
  return { type: "Posterize", bits, prob };
}

function rotate(angle: number, prob: number): ConfigDict {
  return { type: "Rotate", angle, prob };
}

function colour(magnitude: number, prob: number): ConfigDict {
  return { type: "ColorTransform", magnitude, prob };
}

/** @param ninths of the range of values. */
function solarize(ninths: number, prob: number): ConfigDict {
  return { type: "Solarize", thr: (256 / 9) * ninths, prob };
}

export const AUTO_AUGMENT_POLICIES = { imagenet };

/** Those of timm that grow stronger with the level. */
const timm_increasing: readonly ConfigDict[] = [
  { type: "AutoContrast" },
  { type: "Equalize" },
  { type: "Invert" },
  { type: "Rotate", magnitude_range: [0, 30] },
  { type: "Posterize", magnitude_range: [4, 0] },
  { type: "Solarize", magnitude_range: [256, 0] },
  { type: "SolarizeAdd", magnitude_range: [0, 110] },
  { type: "ColorTransform", magnitude_range: [0, 0.9] },
  { type: "Contrast", magnitude_range: [0, 0.9] },
  { type: "Brightness", magnitude_range: [0, 0.9] },
  { type: "Sharpness", magnitude_range: [0, 0.9] },
  { type: "Shear", magnitude_range: [0, 0.3], direction: "horizontal" },
  { type: "Shear", magnitude_range: [0, 0.3], direction: "vertical" },
  { type: "Translate", magnitude_range: [0, 0.45], direction: "horizontal" },
  { type: "Translate", magnitude_range: [0, 0.45], direction: "vertical" },
];

const simple_increasing: readonly ConfigDict[] = [
  { type: "AutoContrast" },
  { type: "Equalize" },
  { type: "Rotate", magnitude_range: [0, 30] },
  { type: "Shear", magnitude_range: [0, 0.3], direction: "horizontal" },
  { type: "Shear", magnitude_range: [0, 0.3], direction: "vertical" },
];

export const RAND_AUGMENT_POLICIES = { timm_increasing, simple_increasing };
