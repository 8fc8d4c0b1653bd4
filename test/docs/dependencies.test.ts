import assert from "node:assert/strict";
import { tableRows } from "../support/markdown.ts";
import { readText } from "../support/sources.ts";

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe("docs/dependencies.md", () => {
  const { dependencies, devDependencies } = JSON.parse(readText("package.json")) as Package;
  const rows = tableRows(readText("docs/dependencies.md"));

  it("lists every dependency with its version, and no other", () => {
    const documented = rows.map(([name = "", version = ""]) => [name.replaceAll("`", ""), version]);
    assert.deepEqual(Object.fromEntries(documented), { ...dependencies, ...devDependencies });
  });

  it("gives each a reason and what would replace it", () => {
    for (const row of rows) {
      assert.ok(
        row.every((cell) => cell !== ""),
        `a cell of ${row[0] ?? "a row"} is empty`,
      );
    }
  });

  it("package.json pins every version", () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is not pinned`);
    }
  });
});
