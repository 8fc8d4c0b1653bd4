import assert from "node:assert/strict";
import { randomStream, type Random } from "#lib/base/random.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import type { Operation } from "#lib/data/raster.ts";
import { drawMagnitude } from "#lib/data/transforms/augmentation.ts";
import { numberedImage } from "../support.ts";
import { always, apply, build, flat, pixel } from "./support.ts";

const level = {
  magnitude_level: 5,
  magnitude_range: [0, 30],
  magnitude_std: 0,
  total_level: 10,
  compat: false,
} as const;

describe("the magnitude of a level", () => {
  for (const [what, change, share, expected] of [
    ["grows evenly over the range", {}, 0, 15],
    ["falls where the range does", { magnitude_range: [4, 0] }, 0, 2],
    ["is the range's end at total_level", { magnitude_level: 10 }, 0, 30],
    ["is of another total", { total_level: 20 }, 0, 7.5],
    ["is normal around the level", { magnitude_std: 1 }, 0.5 + 1 / 3.4, 18],
    ["is held within the range", { magnitude_std: 100 }, 1, 30],
    ["is held within the range below, too", { magnitude_std: 100 }, 0, 0],
    ["is uniform from 0 to the level", { magnitude_std: "inf" }, 0.5, 7.5],
    ["does not move with a negative deviation", { magnitude_std: -1 }, 1, 15],
    ["stays in the range above total_level", { magnitude_level: 12 }, 0, 30],
    ["goes beyond it as mmpretrain has it", { magnitude_level: 12, compat: true }, 0, 36],
  ] as const) {
    it(what, () => {
      const magnitude = drawMagnitude({ ...level, ...change }, always(share));
      assert.ok(Math.abs(magnitude - expected) < 1e-9, `${magnitude}`);
    });
  }
});

/** Counts what is drawn, and hands it on. */
function counting(random: Random): Random & { readonly drawn: string[] } {
  const drawn: string[] = [];
  const note =
    <Args extends readonly unknown[]>(name: string, draw: (...args: Args) => number) =>
    (...args: Args): number => {
      drawn.push(name);
      return draw(...args);
    };
  return {
    next: note("next", random.next),
    uniform: note("uniform", random.uniform),
    integer: note("integer", random.integer),
    normal: note("normal", random.normal),
    drawn,
  };
}

describe("an augmentation", () => {
  it("is applied as often as prob says, half of the time unless told", () => {
    for (const [prob, least, most] of [
      [0, 0, 0],
      [0.2, 60, 140],
      [undefined, 200, 300],
      [1, 500, 500],
    ] as const) {
      const transform = build({ type: "Invert", ...(prob !== undefined && { prob }) });
      const planned = Array.from({ length: 500 }, (_, seed) =>
        transform.plan({ height: 2, width: 2 }, randomStream(seed)),
      );
      const applied = planned.filter(({ length }) => length > 0).length;
      assert.ok(applied >= least && applied <= most, `${applied} of 500 for ${prob}`);
    }
  });

  it("draws whether, then how strong, then the sign, and no more than it needs", () => {
    const rotate = { type: "Rotate", prob: 1, magnitude_range: [0, 30], magnitude_std: 0.5 };
    for (const [config, expected] of [
      [rotate, ["next", "normal", "next"]],
      [{ ...rotate, prob: 0 }, ["next"]],
      [{ ...rotate, magnitude_std: "inf" }, ["next", "uniform", "next"]],
      [{ ...rotate, magnitude_std: 0 }, ["next", "next"]],
      [{ type: "Rotate", prob: 1, angle: 3 }, ["next", "next"]],
      [{ type: "Posterize", prob: 1, magnitude_range: [4, 0] }, ["next"]],
      [{ type: "Equalize", prob: 1 }, ["next"]],
      [{ type: "Cutout", prob: 1, shape: 3 }, ["next", "uniform", "uniform"]],
    ] as const) {
      const random = counting(always(0.5));
      build(config).plan({ height: 9, width: 9 }, random);
      assert.deepEqual(random.drawn, expected, JSON.stringify(config));
    }
  });

  it("turns its magnitude round as often as random_negative_prob says", () => {
    const brightness = { type: "Brightness", prob: 1, magnitude: 0.5 };
    const grey = flat(1, 1, [100, 100, 100]);
    const darker = Array.from(
      { length: 400 },
      (_, seed) => pixel(apply(brightness, grey, randomStream(seed)), 0, 0)[0],
    );
    const share = darker.filter((value) => value === 50).length / 400;
    assert.ok(share > 0.4 && share < 0.6, `${share}`);
    assert.ok(darker.every((value) => value === 50 || value === 150));
    assert.deepEqual(pixel(apply({ ...brightness, random_negative_prob: 0 }, grey), 0, 0), [150, 150, 150]);
  });
});

