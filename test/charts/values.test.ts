import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tableRows } from "#test/support/markdown.ts";
import { CHART, chartValues } from "../../scripts/deploy.ts";

type Schema = Readonly<Record<string, unknown>>;

describe("the chart's values", () => {
  const values = chartValues(readFileSync(join(CHART, "values.yaml"), "utf8"));
  const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;

  /** The schema's node, its reference followed. */
  function follow(node: Schema): Schema {
    const name = /^#\/definitions\/(\w+)$/.exec(String(node["$ref"]))?.[1];
    return name === undefined ? node : ((schema["definitions"] as Record<string, Schema>)[name] ?? {});
  }

  function* leaves(node: Schema, path: readonly string[]): Generator<string> {
    const properties = (node["properties"] ?? {}) as Record<string, Schema>;
    if (Object.keys(properties).length === 0) yield path.join(".");
    for (const [name, child] of Object.entries(properties)) yield* leaves(follow(child), [...path, name]);
  }

  it("are all in its README, with their defaults", () => {
    const rows = tableRows(readFileSync(join(CHART, "README.md"), "utf8")).filter((row) => row.length === 3);
    const expected = values.map(({ path, standard, description }) => [`\`${path}\``, description, `\`${standard}\``]);
    assert.deepEqual(rows, expected, "Run: node --import tsx scripts/deploy.ts");
  });

  it("are all in its schema, and the schema has no others", () => {
    const resources = /\.resources\..*$/; // Kubernetes' own
    const known = [...leaves(schema, [])].map((path) => path.replace(resources, ".resources"));
    assert.deepEqual(
      [...new Set(known)].filter((path) => path !== "global").toSorted(),
      values.map(({ path }) => path).toSorted(),
    );
  });

  it("refuse what they do not know, at every level", () => {
    function* open(node: Schema, path: string): Generator<string> {
      if (node["properties"] && node["additionalProperties"] !== false) yield path;
      for (const [name, child] of Object.entries((node["properties"] ?? {}) as Record<string, Schema>)) {
        yield* open(follow(child), `${path}.${name}`);
      }
    }
    assert.deepEqual([...open(schema, "")], []);
  });

  it("chartValues() fails for a value that nobody has described", () => {
    assert.throws(() => chartValues("a:\n  b: 1\n"), /does not say what a\.b is/);
  });
});
