import assert from "node:assert/strict";
import type { ConfigValue } from "#lib/config/value.ts";
import { load, loadError } from "../support.ts";

const BASE =
  "model = dict(head=dict(topk=(1, 5)))\npipe = [dict(type='Load'), dict(type='Crop', scale=224)]\nname = 'b'\nlr = 0.1\n";
const loadWith = (...options: string[]): Readonly<Record<string, ConfigValue>> => load(BASE, { options }).value;

const VALUES: readonly (readonly [text: string, value: ConfigValue])[] = [
  ["3", 3],
  ["-3", -3],
  ["1_000", 1000],
  ["1__0", "1__0"],
  ["0x10", "0x10"],
  ["1e-3", 0.001],
  [".5", 0.5],
  ["5.", 5],
  ["nan", Number.NaN],
  ["-inf", -Infinity],
  ["TRUE", true],
  ["false", false],
  ["None", null],
  ["none", "none"],
  ["", ""],
  ["a=b", "a=b"],
  ['"abc"', "abc"],
  ["a b", "ab"],
  ["1,2", [1, 2]],
  ["1,", [1]],
  ["[1,2,3]", [1, 2, 3]],
  ["(1,2)", [1, 2]],
  ["[]", []],
  ["()", []],
  ["[10,]", [10]],
  ["[a, b ,c]", ["a", "b", "c"]],
  ["[[1,2],[3]]", [[1, 2], [3]]],
  [
    "[(a,1),(b,2.5)]",
    [
      ["a", 1],
      ["b", 2.5],
    ],
  ],
  ["['x','None',None]", ["x", null, null]],
];

describe("--cfg-options", () => {
  for (const [text, value] of VALUES)
    it(`name=${text}`, () => assert.deepEqual(loadWith(`name=${text}`)["name"], value));

  it("makes dicts along a dotted key, and merges them", () => {
    assert.deepEqual(loadWith("model.head.num_classes=10", "model.new.deep=1")["model"], {
      head: { topk: [1, 5], num_classes: 10 },
      new: { deep: 1 },
    });
  });

  it("reaches into lists by index", () => {
    assert.deepEqual(loadWith("pipe.1.scale=192", "pipe.0.a.b=1")["pipe"], [
      { type: "Load", a: { b: 1 } },
      { type: "Crop", scale: 192 },
    ]);
  });

  it("replaces a dict with _delete_, but not an element", () => {
    assert.deepEqual(loadWith("model._delete_=True", "model.x=1")["model"], { x: 1 });
    assert.deepEqual((loadWith("pipe.0._delete_=True")["pipe"] as unknown[])[0], { type: "Load", _delete_: true });
  });

  it("takes digits for a name where there is no list", () => {
    assert.deepEqual(loadWith("data.0.x=1")["data"], { "0": { x: 1 } });
  });

  it("lets the last of equal keys win", () => assert.equal(loadWith("lr=1", "lr=2")["lr"], 2));

  it("leaves the elements of a shared list alone elsewhere", () => {
    const value = load("a = [dict(x=1)]\nb = a\n", { options: ["a.0.x=2"] }).value;
    assert.deepEqual(value, { a: [{ x: 2 }], b: [{ x: 1 }] });
  });

  it("gives the option as the position of its values", () => {
    assert.equal(load(BASE, { options: ["lr=1"] }).positions.get("lr")?.file, "--cfg-options lr=1");
  });

  const errors: readonly (readonly [options: readonly string[], code: string, says: RegExp])[] = [
    [["lr"], "CONFIG_INVALID_VALUE", /no `=`/],
    [["name=[1,[2"], "CONFIG_INVALID_VALUE", /not balanced/],
    [["name=(1),(2)"], "CONFIG_INVALID_VALUE", /is no value of an option/],
    [["name=dict(a=1,b=2)"], "CONFIG_INVALID_VALUE", /name=dict.*give a dict key by key/],
    [["lr.a=1"], "CONFIG_MERGE", /`lr` is a dict here, but its base has a float/],
    [["pipe.a=1"], "CONFIG_MERGE", /`pipe` is a list/],
    [["pipe.5.x=1"], "CONFIG_MERGE", /`pipe\.5` lies beyond the 2 elements/],
    [["pipe.1=5"], "CONFIG_MERGE", /pipe=\[/],
    [["model.head.topk.0=3"], "CONFIG_MERGE", /tuple/],
    [["a=1", "a.b=2"], "CONFIG_INVALID_VALUE", /`a\.b`/],
  ];
  for (const [options, code, says] of errors) {
    it(`refuses ${options.join(" ")}`, () => {
      const error = loadError(BASE, { options });
      assert.equal(error.code, code, error.describe());
      assert.match(error.describe(), says);
    });
  }

  const LONG = 500_000;
  const long: readonly (readonly [what: string, text: string])[] = [
    ["elements", `[${"1,".repeat(LONG)}]`],
    ["quotes", `${"'".repeat(LONG)}x`],
    ["brackets", `${"[".repeat(LONG)}${"]".repeat(LONG)}`],
    ["brackets side by side", `[${"[1],".repeat(LONG / 2)}]`],
    ["keys", `${"a.".repeat(LONG)}b=1`],
    ["open brackets", "[".repeat(LONG)],
  ];
  for (const [what, text] of long) {
    it(`reads or refuses an option with ${LONG} ${what} in one walk`, function () {
      this.timeout(5_000); // a walk for each of them takes minutes
      try {
        loadWith(text.includes("=") ? text : `k=${text}`);
      } catch (thrown) {
        assert.match(String((thrown as { code?: string }).code), /^CONFIG_/);
      }
    });
  }
});