describe("RandAugment", () => {
  const options = { type: "RandAugment", num_policies: 3, magnitude_level: 6 };
  const kinds = (operations: readonly Operation[]): string[] => operations.map(({ kind }) => kind);

  it("draws as many policies as it says, one perhaps twice, in order", () => {
    const policies = [
      { type: "Invert", prob: 1 },
      { type: "Rotate", angle: 3, prob: 1 },
      { type: "Equalize", prob: 1 },
    ];
    const transform = build({ ...options, policies });
    const counts = { lookup: 0, warp: 0, pixels: 0 };
    for (let seed = 0; seed < 300; seed++) {
      const random = randomStream(seed);
      const drawn = Array.from({ length: 3 }, () => ["lookup", "warp", "pixels"][random.integer(0, 2)]);
      const planned = kinds(transform.plan({ height: 9, width: 9 }, randomStream(seed)));
      assert.deepEqual(planned, drawn);
      for (const kind of planned) counts[kind as keyof typeof counts]++;
    }
    assert.ok(
      Object.values(counts).every((count) => count > 240 && count < 360),
      JSON.stringify(counts),
    );
  });

  it("gives its level to policies with a range, and leaves the others as they are", () => {
    const policies = [
      { type: "Brightness", magnitude_range: [0, 1], magnitude_level: 1, prob: 1, random_negative_prob: 0 },
    ];
    const grey = flat(1, 1, [100, 100, 100]);
    assert.deepEqual(pixel(apply({ ...options, policies, num_policies: 1 }, grey), 0, 0), [160, 160, 160]);
    const half = { ...options, policies, num_policies: 1, total_level: 12 };
    assert.deepEqual(pixel(apply(half, grey), 0, 0), [150, 150, 150]);
    const fixed = [{ type: "Brightness", magnitude: 0.1, prob: 1, random_negative_prob: 0 }];
    assert.deepEqual(pixel(apply({ ...options, policies: fixed, num_policies: 1 }, grey), 0, 0), [110, 110, 110]);
  });

  it("hands hparams to the policies that take them and do not set them", () => {
    const given = { ...options, num_policies: 1, hparams: { pad_val: [1, 2, 3], interpolation: "bicubic" } };
    const planOf = (policy: ConfigDict): readonly Operation[] =>
      build({ ...given, policies: [policy, policy] }).plan({ height: 9, width: 9 }, always(0));
    const [warp] = planOf({ type: "Rotate", angle: 3 });
    assert.ok(warp?.kind === "warp");
    assert.deepEqual([warp.colour, warp.interpolation], [[1, 2, 3], "bicubic"]);
    const [own] = planOf({ type: "Rotate", angle: 3, pad_val: 7 });
    assert.ok(own?.kind === "warp");
    assert.deepEqual([own.colour, own.interpolation], [[7, 7, 7], "bicubic"]);
    assert.throws(() => planOf({ type: "Invert" }), { code: "CONFIG_UNKNOWN_KEY", message: /`pad_val`/ });
  });

  it("says where a policy is wrong", () => {
    assert.throws(() => build({ ...options, policies: [{ type: "Rotate", angel: 3 }] }), {
      code: "CONFIG_UNKNOWN_KEY",
      message: /`pipeline\.0\.policies\.0`: Rotate has no key `angel`/,
    });
    assert.throws(() => build({ ...options, policies: [{ type: "Rotat" }] }), {
      code: "CONFIG_UNKNOWN_TYPE",
      hint: /Rotate/,
    });
  });

  it("takes any transform as a policy, and old configs with magnitude_key", () => {
    const policies = [
      { type: "RandomFlip", prob: 1 },
      { type: "Brightness", magnitude_key: "magnitude", magnitude_range: [0, 1] },
    ];
    assert.equal(build({ ...options, policies }).plan({ height: 9, width: 9 }, always(0)).length, 3);
  });

  it("says once that a level is held, and nothing otherwise", () => {
    const notes = (change: ConfigDict): readonly string[] =>
      build({ ...options, policies: "simple_increasing", ...change }).notes ?? [];
    assert.deepEqual(notes({}), []);
    assert.deepEqual(notes({ magnitude_level: 12, compat: true }), []);
    const [note = "", ...more] = notes({ magnitude_level: 12 });
    assert.match(note, /magnitude_level 12 is above total_level 10/);
    assert.deepEqual(more, []);
  });
});

