import assert from "node:assert/strict";
import { posix } from "node:path";
import { sourceFiles } from "./support/sources.ts";

/** Kinds of which each component does something that no conformance suite can know: it has a `describe` of its own. */
const NUMBERED = /^lib\/(metrics|train\/hooks)\//;
/** Those that do nothing, and why. */
const SILENT: Readonly<Record<string, string>> = {
  VisualizationHook: "all of its keys are ignored",
};

const product = sourceFiles("lib");
const suites = sourceFiles("test").filter(({ path }) => path.endsWith(".test.ts"));

/** Where a table of components stands in the code. */
interface TableSource {
  readonly name: string;
  readonly path: string;
  /** The text between its braces. */
  readonly text: string;
}

const tables = product.flatMap(({ path, text }): TableSource[] =>
  [...text.matchAll(/^export const (\w+) = \{\n([^}]*\}[^}]*)\} as const satisfies Table</gm)].map(
    ([, name = "", body = ""]) => ({ name, path, text: body }),
  ),
);

const components = product.flatMap(({ path, text }) =>
  [...text.matchAll(/^export const (\w+) = component\(/gm)].map(([, name = ""]) => ({ name, path })),
);

describe("components", () => {
  it("are all found", () => {
    assert.ok(tables.length >= 13, `${tables.length} tables`);
    assert.ok(components.length >= 40, `${components.length} components`);
    const tablesInAll = product.filter(({ text }) => /: Table<\w|satisfies Table</.test(text)).map(({ path }) => path);
    const spelled = new Set([
      ...tables.map(({ path }) => path),
      "lib/config/component/component.ts",
      "lib/config/component/build.ts",
    ]);
    const other = tablesInAll.filter((path) => !spelled.has(path));
    assert.deepEqual(other, [], "write tables as `export const NAME = { ... } as const satisfies Table<...>`");
  });

  for (const { name, path } of components) {
    it(`${name} can be named by configs`, () => {
      const index = tables.filter((table) => posix.dirname(table.path) === posix.dirname(path));
      const listed = index.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
      const where = index[0]?.path ?? posix.join(posix.dirname(path), "index.ts");
      assert.ok(listed, `${path} has the component ${name}, which is in no table: add a line to ${where}`);
    });
  }

  for (const { name, path } of components.filter((one) => NUMBERED.test(one.path) && !(one.name in SILENT))) {
    it(`${name} has a test of what it does`, () => {
      const titled = new RegExp(String.raw`^describe\("${name}\b`, "m");
      const where = `describe("${name}", ...) in a suite of test/${posix.dirname(path)}`;
      assert.ok(
        suites.some(({ text }) => titled.test(text)),
        `No test says what ${name} does: add ${where}`,
      );
    });
  }

  for (const { name, path } of tables) {
    it(`${name} have a suite`, () => {
      const called = suites.some(({ text }) => new RegExp(`\\bconforms\\(\\s*${name}\\b`).test(text));
      assert.ok(called, `No test calls conforms(${name}, ...): add it to the suite of ${posix.dirname(path)}`);
    });
  }
});
