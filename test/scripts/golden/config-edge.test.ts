import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkConfigEdge } from "../../../scripts/golden/config-edge.ts";

describe("checkConfigEdge()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "petage-edge-"));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  async function statusOf(code: string, expected: object, name = "case"): Promise<string> {
    await mkdir(path.join(folder, name, "in"), { recursive: true });
    await writeFile(path.join(folder, name, "in", "main.py"), code);
    const text = JSON.stringify({ main: "main.py", env: {}, options: null, ...expected });
    await writeFile(path.join(folder, name, "expected.json"), text);
    const statuses: string[] = [];
    for await (const result of checkConfigEdge(folder)) statuses.push(result.status);
    assert.equal(statuses.length, 1);
    return statuses[0] ?? "";
  }

  const rows: readonly (readonly [what: string, status: string, code: string, expected: object])[] = [
    ["an equal value", "passed", "a = [1]\n", { value: { a: [1] } }],
    ["another value", "failed", "a = [2]\n", { value: { a: [1] } }],
    ["a key too many", "failed", "a = 1\nb = 2\n", { value: { a: 1 } }],
    ["a float that is not finite", "passed", "a = float('-inf')\n", { value: { a: { $float: "-inf" } } }],
    ["an error where one is expected", "passed", "a = b\n", { error: "NameError" }],
    ["a value where an error is expected", "failed", "a = 1\n", { error: "NameError" }],
    ["an error where a value is expected", "failed", "a = b\n", { value: { a: 1 } }],
    ["Python that is left out on purpose", "skipped", "class A: pass\n", { value: {} }],
    ["a warning that is missing", "failed", "a = 1\n", { value: { a: 1 }, warnings: ["x"] }],
    ["options read otherwise", "failed", "a = 1\n", { value: { a: 2 }, options: ["a=2"], parsed_options: { a: "2" } }],
  ];
  for (const [what, status, code, expected] of rows) {
    it(`${what}: ${status}`, async () => assert.equal(await statusOf(code, expected), status));
  }
});
