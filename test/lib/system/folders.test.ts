import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { claimFolder, makeFolder } from "#lib/system/folders.ts";

describe("folders", () => {
  let folder = "";
  before(async () => (folder = await mkdtemp(join(tmpdir(), "petage-folders-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("are made with those above them, by several at once", async () => {
    const path = join(folder, "a", "b", "c");
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(folder, "a", "b", "d"))]);
    assert.ok((await stat(path)).isDirectory());
    await makeFolder(path);
  });

  it("are refused where there can be none", async () => {
    await assert.rejects(makeFolder("/proc/petage/a/b"), { code: "ENOENT" });
    await writeFile(join(folder, "file"), "");
    await assert.rejects(makeFolder(join(folder, "file")), { code: "EEXIST" });
    await assert.rejects(makeFolder(join(folder, "file", "below")), { code: "ENOTDIR" });
  });

  it("are claimed by one alone", async () => {
    const claimed = await Promise.all([1, 2, 3].map(() => claimFolder(join(folder, "runs", "run"))));
    assert.deepEqual(claimed.map((path) => basename(path)).toSorted(), ["run", "run_1", "run_2"]);
  });
});
