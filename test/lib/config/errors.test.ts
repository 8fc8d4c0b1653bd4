import assert from "node:assert/strict";
import type { ErrorCode } from "#lib/base/errors.ts";
import { load, loadError, placeOf } from "./support.ts";

type Row = readonly [what: string, code: string, expected: ErrorCode, place: string, says: RegExp];

const ROWS: readonly Row[] = [
  ["an unclosed bracket", "a = 1\nb = dict(c=1\n", "CONFIG_SYNTAX", "2:9", /`\(` is never closed/],
  ["an unclosed bracket before a statement", "a = [1,\nb = 3\n", "CONFIG_SYNTAX", "1:5", /`\[` is never closed/],
  ["a missing comma", "a = dict(b=1 c=2)\n", "CONFIG_SYNTAX", "1:14", /`c`.*comma/],
  ["a missing comma between lines", "a = dict(\n    b=dict(x=1)\n    c=2)\n", "CONFIG_SYNTAX", "3:5", /`c`.*comma/],
  [
    "a bracket closed by another",
    "a = dict(b=[1, 2)\n",
    "CONFIG_SYNTAX",
    "1:17",
    /`\)` does not close the `\[` at 1:12/,
  ],
  ["a bracket too many", "a = 1)\n", "CONFIG_SYNTAX", "1:6", /closes nothing/],
  ["an unclosed string", "a = 'x\nb = 1\n", "CONFIG_SYNTAX", "1:5", /not closed/],
  ["Python 2's print", "print 'x'\n", "CONFIG_SYNTAX", "1:1", /brackets/],
  ["unexpected indentation", "a = 1\n  b = 2\n", "CONFIG_SYNTAX", "2:3", /indentation/],
  ["a keyword argument given twice", "a = dict(b=1, b=2)\n", "CONFIG_SYNTAX", "1:15", /`b` is repeated/],
  ["assigning to a call", "f() = 1\n", "CONFIG_SYNTAX", "1:1", /[Cc]annot assign/],
  ["an old octal number", "a = 012\n", "CONFIG_SYNTAX", "1:5", /012/],
  [
    "an unknown name",
    "pipeline = 1\na = [piepline]\n",
    "CONFIG_EVALUATION",
    "2:6",
    /`piepline` is not defined.*`pipeline`/,
  ],
  ["JSON's true", "a = dict(b=true)\n", "CONFIG_EVALUATION", "1:12", /True/],
  ["a missing key", "a = dict(b=1)\nc = a['d']\n", "CONFIG_EVALUATION", "2:5", /no key `d`.*`b`/],
  ["an attribute of a plain dict", "a = dict(b=1)\nc = a.b\n", "CONFIG_EVALUATION", "2:5", /\["b"\]/],
  ["an index outside", "a = [1]\nb = a[3]\n", "CONFIG_EVALUATION", "2:5", /index 3.*list of 1/],
  ["a number added to text", "a = 'x' + 1\n", "CONFIG_EVALUATION", "1:5", /str and an int.*str\(/],
  ["division by zero", "a = [1,\n     2 / 0]\n", "CONFIG_EVALUATION", "2:6", /[Zz]ero/],
  ["a wrong call", "a = round()\n", "CONFIG_EVALUATION", "1:5", /needs the argument/],
  ["an unknown method", "a = [1]\na.apend(2)\n", "CONFIG_EVALUATION", "2:1", /apend.*`append`/],
  ["an assertion", "assert 1 > 2, 'no'\n", "CONFIG_EVALUATION", "1:1", /no/],
  ["a failing function: the place inside it", "def f():\n    return q\na = f()\n", "CONFIG_EVALUATION", "2:12", /`q`/],
  ["a class", "class A:\n    pass\n_base_ = []\n", "CONFIG_UNSUPPORTED", "1:1", /class/],
  ["try", "try:\n    a = 1\nexcept Exception:\n    a = 2\n", "CONFIG_UNSUPPORTED", "1:1", /try/],
  ["a set", "a = {1, 2}\n", "CONFIG_UNSUPPORTED", "1:5", /sets/],
  ["bytes", "a = b'x'\n", "CONFIG_UNSUPPORTED", "1:5", /[Bb]ytes/],
  ["a range as a value", "a = dict(b=range(3))\n", "CONFIG_INVALID_VALUE", "1:10", /`a.b` is a range.*list\(/],
  ["a function as a value", "a = dict(b=len)\n", "CONFIG_INVALID_VALUE", "1:10", /`a.b` is a function/],
  ["a reserved key", "a = 1\ntext = 'x'\n", "CONFIG_INVALID_VALUE", "2:1", /`text` is reserved/],
  [
    "a module that only Python could import",
    "custom_imports = dict(imports=['mine.losses'])\n",
    "CONFIG_UNSUPPORTED",
    "1:1",
    /mine\.losses/,
  ],
];

describe("errors of configs", () => {
  for (const [what, code, expected, place, says] of ROWS) {
    it(`${what}: ${expected} at ${place}`, () => {
      const error = loadError(code);
      assert.equal(error.code, expected, error.describe());
      assert.equal(placeOf(error), `main.py:${place}`, error.describe());
      assert.match(error.describe(), says);
    });
  }

  it("places an error behind substituted text where the file has it", () => {
    const code = "a = ['{{ fileBasenameNoExtension }}', '{{$X:{{ fileExtname }}}}', 1., nope]\n";
    assert.equal(placeOf(loadError(code)), `main.py:1:${code.indexOf("nope") + 1}`);
  });

  it("keeps the file of a base in its errors", () => {
    const error = loadError({ "main.py": "_base_ = 'sub/base.py'\n", "sub/base.py": "a = 1\nb = nope\n" });
    assert.equal(placeOf(error), "sub/base.py:2:5");
  });
});

describe("a config cannot reach out of itself", () => {
  const attempts = [
    "a = open('/etc/passwd')",
    "a = eval('1')",
    "a = exec('b = 1')",
    "a = __import__('os')",
    "a = [].__class__",
    "a = ''.__class__.__mro__",
    "a = (lambda: 1).__globals__",
    "a = getattr([], 'append')",
    "a = globals()",
    "a = type(1)",
    "a = '{0.__class__}'.format(1)",
    "a = '{0[0]}'.format([1])",
    "import subprocess\na = subprocess.run('id')",
    "import os\na = os.system('id')",
    "from os import system",
    "a = dict(x=1).constructor",
    "a = [1].constructor",
    "a = 'x'.constructor",
    "a = [].__proto__",
    "a = dict().hasOwnProperty('x')",
    "a = 'x'.toString()",
  ];
  for (const attempt of attempts) {
    it(attempt.replaceAll("\n", "; "), () => {
      const error = loadError(`_base_ = []\n${attempt}\n`);
      assert.match(error.code, /^CONFIG_(UNSUPPORTED|EVALUATION)$/, error.describe());
    });
  }

  it("takes names of JavaScript's prototypes for plain data", () => {
    const { value } = load(
      "a = {'__proto__': dict(polluted=1), 'constructor': 2, 'toString': 3}\nconstructor = dict(prototype=4)\n",
    );
    assert.deepEqual(Object.keys(value["a"] as object), ["__proto__", "constructor", "toString"]);
    assert.equal(Object.getPrototypeOf(value["a"]), Object.prototype);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.deepEqual(value["constructor"], { prototype: 4 });
  });

  it("sees no environment but the one it is given", () => {
    const code = "import os\na = os.environ.get('HOME', 'none')\nb = os.getenv('X')\n";
    assert.deepEqual(load(code, { env: { X: "1" } }).value, { a: "none", b: "1" });
  });
});

describe("a config ends within its budget", function () {
  this.timeout(60_000);
  /** Each takes well under a second on an idle machine. */
  const MOST_MS = 10_000;
  const greedy: Readonly<Record<string, string>> = {
    "a loop without end": "while True:\n    pass\n",
    "a loop that does a little": "x = 1\nwhile True:\n    x = x * 3 % 1000003\n",
    "a huge list": "a = [0] * 10**9\n",
    "a huge string": "a = 'x' * 10**9\n",
    "a huge range as a list": "a = list(range(10**12))\n",
    "a huge range visited": "for i in range(10**12): pass\n",
    "a huge sum": "a = sum(range(10**12))\n",
    "a huge integer": "a = 10 ** 10 ** 10\n",
    "an integer that grows": "a = 3\nwhile True:\n    a = a * a\n",
    "a string that grows": "a = 'x'\nwhile True:\n    a = a + a\n",
    "a list that grows while it is visited": "a = [1]\nfor i in a:\n    a.append(i)\n",
    "nested comprehensions": "a = [1 for i in range(10000) for j in range(10000)]\n",
    "wide formatting": "a = '{:>1000000000}'.format('x')\n",
    "a width inside a width": "w = 10 ** 9\na = f'{1:>{w}}'\n",
    "endless recursion": "def f(): return f()\na = f()\n",
    "deep brackets": `a = ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
    "deep operators": `a = ${"-".repeat(1000)}1\n`,
    "a list inside itself": "a = []\na.append(a)\n",
    "a dict inside itself": "a = {}\na['a'] = a\n",
    "lists of lists of lists": `a0 = [1] * 10\n${Array.from({ length: 12 }, (_, i) => `a${i + 1} = [a${i}] * 10\n`).join("")}`,
    "tuples inside tuples": "a = ()\nfor i in range(100000):\n    a = (a,)\nb = {a: 1}\n",
    "inserting at the front": "a = [0] * 300000\nwhile True:\n    a.insert(0, 1)\n",
    "searching a long text": "a = 'x' * 1000000\nwhile True:\n    a.count('y')\n",
    "sorting by a slow key": "a = sorted(range(1000), key=lambda v: sum(range(100000)))\n",
  };
  for (const [what, code] of Object.entries(greedy)) {
    it(what, () => {
      const start = performance.now();
      const error = loadError(code);
      assert.match(error.code, /^CONFIG_(LIMIT|EVALUATION)$/, error.describe());
      assert.ok(performance.now() - start < MOST_MS, `took ${performance.now() - start} ms`);
    });
  }

  it("deep YAML and repeated aliases", () => {
    const bomb = `a: &a [1, 1]\n${[..."bcdefghijklmnopqrstuvwxyz"].map((name, index, all) => `${name}: &${name} [*${all[index - 1] ?? "a"}, *${all[index - 1] ?? "a"}]\n`).join("")}`;
    assert.equal(loadError({ "m.yaml": bomb }, { main: "m.yaml" }).code, "CONFIG_LIMIT");
    const deep = `a: ${"[".repeat(20000)}${"]".repeat(20000)}\n`;
    assert.equal(loadError({ "m.yaml": deep }, { main: "m.yaml" }).code, "CONFIG_LIMIT");
  });

  it("names the limit and the place", () => {
    const error = loadError("a = 1\nb = [0] * 10**9\n");
    assert.equal(error.code, "CONFIG_LIMIT");
    assert.equal(placeOf(error), "main.py:2:5");
    assert.match(error.message, /1,000,000/);
  });

  it("a chain of files that never ends", () => {
    const files = { "main.py": "_base_ = 'b.py'\n", "b.py": "_base_ = 'main.py'\n" };
    const error = loadError(files);
    assert.equal(error.code, "CONFIG_MERGE");
    assert.match(error.message, /main\.py -> b\.py -> main\.py/);
  });
});
