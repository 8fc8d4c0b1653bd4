import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, readText, sourceFiles } from "./support/sources.ts";

/** RPCs that tests call by a function of ours. */
const CALLED_BY: Readonly<Record<string, string>> = {
  streamBatches: "remoteBatchSource",
};

const PROTOS = "proto/petage/v1";
const suites = sourceFiles("test").filter(({ path }) => path.endsWith(".test.ts"));

const rpcs = readdirSync(join(ROOT, PROTOS)).flatMap((file) =>
  [...readText(`${PROTOS}/${file}`).matchAll(/^ {2}rpc (\w)(\w+)\(/gm)].map(([, first = "", rest = ""]) => ({
    name: `${first.toLowerCase()}${rest}`,
    file,
  })),
);

describe("RPCs", () => {
  it("are all found", () => assert.ok(rpcs.length >= 18, `${rpcs.length} RPCs`));

  for (const { name, file } of rpcs) {
    it(`${name} of ${file} is called by a test`, () => {
      const call = new RegExp(String.raw`\b${CALLED_BY[name] ?? `\\.${name}`}\(`);
      const isCalled = suites.some(({ text }) => call.test(text));
      assert.ok(isCalled, `No test calls ${name}: test it through a real server on port 0, in test/services/`);
    });
  }
});
