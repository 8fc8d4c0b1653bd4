import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { optimChecker } from "../scripts/golden/optim.ts";
import { runGolden } from "../scripts/golden/run.ts";
import type { FileResult } from "../scripts/golden/run.ts";

async function resultsOf(directory: string): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for await (const result of runGolden(directory)) results.push(result);
  return results;
}

describe("golden files", () => {
  it("agree with the numbers of the original programs", async function () {
    this.timeout(300_000);
    const results = await resultsOf("test/golden");
    assert.deepEqual(
      results.filter(({ status }) => status === "failed"),
      [],
    );
    const passed = results.filter(({ status }) => status === "passed");
    assert.ok(passed.length > 300, "hardly any case was checked");
    assert.ok(passed.filter(({ name }) => name.endsWith(", compiled")).length > 150, "hardly any case was compiled");
  });
});

describe("runGolden()", () => {
  let folder = "";

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "petage-golden-"));
    await mkdir(path.join(folder, "mmpretrain"));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  async function write(name: string, text: string): Promise<void> {
    await writeFile(path.join(folder, "mmpretrain", name), text);
  }

  it("fails for a number that is off by one part in a billion", async () => {
    const text = await readFile("test/golden/mmpretrain/lr.json", "utf8");
    await write("lr.json", text.replace("0.09000000000000001", "0.0900000001"));
    const failures = (await resultsOf(folder)).filter(({ status }) => status === "failed");
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.expected ?? "", /^0\.0900000001/);
    assert.match(failures[0]?.got ?? "", /^0\.09/);
  });

  it("reports a file that it does not know, and cases that it cannot check, as skipped", async () => {
    await write("new.json", "{}");
    await write("lr.json", JSON.stringify({ new: { schedulers: [{ type: "NewLR" }], lr: [] }, odd: 3 }));
    const results = await resultsOf(folder);
    assert.deepEqual(
      results.map(({ file, name, status }) => `${file} ${name} ${status}`),
      ["lr.json new skipped", "lr.json odd skipped", "new.json (file) skipped"],
    );
    assert.ok(
      results.every(({ why }) => why),
      "each says why",
    );
  });

  it("counts a file that cannot be read as a failure, and goes on with the next", async () => {
    await write("lr.json", "not json");
    await write("petage.json", JSON.stringify({ labels: { 3: { 0: 1 } } }));
    const results = await resultsOf(folder);
    assert.deepEqual(
      results.map(({ file, status }) => `${file} ${status}`),
      ["lr.json failed", "petage.json failed"],
    );
  });

  it("refuses a folder without golden files", async () => {
    await assert.rejects(resultsOf(folder), { code: "NOT_FOUND" });
  });
});

describe("the golden checker of optimizers", () => {
  it("averages gradients over accumulative_counts iterations", async () => {
    const about = "w0=[1] float64, loss_t = sum(A w^2)/2 + 0*sum(sin((t+1)w)), A=[1], t=0..3";
    const cfg = { type: "SGD", lr: 0.5 };
    // One update of half the gradient 1 after every second iteration; of three, the last alone where its group is known.
    const data = {
      _about: about,
      even: { cfg, accumulative_counts: 2, w: [[1], [0.5], [0.5], [0.25]] },
      waiting: { cfg, accumulative_counts: 2, w: [[1], [0.5], [0.5]] },
      alone: { cfg, accumulative_counts: 2, w: [[1], [0.5], [0.25]] },
      wrong: { cfg, accumulative_counts: 2, w: [[1], [0.5], [0.4]] },
    };
    const statuses: string[] = [];
    for await (const { name, status } of optimChecker.check(data)) statuses.push(`${name} ${status}`);
    const expected = ["even passed", "waiting passed", "alone passed", "wrong failed"];
    assert.deepEqual(
      statuses,
      expected.flatMap((line) => [line, line.replace(" ", ", compiled ")]),
    );
  });
});
