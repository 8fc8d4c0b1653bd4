import assert from "node:assert/strict";
import { runGolden } from "../scripts/golden/run.ts";
import type { FileResult } from "../scripts/golden/run.ts";

describe("golden files", () => {
  it("agree with the numbers of the original programs", async () => {
    const results: FileResult[] = [];
    for await (const result of runGolden("test/golden")) results.push(result);
    const failures = results.filter(({ status }) => status === "failed");
    assert.deepEqual(failures, []);
    assert.ok(results.filter(({ status }) => status === "passed").length > 100, "hardly any case was checked");
  });

  it("report a folder without golden files", async () => {
    await assert.rejects(runGolden("test/support").next(), { code: "NOT_FOUND" });
  });
});
