import assert from "node:assert/strict";
import { Budget } from "#lib/config/language/budget.ts";
import { repr } from "#lib/config/language/python/repr.ts";
import { load } from "./support.ts";

/** What Python prints for `x` after the statements. */
function pythonRepr(code: string): string {
  const value = load(code).python.get("x");
  return repr(value ?? null, new Budget()).replaceAll("ConfigDict", "dict");
}

// Each right side is what CPython 3.11 prints.
const EXPRESSIONS: Readonly<Record<string, readonly (readonly [expression: string, printed: string])[]>> = {
  numbers: [
    ["10 / 2", "5.0"],
    ["7 // 2", "3"],
    ["-7 // 2", "-4"],
    ["-7 % 3", "2"],
    ["7.5 // -2", "-4.0"],
    ["-3.5 % 2", "0.5"],
    ["1 // 0.1", "9.0"],
    ["2 ** 100", "1267650600228229401496703205376"],
    ["2 ** -1", "0.5"],
    ["-2 ** 2", "-4"],
    ["2 ** 3 ** 2", "512"],
    ["5e-4 * 128 * 8 / 512", "0.001"],
    ["0.1 + 0.2", "0.30000000000000004"],
    ["10.0 ** -5", "1e-05"],
    ["1e16", "1e+16"],
    ["0.0001", "0.0001"],
    ["256 / 9 * 4", "113.77777777777777"],
    ["1_000 + 0x10 + 0b11 + 0o17", "1034"],
    ["1. + .5", "1.5"],
    ["[1., 2.e3, 3.]", "[1.0, 2000.0, 3.0]"],
    ["True + 1", "2"],
    ["1 << 10 | 5 & 3 ^ 1", "1024"],
    ["~5", "-6"],
    ["float('inf')", "inf"],
    ["int('-12') + int(3.9)", "-9"],
  ],
  rounding: [
    ["round(2.5)", "2"],
    ["round(3.5)", "4"],
    ["round(-0.5)", "0"],
    ["round(2.675, 2)", "2.67"],
    ["round(0.125, 2)", "0.12"],
    ["round(1234, -2)", "1200"],
    ["[round(x) for x in [103.53, 116.28, 123.675]]", "[104, 116, 124]"],
  ],
  logic: [
    ["not 0 or 2", "True"],
    ["not 1 or 2", "2"],
    ["1 and not 0 or 3", "True"],
    ["not 1 == 2 and 3", "3"],
    ["1 < 2 < 3", "True"],
    ["1 < 3 < 2", "False"],
    ["1 if [] else 2", "2"],
    ["'a' in 'cat' and 2 not in [1]", "True"],
    ["None is None", "True"],
    ["1 == 1.0 == True", "True"],
    ["(1, 2) < (1, 3)", "True"],
  ],
  strings: [
    [`'a' * 2 + "b"`, "'aab'"],
    [`'x' 'y'`, "'xy'"],
    [`r'\\d'`, `'\\\\d'`],
    [`'\\x41\\u0042\\t'`, `'AB\\t'`],
    [`"it's"`, `"it's"`],
    ["'backbone.layers.{}'.format(3)", "'backbone.layers.3'"],
    ["'{:>5}|{:<3}|{:^5}|{:05.1f}|{:,}'.format('a', 'b', 'c', 2.25, 1234567)", "'    a|b  |  c  |002.2|1,234,567'"],
    ["'{1}{0}{{}}'.format('a', 'b')", "'ba{}'"],
    ["f'{1 + 1:03d}{\"q\"!r}'", `"002'q'"`],
    ["'%d of %5.1f%% %s' % (3, 2.25, 'x')", "'3 of   2.2% x'"],
    ["'a,b,,c'.split(',')", "['a', 'b', '', 'c']"],
    ["' a  b '.split()", "['a', 'b']"],
    ["'a.b.c'.rsplit('.', 1)", "['a.b', 'c']"],
    ["'-'.join(str(i) for i in range(3))", "'0-1-2'"],
    ["'abc'[::-1] + 'abc'[-1]", "'cbac'"],
    ["len('\u65e5\u672c\u{1F415}')", "3"],
    ["str(1e-5) + str(2.0) + str(None)", "'1e-052.0None'"],
  ],
  containers: [
    ["[1, 2, 3][::-1]", "[3, 2, 1]"],
    ["list(range(5))[1:-1]", "[1, 2, 3]"],
    ["[[0] * 2, (1,), ()]", "[[0, 0], (1,), ()]"],
    ["[*range(2), *(5,)]", "[0, 1, 5]"],
    ["dict(dict(a=1), b=2)", "{'a': 1, 'b': 2}"],
    ["dict(type='A', **dict(b=1))", "{'type': 'A', 'b': 1}"],
    ["{**{'a': 1}, 'a': 2}", "{'a': 2}"],
    ["{k: v for k, v in zip('ab', [1, 2])}", "{'a': 1, 'b': 2}"],
    ["[(i, j) for i in range(3) for j in range(i) if j]", "[(2, 1)]"],
    ["{1: 'a', True: 'b', 1.0: 'c'}", "{1: 'c'}"],
    ["sorted([3, 1, 2], reverse=True)", "[3, 2, 1]"],
    ["sorted(['bb', 'a'], key=len)", "['a', 'bb']"],
    ["list(map(lambda v, w=2: v * w, [1, 2]))", "[2, 4]"],
    ["max([1, 5, 3]) + min(4, 2) + sum([1, 2.5])", "10.5"],
    ["list(enumerate('ab', 1))", "[(1, 'a'), (2, 'b')]"],
    ["dict(a=1).get('b', 7)", "7"],
  ],
};

