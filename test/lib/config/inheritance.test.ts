import assert from "node:assert/strict";
import { load, loadError, placeOf } from "./support.ts";

const BASE =
  "model = dict(type='A', head=dict(loss=dict(type='CE', w=1.0), topk=(1, 5)))\npipe = [dict(type='Load'), dict(type='Crop', scale=224)]\nlr = 0.1\n";

/** The config of a child of BASE. */
function child(code: string): Record<string, unknown> {
  return load({ "main.py": `_base_ = './base.py'\n${code}\n`, "base.py": BASE }).value;
}

const MODEL = { type: "A", head: { loss: { type: "CE", w: 1 }, topk: [1, 5] } };
const PIPE = [{ type: "Load" }, { type: "Crop", scale: 224 }];

const ROWS: readonly (readonly [what: string, code: string, key: string, value: unknown])[] = [
  [
    "dicts merge key by key",
    "model = dict(head=dict(loss=dict(w=2)))",
    "model",
    { type: "A", head: { loss: { type: "CE", w: 2 }, topk: [1, 5] } },
  ],
  [
    "lists and tuples replace",
    "model = dict(head=dict(topk=(10,)))",
    "model",
    { type: "A", head: { loss: { type: "CE", w: 1 }, topk: [10] } },
  ],
  ["_delete_=True replaces a dict", "model = dict(_delete_=True, type='B')", "model", { type: "B" }],
  ["_delete_=False merges and vanishes", "model = dict(head=None, _delete_=False)", "model", { type: "A", head: null }],
  ["_delete_ stays where the base has no such key", "new = dict(_delete_=True, a=1)", "new", { _delete_: true, a: 1 }],
  ["None replaces a dict", "model = None", "model", null],
  ["a base variable is the base's value", "lr = 5\nx = {{_base_.lr}}", "x", 0.1],
  ["a base variable inside containers", "x = dict(a=[({{ _base_.model.head.topk }},)])", "x", { a: [[[1, 5]]] }],
  ["_base_ can be read", "x = _base_.model.head['topk'][1] + 1", "x", 6],
  [
    "_base_ can be changed before the merge",
    "_base_.pipe[1].scale = 64\n_base_.pipe.insert(1, dict(type='Flip'))",
    "pipe",
    [{ type: "Load" }, { type: "Flip" }, { type: "Crop", scale: 64 }],
  ],
  ["_base_ can lose a key", "_base_.pop('pipe')\nx = 'pipe' in _base_", "x", false],
  [
    "_base_.update merges deeply",
    "_base_.model.update(head=dict(topk=1))",
    "model",
    { type: "A", head: { loss: { type: "CE", w: 1 }, topk: 1 } },
  ],
  ["what goes into _base_ is copied", "d = dict(a=1)\n_base_.d = d\nd['a'] = 2\nx = _base_.d.a", "x", 1],
  [
    "dict(**_base_...) copies the top level",
    "x = dict(**_base_.model.head.loss, z=1)",
    "x",
    { type: "CE", w: 1, z: 1 },
  ],
  ["a comment may name anything", "# {{_base_.nope}}\nx = 1", "x", 1],
];

