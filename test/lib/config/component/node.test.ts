import assert from "node:assert/strict";
import { z } from "zod";
import { buildComponent } from "#lib/config/component/build.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { ignored, ignoredKeys } from "#lib/config/component/ignored.ts";
import { ConfigNode, configNode } from "#lib/config/component/node.ts";
import { hooks } from "#lib/train/hooks/index.ts";
import { errorOf, load, placeOf } from "../support.ts";

const CODE = "a = dict(b=[dict(c=1),\n  dict(c=2)], d=None)\nlone = dict(c=3)\n";

describe("ConfigNode", () => {
  const root = configNode(load(CODE));

  for (const [path, at, found] of [
    ["a.b.1.c", 2, 2],
    ["a.d", null, undefined],
    ["a.e", undefined, undefined],
    ["a.b.2", undefined, undefined],
    ["a.toString", undefined, undefined],
  ] as const) {
    it(`at() and find() ${path}`, () => {
      if (at === undefined) assert.throws(() => root.at(path), { code: "CONFIG_INVALID_VALUE" });
      else assert.deepEqual([root.at(path).value, root.at(path).path], [at, path]);
      assert.equal(root.find(path)?.value, found);
    });
  }

  it("child() stands in for what is not there, and only for that", () => {
    assert.deepEqual([root.child("e", 7).value, root.at("a").child("d", 7).value], [7, null]);
    assert.equal(root.at("a").child("e").path, "a.e");
  });

  it("items() are the elements of a list, a lone value, or nothing", () => {
    const itemsOf = (path: string): string[] =>
      root
        .at(path)
        .items()
        .map((node) => node.path);
    assert.deepEqual(itemsOf("a.b"), ["a.b.0", "a.b.1"]);
    assert.deepEqual(itemsOf("lone"), ["lone"]);
    assert.deepEqual(itemsOf("a.d"), []);
  });

  it("fail() is positioned at what is to blame, or at the nearest thing around it", () => {
    const [, second] = root.at("a.b").items();
    assert.equal(placeOf(second?.fail("no", { at: "c" }) ?? assert.fail()), "main.py:2:8");
    assert.equal(placeOf(second?.fail("no", { at: "c.d.e" }) ?? assert.fail()), "main.py:2:8");
    assert.equal(placeOf(second?.fail("no") ?? assert.fail()), "main.py:2:3");
  });

  it("can be sent to a thread as plain data, and made again there", () => {
    const sent = structuredClone({ ...root.at("a.b") });
    assert.equal(new ConfigNode(sent).at("1.c").value, 2);
  });
});

describe("a builder", () => {
  const Leaf = component({
    schema: z.strictObject({ size: z.int().default(1) }),
    create: ({ size }, { node }) => `${node.path}:${size}`,
  });
  const leaves = { kind: "leaf", components: { Leaf } };
  const Tree = component({
    schema: z.strictObject({
      leaf: dictionary.default({ type: "Leaf", size: 5 }),
      rest: z.array(dictionary).default([]),
    }),
    create(_config, { node, build, fail }): string {
      const rest = node.child("rest").items();
      if (rest.length > 2) throw fail("too many leaves", { at: "rest", hint: "Take two" });
      return [build(leaves, "leaf", undefined), ...rest.map((leaf) => build(leaves, leaf, undefined))].join();
    },
  });
  const build = (code: string): string =>
    buildComponent({ kind: "tree", components: { Tree } }, configNode(load(code), "tree"), undefined);

  it("builds what is inside, where it stands, by its key or by its node", () => {
    assert.equal(build("tree = dict(type='Tree', leaf=dict(type='Leaf', size=2))\n"), "tree.leaf:2");
    assert.equal(build("tree = dict(type='Tree', rest=[dict(type='Leaf')])\n"), "tree.leaf:5,tree.rest.0:1");
  });

  it("places the errors of what is inside, and its own", () => {
    const inside = errorOf(() => build("tree = dict(type='Tree',\n  rest=[dict(type='Leaf', size='x')])\n"));
    assert.equal(placeOf(inside), "main.py:2:27");
    const own = errorOf(() => build("tree = dict(type='Tree',\n  rest=[dict(type='Leaf')] * 3)\n"));
    assert.deepEqual([placeOf(own), own.code, own.hint], ["main.py:2:3", "CONFIG_INVALID_VALUE", "Take two"]);
  });
});

describe("ignored()", () => {
  it("marks keys, which can be listed, and still checks their values", () => {
    const schema = z.strictObject({ a: ignored("it is b"), c: ignored("it is d", z.int().default(1)), e: z.int() });
    assert.deepEqual(ignoredKeys(schema), {
      a: "Accepted, has no effect: it is b.",
      c: "Accepted, has no effect: it is d.",
    });
    assert.deepEqual(schema.parse({ a: "x", e: 2 }), { a: "x", c: 1, e: 2 });
    assert.throws(() => schema.parse({ c: "x", e: 2 }));
    assert.ok("out_dir" in ignoredKeys(hooks.components.CheckpointHook.schema));
  });
});
