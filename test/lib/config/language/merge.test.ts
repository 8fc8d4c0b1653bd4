import assert from "node:assert/strict";
import fc from "fast-check";
import { Budget } from "#lib/config/language/budget.ts";
import type { ConfigValue } from "#lib/config/value.ts";
import { dumpJson, dumpPython, fromPlain } from "#lib/config/print/dump.ts";
import { mergeConfigs } from "#lib/config/language/merge.ts";
import { toPlain } from "#lib/config/plain.ts";
import { PyDict } from "#lib/config/language/python/values.ts";
import { load } from "../support.ts";

const RUNS = { numRuns: 100 };
const key = fc.constantFrom("a", "b", "c", "d");
const leaf = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: ConfigValue; dict: ConfigValue }>((tie) => ({
  tree: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("tree"), { maxLength: 3 }), tie("dict")),
  dict: fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
}));
const config = fc.dictionary(key, tree, { maxKeys: 4, noNullPrototype: true });

function asDict(value: Readonly<Record<string, ConfigValue>>): PyDict {
  const dict = fromPlain(value);
  assert(dict instanceof PyDict);
  return dict;
}

function plain(dict: PyDict): unknown {
  return toPlain(dict, new Budget()).value;
}

/** The merge, or undefined where a dict meets something else. */
function merged(child: Readonly<Record<string, ConfigValue>>, base: Readonly<Record<string, ConfigValue>>): unknown {
  try {
    return plain(mergeConfigs(asDict(child), asDict(base), { listKeys: false, budget: new Budget() }));
  } catch {
    return undefined;
  }
}

describe("mergeConfigs()", () => {
  it("an empty child changes nothing, and over an empty base it is the child", () => {
    fc.assert(
      fc.property(config, (value) => {
        assert.deepEqual(merged({}, value), plain(asDict(value)));
        assert.deepEqual(merged(value, {}), plain(asDict(value)));
      }),
      RUNS,
    );
  });

  it("merging a config with itself gives itself", () => {
    fc.assert(
      fc.property(config, (value) => assert.deepEqual(merged(value, value), plain(asDict(value)))),
      RUNS,
    );
  });

  it("merging twice is merging once", () => {
    fc.assert(
      fc.property(config, config, (child, base) => {
        const once = merged(child, base);
        if (once !== undefined) assert.deepEqual(merged(child, once as Record<string, ConfigValue>), once);
      }),
      RUNS,
    );
  });

  it("_delete_=True at the key gives the child's value", () => {
    fc.assert(
      fc.property(config, config, (child, base) => {
        const result = merged({ x: { ...child, _delete_: true } }, { x: base });
        assert.deepEqual(result, { x: plain(asDict(child)) });
      }),
      RUNS,
    );
  });

  it("leaves both arguments as they were", () => {
    fc.assert(
      fc.property(config, config, (child, base) => {
        const [left, right] = [asDict(child), asDict(base)];
        const before = [JSON.stringify(plain(left)), JSON.stringify(plain(right))];
        try {
          mergeConfigs(left, right, { listKeys: true, budget: new Budget() });
        } catch {
          // A refused merge must leave them alone too.
        }
        assert.deepEqual([JSON.stringify(plain(left)), JSON.stringify(plain(right))], before);
      }),
      RUNS,
    );
  });

  it("keeps the base's order, new keys last", () => {
    assert.deepEqual(Object.keys(merged({ c: 1, a: 2 }, { a: 0, b: 0 }) as object), ["a", "b", "c"]);
  });
});

describe("dumpPython()", () => {
  it("writes text that loads to the same value and dumps to the same text", () => {
    fc.assert(
      fc.property(config, (value) => {
        const dict = asDict(value);
        const text = dumpPython(dict);
        const again = load(text);
        assert.deepEqual(again.value, plain(dict));
        assert.equal(dumpPython(again.python), text);
      }),
      RUNS,
    );
  });

  it("keeps int, float, tuple and what Python calls the rest", () => {
    const text = "a = [1, 1.0, 1e-05, float('inf'), None, True, (2,), 'it\\'s \"x\"', {1: 2, 'a-b': 3}]\n";
    assert.equal(
      dumpPython(load(text).python),
      "a = [\n    1,\n    1.0,\n    1e-05,\n    float('inf'),\n    None,\n    True,\n    (2,),\n    'it\\'s \"x\"',\n    {\n        1: 2,\n        'a-b': 3,\n    },\n]\n",
    );
  });

  it("sorts names at every level, one a line", () => {
    assert.equal(
      dumpPython(load("b = dict(z=1, a=dict())\na = []\n").python),
      "a = []\nb = dict(\n    a=dict(),\n    z=1,\n)\n",
    );
  });
});

describe("dumpJson()", () => {
  it("sorts names at every level", () => {
    assert.equal(
      dumpJson({ b: [{ d: 1, c: 2 }], a: null }),
      '{\n  "a": null,\n  "b": [\n    {\n      "c": 2,\n      "d": 1\n    }\n  ]\n}\n',
    );
  });

  it("refuses numbers that JSON does not have", () => {
    assert.throws(() => dumpJson({ a: Infinity }), { code: "CONFIG_INVALID_VALUE" });
  });
});
