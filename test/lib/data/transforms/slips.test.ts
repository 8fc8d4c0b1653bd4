import assert from "node:assert/strict";
import type { ConfigDict } from "#lib/config/value.ts";
import { readText } from "#test/support/sources.ts";
import { tableRows } from "#test/support/markdown.ts";
import { always, apply, flat, pixel } from "./support.ts";

const grey = flat(4, 4, [160, 160, 160]);
const shifted = { eigval: [1], eigvec: [[100], [100], [-200]], alphastd: 1 };

/** Each slip of mmpretrain: a config, the draws, what is looked at, and what that is without and with compat=True. */
const SLIPS: readonly (readonly [what: string, ConfigDict & { readonly type: string }, Case])[] = [
  [
    "a single pad_val of Rotate",
    { type: "Rotate", angle: 45, prob: 1 },
    { ours: [128, 128, 128], theirs: [128, 0, 0] },
  ],
  [
    "a single pad_val of RandomCrop",
    { type: "RandomCrop", crop_size: 4, padding: 1, pad_val: 9 },
    { ours: [9, 9, 9], theirs: [9, 0, 0] },
  ],
  [
    "padding_mode of RandomCrop",
    { type: "RandomCrop", crop_size: 4, padding: 1, padding_mode: "edge" },
    { ours: [160, 160, 160], theirs: [0, 0, 0] },
  ],
  [
    "a level above total_level",
    { type: "Brightness", magnitude_range: [0, 0.1], magnitude_level: 50, prob: 1, random_negative_prob: 0 },
    { ours: [176, 176, 176], theirs: [240, 240, 240] },
  ],
  [
    "a uniform level above total_level",
    {
      type: "Brightness",
      magnitude_range: [0, 0.1],
      magnitude_level: 50,
      magnitude_std: "inf",
      prob: 1,
      random_negative_prob: 0,
    },
    { ours: [176, 176, 176], theirs: [240, 240, 240], share: 1 - 1e-9 },
  ],
  [
    "the last bit of Posterize",
    { type: "Posterize", magnitude_range: [4, 0], prob: 1 },
    { ours: [128, 128, 128], theirs: [0, 0, 0] },
  ],
  ["no bits of Posterize", { type: "Posterize", bits: 0, prob: 1 }, { ours: [128, 128, 128], theirs: [0, 0, 0] }],
  [
    "a sum of SolarizeAdd above 255",
    { type: "SolarizeAdd", magnitude: 110, thr: 200, prob: 1 },
    { ours: [255, 255, 255], theirs: [14, 14, 14] },
  ],
  [
    "hparams of AutoAugment",
    { type: "AutoAugment", policies: [[{ type: "Rotate", angle: 45, prob: 1 }]], hparams: { pad_val: [1, 2, 3] } },
    { ours: [1, 2, 3], theirs: [128, 0, 0] },
  ],
  [
    "the policies of RandAugment",
    {
      type: "RandAugment",
      policies: [{ type: "Rotate", angle: 45, prob: 1 }],
      num_policies: 1,
      magnitude_level: 0,
    },
    { ours: [128, 128, 128], theirs: [128, 0, 0] },
  ],
  [
    "what Lighting makes too bright or dark",
    { type: "Lighting", ...shifted },
    { ours: [255, 255, 0], theirs: [4, 4, 216], share: 0.5 + 1 / 3.4 },
  ],
  [
    "the last row and column of RandomErasing",
    {
      type: "RandomErasing",
      erase_prob: 1,
      min_area_ratio: 0.06,
      max_area_ratio: 0.0625,
      aspect_range: 1,
      fill_color: 7,
    },
    { ours: [7, 7, 7], theirs: [160, 160, 160], share: 1 - 1e-9, at: [3, 3] },
  ],
  [
    "the first row and column of Cutout",
    { type: "Cutout", shape: 1, prob: 1, pad_val: 7 },
    { ours: [7, 7, 7], theirs: [160, 160, 160], share: 0.7 },
  ],
];

interface Case {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** What is drawn, as a share of whatever range. */
  readonly share?: number;
  /** The pixel to look at. */
  readonly at?: readonly [x: number, y: number];
}

describe("slips of mmpretrain", () => {
  for (const [what, config, { ours, theirs, share = 0, at: [x, y] = [0, 0] }] of SLIPS) {
    it(`${what}: corrected, unless compat=True`, () => {
      assert.deepEqual(pixel(apply(config, grey, always(share)), x, y), ours);
      assert.deepEqual(pixel(apply({ ...config, compat: true }, grey, always(share)), x, y), theirs);
    });
  }

  it("a negative shift of hue turns it back", () => {
    const red = flat(1, 1, [0, 0, 255]);
    const back = apply({ type: "ColorJitter", hue: [-1 / 3, -1 / 3] }, red);
    const [blue = 0, green = 0, rest = 0] = pixel(back, 0, 0);
    assert.ok(blue > 250 && green < 7 && rest < 7, `${blue}, ${green}, ${rest}`);
  });

  it("are listed for users, each with its transform", () => {
    const rows = tableRows(readText("docs/transforms.md")).map(([transform = ""]) => transform);
    for (const [, { type }] of SLIPS) {
      if (type === "Brightness") continue; // stands for all with a level
      assert.ok(
        rows.some((row) => row.includes(`\`${type}\``)),
        `${type} is in no row of docs/transforms.md`,
      );
    }
  });
});
