import assert from "node:assert/strict";
import { dumpPython } from "#lib/config/print/dump.ts";
import { load, loadError, placeOf } from "../support.ts";

const yaml = (text: string, more: Record<string, string> = {}): ReturnType<typeof load> =>
  load({ "m.yaml": text, ...more }, { main: "m.yaml" });

describe("YAML configs", () => {
  it("read as PyYAML reads them", () => {
    const text = "a: yes\nb: off\nc: 1e-3\nd: 1.0e-3\ne: 010\nf: ~\ng: 'x'\nh: 1_000\ni: .inf\nj: NO\nn: y\n";
    assert.deepEqual(yaml(text).value, {
      a: true,
      b: false,
      c: "1e-3",
      d: 0.001,
      e: 8,
      f: null,
      g: "x",
      h: 1000,
      i: Infinity,
      j: false,
      n: "y",
    });
  });

  it("keep ints and floats apart", () => {
    assert.equal(dumpPython(yaml("a: 1\nb: 1.0\n").python), "a = 1\nb = 1.0\n");
  });

  it("inherit, and take base variables", () => {
    const more = { "base.py": "lr = 0.1\nm = dict(a=1, b=2)\n" };
    assert.deepEqual(yaml("_base_: ./base.py\nm: {b: 3}\nx: [{{ _base_.lr }}]\n", more).value, {
      lr: 0.1,
      m: { a: 1, b: 3 },
      x: [0.1],
    });
  });

  it("take anchors and merge keys", () => {
    assert.deepEqual(yaml("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n").value, { a: { b: 1, c: 2 }, d: { c: 3, b: 1 } });
  });

  it("say where they are wrong", () => {
    for (const [text, code, place] of [
      ["a: 1\nb: [1\n", "CONFIG_SYNTAX", "3:1"],
      ["a: 1\na: 2\n", "CONFIG_SYNTAX", "2:1"],
      ["- 1\n", "CONFIG_SYNTAX", "1:1"],
      ["a: 1\nb: 2020-01-01\n", "CONFIG_UNSUPPORTED", "2:4"],
      ["_base_: nope.yaml\n", "CONFIG_NOT_FOUND", "1:1"],
      ["a: x{{ _base_.b }}\n", "CONFIG_EVALUATION", "1:4"],
    ] as const) {
      const error = loadError({ "m.yaml": text }, { main: "m.yaml" });
      assert.deepEqual([error.code, placeOf(error)], [code, `m.yaml:${place}`], error.describe());
    }
  });
});

describe("JSON configs", () => {
  const json = (text: string): ReturnType<typeof load> => load({ "m.json": text }, { main: "m.json" });

  it("keep their values, and where these stand", () => {
    const loaded = json('{\n  "a": {"b": [1, 2.5, 1e-3, null, true, "x"]}\n}');
    assert.deepEqual(loaded.value, { a: { b: [1, 2.5, 0.001, null, true, "x"] } });
    assert.deepEqual(loaded.positions.get("a.b"), { file: "m.json", line: 2, column: 9 });
  });

  it("say where they are wrong", () => {
    for (const [text, place] of [
      ['{"a": 1,}', "1:9"],
      ['{\n "a": nope}', "2:7"],
    ] as const) {
      const error = loadError({ "m.json": text }, { main: "m.json" });
      assert.deepEqual([error.code, placeOf(error)], ["CONFIG_SYNTAX", `m.json:${place}`], error.describe());
    }
  });
});