describe("AutoAugment", () => {
  it("does all of one of its policies", () => {
    const policies = [
      [{ type: "Invert", prob: 1 }],
      [
        { type: "Rotate", angle: 3, prob: 1 },
        { type: "Invert", prob: 1 },
      ],
    ];
    const transform = build({ type: "AutoAugment", policies });
    const counts = [0, 0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const { length } = transform.plan({ height: 9, width: 9 }, randomStream(seed));
      counts[length] = (counts[length] ?? 0) + 1;
    }
    const [none, one = 0, two = 0] = counts;
    assert.equal(none, 0);
    assert.ok(one > 110 && two > 110, counts.join());
  });
});

describe("ColorJitter", () => {
  it("warns of what is held within bounds", () => {
    const notes = build({ type: "ColorJitter", brightness: 1.5, hue: [-1, 0.2], contrast: 0.4 }).notes;
    assert.deepEqual(notes, [
      "ColorJitter: brightness from -0.5 to 2.5 is held within 0 to 2.5",
      "ColorJitter: hue from -1 to 0.2 is held within -0.5 to 0.2",
    ]);
  });

  it("draws nothing for what it does not change", () => {
    const random = counting(always(0.5));
    assert.deepEqual(build({ type: "ColorJitter", brightness: [1, 1] }).plan({ height: 9, width: 9 }, random), []);
    assert.deepEqual(random.drawn, ["integer", "integer", "integer"]);
  });
});

describe("RandomErasing", () => {
  it("fills a rectangle of the share and shape that it draws, inside the image", () => {
    const black = flat(40, 60, [0, 0, 0]);
    for (let seed = 0; seed < 100; seed++) {
      const { data } = apply({ type: "RandomErasing", erase_prob: 1, fill_color: 255 }, black, randomStream(seed));
      const share = data.filter((value) => value === 255).length / data.length;
      assert.ok(share > 0.015 && share < 0.42, `${share}`);
    }
  });

  it("fills with noise that is uniform, or normal around a colour", () => {
    const options = {
      type: "RandomErasing",
      erase_prob: 1,
      min_area_ratio: 1,
      max_area_ratio: 1,
      aspect_range: 1,
      mode: "rand",
    };
    const black = flat(50, 50, [0, 0, 0]);
    const meanOf = (config: ConfigDict, channel: number): number => {
      const { data } = apply(config, black);
      return data.filter((_, index) => index % 3 === channel).reduce((sum, value) => sum + value, 0) / 2500;
    };
    assert.ok(Math.abs(meanOf(options, 0) - 127.5) < 6);
    const normal = { ...options, fill_color: [50, 100, 150], fill_std: 5 };
    for (const channel of [0, 1, 2]) assert.ok(Math.abs(meanOf(normal, channel) - (50 + 50 * channel)) < 2);
  });
});

describe("MultiView", () => {
  it("makes as many views of each pipeline as it says, each with draws of its own", () => {
    const crop = { type: "RandomCrop", crop_size: 4 };
    const { views, height, data } = apply(
      { type: "MultiView", transforms: [[crop], [crop, { type: "Invert", prob: 1 }]], num_views: [2, 1] },
      numberedImage(40, 40),
      randomStream(3),
    );
    assert.deepEqual([views, height, data.length], [3, 4, 3 * 48]);
    const [first, second] = [data.subarray(0, 48), data.subarray(48, 96)];
    assert.notDeepEqual(first, second);
  });

  it("hands on what is inside of it has to say, as the others do", () => {
    const inner = { type: "NumpyToPIL" };
    for (const outer of [
      { type: "MultiView", transforms: [[inner]], num_views: 2 },
      { type: "RandomApply", transforms: [inner] },
      { type: "RandomChoice", transforms: [[inner]] },
      { type: "AutoAugment", policies: [[inner, { type: "Rotate", angle: 3 }]] },
      { type: "RandAugment", policies: [inner, { type: "Rotate", angle: 3 }], num_policies: 1, magnitude_level: 1 },
    ]) {
      assert.equal(build(outer).notes?.length, 1, outer.type);
    }
  });
});