const PROGRAMS: readonly (readonly [what: string, code: string, printed: string])[] = [
  ["an alias sees a change", "y = x = [1]\ny.append(2)", "[1, 2]"],
  ["repetition repeats the reference", "x = [[0]] * 2\nx[0].append(1)", "[[0, 1], [0, 1]]"],
  ["deepcopy shares nothing", "import copy\ny = dict(a=[1])\nx = copy.deepcopy(y)\ny['a'].append(2)", "{'a': [1]}"],
  ["+= changes the list itself", "x = [1]\ny = x\ny += [2]", "[1, 2]"],
  ["*= makes a new number", "x = 2\ny = x\nx *= 3", "6"],
  ["unpacking with a star", "a, *x, b = range(5)", "[1, 2, 3]"],
  [
    "for, continue, else",
    "x = []\nfor i in range(4):\n    if i == 1:\n        continue\n    x.append(i)\nelse:\n    x.append('end')",
    "[0, 2, 3, 'end']",
  ],
  ["while and break", "x = 0\nwhile True:\n    x += 1\n    if x > 4: break", "5"],
  [
    "a function with defaults, *args and **kwargs",
    "def f(a, b=2, *c, d=4, **e):\n    return [a, b, c, d, e]\nx = f(1, 9, 8, d=7, z=6)",
    "[1, 9, (8,), 7, {'z': 6}]",
  ],
  [
    "a function that calls itself",
    "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nx = f(20)",
    "2432902008176640000",
  ],
  ["a comprehension keeps its names to itself", "i = 7\nx = [i for i in range(3)] + [i]", "[0, 1, 2, 7]"],
  ["slices can be assigned and deleted", "x = list(range(6))\nx[1:3] = ['a']\ndel x[-1], x[0]", "['a', 3, 4]"],
  ["list methods", "x = [3, 1]\nx.extend([2])\nx.sort()\nx.insert(0, 9)\nx.reverse()\nx.remove(1)", "[3, 2, 9]"],
  [
    "dict methods",
    "x = dict(a=1, b=2)\nx.update(c=3)\nx.pop('a')\nx.setdefault('d', []).append(1)",
    "{'b': 2, 'c': 3, 'd': [1]}",
  ],
  [
    "os.path works on text",
    "import os.path as p\nfrom os import path\nx = p.join('a', path.basename('/b/c.py'))",
    "'a/c.py'",
  ],
  ["a dead branch may import anything", "if __name__ == '__main__':\n    from mmpretrain import x\nx = 1", "1"],
  ["an annotation binds its value only", "x: int = 3\ny: str", "3"],
];

describe("the Python of configs", () => {
  for (const [group, rows] of Object.entries(EXPRESSIONS)) {
    for (const [expression, printed] of rows) {
      it(`${group}: ${expression}`, () => assert.equal(pythonRepr(`x = ${expression}\n`), printed));
    }
  }

  for (const [what, code, printed] of PROGRAMS) {
    it(what, () => assert.equal(pythonRepr(`${code}\n`), printed));
  }

  it("leaves functions, modules and names of two underscores out of the config", () => {
    assert.deepEqual(
      load("import copy\ndef f(): pass\ng = lambda: 1\n__a = 1\n_b = 2\nfor i in range(2): pass\n").value,
      { _b: 2, i: 1 },
    );
  });

  it("reads Windows line ends and a byte order mark", () => {
    assert.deepEqual(load("\uFEFFa = 1\r\nb = dict(\r\n    c=2)\r\n").value, { a: 1, b: { c: 2 } });
  });
});