describe("inheritance of configs", () => {
  for (const [what, code, key, value] of ROWS) it(what, () => assert.deepEqual(child(code)[key], value));

  it("leaves alone what the child does not name", () => {
    assert.deepEqual(child("new = 1"), { model: MODEL, pipe: PIPE, lr: 0.1, new: 1 });
  });

  it("makes copies of aliases: a child changes one and not the other", () => {
    const value = load({
      "main.py": "_base_ = 'b.py'\nval = dict(bs=64)\n",
      "b.py": "val = dict(bs=32, ds=dict(a=1))\ntest = val\n",
    }).value;
    assert.deepEqual(value, { val: { bs: 64, ds: { a: 1 } }, test: { bs: 32, ds: { a: 1 } } });
  });

  it("finds bases relative to the file that names them, depth first", () => {
    const loaded = load(
      {
        "a/b/main.py": "_base_ = ['../mid.py', './other.yaml']\nx = 1\n",
        "a/mid.py": "_base_ = '../top.json'\ny = 2\n",
        "a/b/other.yaml": "w: 4\n",
        "top.json": '{"z": 3}',
      },
      { main: "a/b/main.py" },
    );
    assert.deepEqual(loaded.value, { z: 3, y: 2, w: 4, x: 1 });
    assert.deepEqual(loaded.files, ["top.json", "a/mid.py", "a/b/other.yaml", "a/b/main.py"]);
  });

  it("gives each file its own predefined variables", () => {
    const files = {
      "d/main.py": "_base_ = 'base.py'\na = '{{fileBasenameNoExtension}}{{ fileExtname }}'\n",
      "d/base.py": "b = '{{ fileDirname }}/{{ fileBasename }}'\n",
    };
    assert.deepEqual(load(files, { main: "d/main.py" }).value, { b: "/d/base.py", a: "main.py" });
  });

  it("replaces environment variables as text, with their defaults", () => {
    const code = "a = '{{$DATA:/def/ault}}/img'\nn = {{'$COUNT:80'}}\n";
    assert.deepEqual(load(code).value, { a: "/def/ault/img", n: 80 });
    assert.deepEqual(load(code, { env: { DATA: "/x", COUNT: "192" } }).value, { a: "/x/img", n: 192 });
  });

  it("warns of a deprecated config", () => {
    const loaded = load("_deprecation_ = dict(expected='new.py', reference='http://x')\na = 1\n");
    assert.deepEqual(loaded.value, { a: 1 });
    assert.deepEqual(loaded.warnings, [
      "The config file main.py will be deprecated in the future. Please use new.py instead. More information can be found at http://x",
    ]);
  });

  it("knows where each value was written", () => {
    const { positions } = load({
      "main.py": "_base_ = './base.py'\nmodel = dict(\n    head=dict(topk=1))\n",
      "base.py": BASE,
    });
    assert.deepEqual(positions.get("model.head.topk"), { file: "main.py", line: 3, column: 15 });
    assert.deepEqual(positions.get("model.head.loss.w"), { file: "base.py", line: 1, column: 55 });
    assert.deepEqual(positions.get("pipe.1.scale"), { file: "base.py", line: 2, column: 46 });
  });

  const errors: readonly (readonly [
    what: string,
    files: Record<string, string>,
    code: string,
    place: string,
    says: RegExp,
  ])[] = [
    [
      "a base that does not exist",
      { "main.py": "_base_ = [\n    'bsae.py']\n" },
      "CONFIG_NOT_FOUND",
      "main.py:2:5",
      /`bsae\.py`.*`base\.py`/,
    ],
    [
      "a key that two bases define",
      { "main.py": "_base_ = ['base.py', 'b2.py']\n", "b2.py": "\nlr = 2\n" },
      "CONFIG_MERGE",
      "main.py:1:22",
      /`lr`.*base\.py:3.*b2\.py:2/,
    ],
    [
      "a dict over a list",
      { "main.py": "_base_ = 'base.py'\npipe = dict(a=1)\n" },
      "CONFIG_MERGE",
      "main.py:2:1",
      /`pipe` is a dict here, but its base has a list.*_delete_=True/,
    ],
    [
      "a dict over a number, deep inside",
      { "main.py": "_base_ = 'base.py'\nmodel = dict(head=dict(loss=dict(w=dict())))\n" },
      "CONFIG_MERGE",
      "main.py:2:34",
      /`model\.head\.loss\.w`/,
    ],
    [
      "a base variable that is missing",
      { "main.py": "_base_ = 'base.py'\na = {{_base_.model.haed}}\n" },
      "CONFIG_EVALUATION",
      "main.py:2:5",
      /`haed`.*`head`/,
    ],
    [
      "a base variable inside a string",
      { "main.py": "_base_ = 'base.py'\na = 'x_{{_base_.lr}}'\n" },
      "CONFIG_EVALUATION",
      "main.py:2:8",
      /inside a string.*_base_\.lr/,
    ],
    [
      "arithmetic with a base variable",
      { "main.py": "_base_ = 'base.py'\na = {{_base_.lr}} * 2\n" },
      "CONFIG_EVALUATION",
      "main.py:2:5",
      /whole value.*_base_\.lr without braces/,
    ],
    [
      "a name of the base used without _base_",
      { "main.py": "_base_ = 'base.py'\na = pipe\n" },
      "CONFIG_EVALUATION",
      "main.py:2:5",
      /_base_\.pipe/,
    ],
    [
      "a base named by a variable",
      { "main.py": "d = 'base.py'\n_base_ = [d]\n" },
      "CONFIG_EVALUATION",
      "main.py:2:11",
      /`d` is not defined/,
    ],
    [
      "a base of a wrong type",
      { "main.py": "_base_ = ('base.py',)\n" },
      "CONFIG_EVALUATION",
      "main.py:1:10",
      /not a tuple/,
    ],
    [
      "a base in a Python package",
      { "main.py": "_base_ = 'mmdet::x.py'\n" },
      "CONFIG_UNSUPPORTED",
      "main.py:1:10",
      /package/,
    ],
    [
      "an unset environment variable without default",
      { "main.py": "a = '{{$DATA:}}'\n" },
      "CONFIG_EVALUATION",
      "main.py:1:6",
      /`DATA`/,
    ],
    [
      "a base that is no config",
      { "main.py": "_base_ = 'a.txt'\n", "a.txt": "" },
      "CONFIG_UNSUPPORTED",
      "main.py:1:10",
      /\.py/,
    ],
  ];
  for (const [what, files, code, place, says] of errors) {
    it(`refuses ${what}`, () => {
      const error = loadError({ "base.py": BASE, ...files });
      assert.equal(error.code, code, error.describe());
      assert.equal(placeOf(error), place, error.describe());
      assert.match(error.describe(), says);
    });
  }

  it("names configs that resemble a missing one", () => {
    const error = loadError({ "configs/resnet18.py": "a = 1\n" }, { main: "configs/resnet81.py" });
    assert.equal(error.code, "CONFIG_NOT_FOUND");
    assert.match(error.describe(), /Did you mean `configs\/resnet18\.py`/);
  });

  it("tolerates what a base imports, and leaves it out", () => {
    const files = {
      "main.py": "_base_ = 'b.py'\n",
      "b.py": "from mmpretrain.models import build\nimport torch\na = 1\n",
    };
    assert.deepEqual(load(files).value, { a: 1 });
  });

  it("resolves to the same value every time", () => {
    const files = { "main.py": "_base_ = 'base.py'\nx = {{_base_.model}}\n", "base.py": BASE };
    assert.equal(JSON.stringify(load(files).value), JSON.stringify(load(files).value));
  });
});

