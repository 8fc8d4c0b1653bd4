import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appear } from "../../../scripts/setup/cache.ts";

describe("appear()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-appear-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Makes a folder with one file that holds `text`. */
  const folderWith =
    (text: string) =>
    async (temporary: string): Promise<void> => {
      await mkdir(temporary);
      await writeFile(join(temporary, "file"), text);
    };

  it("makes the path, and the folders above it, at once", async () => {
    const path = join(folder, "deep", "thing");
    await appear(path, async (temporary) => {
      await folderWith("whole")(temporary);
      assert.deepEqual((await readdir(join(folder, "deep"))).includes("thing"), false);
    });
    assert.equal(await readFile(join(path, "file"), "utf8"), "whole");
    assert.deepEqual(await readdir(join(folder, "deep")), ["thing"]);
  });

  it("leaves nothing behind when making fails", async () => {
    const path = join(folder, "thing");
    const failing = async (temporary: string): Promise<void> => {
      await folderWith("half")(temporary);
      throw new Error("disk full");
    };
    await assert.rejects(appear(path, failing), /disk full/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("keeps the first of several that are made at the same time", async () => {
    const path = join(folder, "thing");
    await Promise.all(["a", "b", "c"].map((text) => appear(path, folderWith(text))));
    assert.match(await readFile(join(path, "file"), "utf8"), /^[abc]$/);
    assert.deepEqual(await readdir(folder), ["thing"]);
  });
});
