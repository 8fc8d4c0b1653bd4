import { bind, stringArgument } from "./arguments.ts";
import { builtIns } from "./builtins.ts";
import { deepCopy } from "./runtime.ts";
import {
  PyDict,
  PyFunction,
  PyList,
  PyModule,
  PyTuple,
  asInteger,
  evaluationError,
  isSequence,
  type Arguments,
  type PyValue,
  type Runtime,
  kindOf,
} from "./values.ts";

type Body = (given: Arguments, runtime: Runtime) => PyValue;

function functions(module: string, table: Readonly<Record<string, Body>>): [string, PyValue][] {
  return Object.entries(table).map(([name, body]) => [name, new PyFunction(`${module}.${name}`, body)]);
}

const copy = functions("copy", {
  copy: (given, { budget }) => shallowCopy(bind(given, "copy", ["x"])[0] ?? null, budget),
  deepcopy: (given, { budget }) => deepCopy(bind(given, "deepcopy", ["x"])[0] ?? null, budget),
});

/** Pure text functions of `os.path`; nothing here looks at the disk. */
const path = functions("os.path", {
  basename: (given) => onlyPath(given, "basename").replace(/^.*\//s, ""),
  dirname: (given) => dirname(onlyPath(given, "dirname")),
  join: (given) => given.positional.map((part) => stringArgument(part, "join()")).reduce(joinPaths),
  splitext(given) {
    const whole = onlyPath(given, "splitext");
    const extension = /(?<=[^/.])\.[^/.]*$/.exec(whole)?.[0] ?? "";
    return new PyTuple([whole.slice(0, whole.length - extension.length), extension]);
  },
});

const math = functions("math", {
  ceil: (given) => BigInt(Math.ceil(onlyNumber(given, "ceil"))),
  cos: (given) => Math.cos(onlyNumber(given, "cos")),
  exp: (given) => Math.exp(onlyNumber(given, "exp")),
  floor: (given) => BigInt(Math.floor(onlyNumber(given, "floor"))),
  log: (given) => Math.log(onlyNumber(given, "log")),
  log2: (given) => Math.log2(onlyNumber(given, "log2")),
  sin: (given) => Math.sin(onlyNumber(given, "sin")),
  sqrt: (given) => Math.sqrt(onlyNumber(given, "sqrt")),
});

/** The modules that a config may import, by dotted name. Undefined for all others. */
export function moduleNamed(name: string, env: Runtime["env"]): PyModule | undefined {
  const members = membersOf(name, env);
  return members && new PyModule(name, new Map(members));
}

function membersOf(name: string, env: Runtime["env"]): [string, PyValue][] | undefined {
  switch (name) {
    case "copy":
      return copy;
    case "math":
      return [...math, ["pi", Math.PI], ["e", Math.E], ["inf", Infinity], ["nan", Number.NaN]];
    case "os.path":
      return path;
    case "os":
      return [
        ["path", new PyModule("os.path", new Map(path))],
        ["environ", environment(env)],
        ["sep", "/"],
        ["getenv", getenv(env)],
      ];
    case "builtins":
      return [...builtIns];
    default:
      return undefined;
  }
}

function environment(env: Runtime["env"]): PyDict {
  const dict = new PyDict();
  for (const [name, value] of Object.entries(env)) if (value !== undefined) dict.set(name, value);
  return dict;
}

function getenv(env: Runtime["env"]): PyFunction {
  return new PyFunction("os.getenv", (given) => {
    const [name, fallback = null] = bind(given, "getenv", ["key", "default"], 1);
    return environment(env).get(stringArgument(name, "getenv()")) ?? fallback;
  });
}

function shallowCopy(value: PyValue, budget: Runtime["budget"]): PyValue {
  if (value instanceof PyList) {
    budget.spend(value.items.length);
    return new PyList([...value.items], value.position);
  }
  if (!(value instanceof PyDict)) return value;
  budget.spend(value.size);
  const dict = new PyDict(value.kind, value.position);
  for (const entry of value.entries()) dict.set(entry.key, entry.value, entry.position);
  return dict;
}

function onlyPath(given: Arguments, name: string): string {
  return stringArgument(bind(given, name, ["p"])[0], `${name}()`);
}

function dirname(whole: string): string {
  const head = whole.slice(0, whole.lastIndexOf("/") + 1);
  return /^\/+$/.test(head) ? head : head.replace(/\/+$/, "");
}

function joinPaths(head: string, tail: string): string {
  if (tail.startsWith("/")) return tail;
  return head === "" || head.endsWith("/") ? head + tail : `${head}/${tail}`;
}

function onlyNumber(given: Arguments, name: string): number {
  const [value = null] = bind(given, name, ["x"]);
  const integer = asInteger(value);
  const number = integer === undefined ? value : Number(integer);
  if (typeof number !== "number" || isSequence(value))
    throw evaluationError(`${name}() needs a number, not ${kindOf(value)}`);
  return number;
}