describe("new-style configs", () => {
  const READ = "from mmengine.config import read_base\n\nwith read_base():\n    from .base import *\n";

  it("edit what they import, and name types by their module", () => {
    const code = `${READ}from torch.optim import SGD\nmodel.update(head=dict(topk=9))\nmodel.head.loss = dict(_delete_=True, type=SGD)\npipe.append(dict(type='P'))\n`;
    assert.deepEqual(load({ "main.py": code, "base.py": BASE }).value, {
      model: { type: "A", head: { loss: { _delete_: true, type: "torch.optim.SGD" }, topk: 9 } },
      pipe: [...PIPE, { type: "P" }],
      lr: 0.1,
    });
  });

  it("merge with _delete_", () => {
    const code = `${READ}model.head.merge(dict(_delete_=True, a=dict(_delete_=True, b=1)))\n`;
    assert.deepEqual(load({ "main.py": code, "base.py": BASE }).value["model"], { type: "A", head: { a: { b: 1 } } });
  });

  it("import some names, under other names too", () => {
    const code = "from mmengine.config import read_base\nwith read_base():\n    from .sub.base import lr as rate\n";
    assert.deepEqual(load({ "main.py": code, "sub/base.py": BASE }).value, { rate: 0.1 });
  });

  it("refuse a missing base, a missing name, and calling what was imported", () => {
    const read = "from mmengine.config import read_base\nwith read_base():\n    ";
    assert.equal(placeOf(loadError({ "main.py": `${read}from .nope import *\n` })), "main.py:3:5");
    assert.match(
      loadError({ "main.py": `${read}from .base import model1\n`, "base.py": BASE }).describe(),
      /does not define `model1`.*`model`/,
    );
    assert.equal(loadError("from torch import tensor\na = tensor(1)\n").code, "CONFIG_UNSUPPORTED");
  });

  it("do not mix with _base_", () => {
    const error = loadError({ "main.py": "_base_ = 'new.py'\n", "new.py": READ, "base.py": BASE });
    assert.equal(error.code, "CONFIG_MERGE");
    assert.equal(placeOf(error), "main.py:1:10");
  });
});
