import assert from "node:assert/strict";
import { z } from "zod";
import { buildComponent } from "#lib/config/component/build.ts";
import { component } from "#lib/config/component/component.ts";
import type { Builder, Table } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import { errorOf, load, placeOf } from "../support.ts";

const GaussLoss = component({
  schema: z.strictObject({
    std: z.number().positive().default(2),
    num_samples: z.int().min(1).default(11),
    reduction: z.enum(["mean", "sum"]).default("mean"),
    weight: z.union([z.number(), z.array(z.number())]).optional(),
    inner: z.strictObject({ depth: z.int() }).optional(),
  }),
  create: (config, { context }: Builder<string>) => `${context}:${config.std}:${config.reduction}`,
});
const MultiStepLR = component({
  schema: z
    .strictObject({ milestones: z.array(z.int()), gamma: z.number().default(0.1) })
    .refine((config) => config.gamma < 1, { path: ["gamma"], error: "expected less than 1" }),
  create: (config, { context }: Builder<string>) => `${context}:${config.milestones.join(",")}`,
});
const table: Table<string, string> = { kind: "loss", components: { GaussLoss, MultiStepLR } };

function build(code: string, path = "loss"): string {
  return buildComponent(table, configNode(load(code), path), "ctx");
}

describe("buildComponent()", () => {
  it("fills defaults in and hands the context over", () => {
    assert.equal(build("loss = dict(type='GaussLoss', reduction='sum')\n"), "ctx:2:sum");
  });

  for (const type of ["mmpretrain.GaussLoss", "mmengine.GaussLoss", "mmpretrain.models.losses.GaussLoss"]) {
    it(`finds ${type}`, () => assert.equal(build(`loss = dict(type='${type}')\n`), "ctx:2:mean"));
  }

  it("ignores _scope_", () =>
    assert.equal(build("loss = dict(type='GaussLoss', _scope_='mmpretrain')\n"), "ctx:2:mean"));

  it("tells a component which keys another one of its kind takes", () => {
    const Nesting = component({
      schema: z.strictObject({ inner: z.unknown() }),
      create: (_, { node, keysOf }: Builder<string, string>) => keysOf(node.at("inner")).join(),
    });
    const nesting: Table<string, string> = { kind: "loss", components: { ...table.components, Nesting } };
    const of = (inner: string): string =>
      buildComponent(nesting, configNode(load(`loss = dict(type='Nesting', inner=${inner})\n`), "loss"), "ctx");
    assert.equal(of("dict(type='MultiStepLR', gamma=7)"), "milestones,gamma");
    assert.throws(() => of("dict(type='MultiStep')"), { code: "CONFIG_UNKNOWN_TYPE", message: /`loss\.inner`/ });
  });

  const errors: readonly (readonly [what: string, code: string, expected: string, place: string, says: RegExp])[] = [
    [
      "an unknown type",
      "loss = dict(\n    type='GausLoss')\n",
      "CONFIG_UNKNOWN_TYPE",
      "2:5",
      /`loss` has type `GausLoss`, but there is no such loss.*`GaussLoss`.*Known: GaussLoss, MultiStepLR/,
    ],
    [
      "a type of JavaScript's Object",
      "loss = dict(type='constructor')\n",
      "CONFIG_UNKNOWN_TYPE",
      "1:13",
      /constructor/,
    ],
    ["no type", "loss = dict(std=1)\n", "CONFIG_INVALID_VALUE", "1:1", /no `type`.*Known/],
    ["no dict", "loss = 5\n", "CONFIG_INVALID_VALUE", "1:1", /must be a dict.*dict\(type='GaussLoss'\)/],
    [
      "an unknown key",
      "loss = dict(type='GaussLoss',\n    num_sample=3)\n",
      "CONFIG_UNKNOWN_KEY",
      "2:5",
      /GaussLoss has no key `num_sample`.*`num_samples`.*reduction, std/,
    ],
    [
      "an unknown key inside",
      "loss = dict(type='GaussLoss', inner=dict(depth=1, dept=2))\n",
      "CONFIG_UNKNOWN_KEY",
      "1:51",
      /`loss\.inner`.*`dept`.*`depth`/,
    ],
    [
      "a legacy key",
      "loss = dict(type='MultiStepLR', milestones=[1], step=[30])\n",
      "CONFIG_UNKNOWN_KEY",
      "1:49",
      /`step`.*now called `milestones`/,
    ],
    [
      "a stray _delete_",
      "loss = dict(type='GaussLoss', _delete_=True)\n",
      "CONFIG_UNKNOWN_KEY",
      "1:31",
      /_delete_.*remove it/,
    ],
    [
      "a wrong type of value",
      "loss = dict(type='GaussLoss', std='2')\n",
      "CONFIG_INVALID_VALUE",
      "1:31",
      /`loss\.std` is '2', expected a number.*text/,
    ],
    [
      "a value too small",
      "loss = dict(type='GaussLoss', num_samples=0)\n",
      "CONFIG_INVALID_VALUE",
      "1:31",
      /`loss\.num_samples` is 0, expected a number at least 1/,
    ],
    [
      "a value that is none of those",
      "loss = dict(type='GaussLoss', reduction='none')\n",
      "CONFIG_INVALID_VALUE",
      "1:31",
      /is 'none', expected 'mean' or 'sum'/,
    ],
    [
      "a value of neither type",
      "loss = dict(type='GaussLoss', weight='x')\n",
      "CONFIG_INVALID_VALUE",
      "1:31",
      /expected a number or a list/,
    ],
    [
      "a missing value",
      "loss = dict(type='MultiStepLR')\n",
      "CONFIG_INVALID_VALUE",
      "1:1",
      /MultiStepLR needs `milestones`/,
    ],
    [
      "a wrong element",
      "loss = dict(type='MultiStepLR', milestones=[1, 'x'])\n",
      "CONFIG_INVALID_VALUE",
      "1:33",
      /`loss\.milestones\.1` is 'x', expected a number/,
    ],
    [
      "a refused combination",
      "loss = dict(type='MultiStepLR', milestones=[1], gamma=2)\n",
      "CONFIG_INVALID_VALUE",
      "1:49",
      /`loss\.gamma` is 2, expected less than 1/,
    ],
  ];
  for (const [what, code, expected, place, says] of errors) {
    it(`refuses ${what}`, () => {
      const error = errorOf(() => build(code));
      assert.equal(error.code, expected, error.describe());
      assert.match(error.describe(), says);
      assert.equal(placeOf(error), `main.py:${place}`, error.describe());
    });
  }
});

describe("configNode()", () => {
  it("finds dicts and elements of lists", () => {
    assert.equal(build("m = dict(losses=[dict(type='GaussLoss', std=7)])\n", "m.losses.0"), "ctx:7:mean");
  });

  it("says what is missing, and from where", () => {
    const error = errorOf(() => configNode(load("a = 1\nmodel = dict(haed=1)\n"), "model.head"));
    assert.equal(error.code, "CONFIG_INVALID_VALUE");
    assert.match(error.describe(), /main\.py:2:1: `model` has no `head`.*`haed`/);
    assert.match(errorOf(() => configNode(load("a = 1\n"), "toString")).describe(), /The config has no `toString`/);
  });
});

describe("ConfigNode.parse()", () => {
  it("names the node when no component does", () => {
    const node = configNode(load("train_cfg = dict(max_epoch=1)\n"), "train_cfg");
    const error = errorOf(() => node.parse(z.strictObject({ max_epochs: z.int() })));
    assert.match(error.describe(), /`train_cfg` has no key `max_epoch`.*`max_epochs`/);
  });
});
