import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";

describe("config files", () => {
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "petage-configs-"))));
  after(() => rm(folder, { recursive: true }));

  it("in UTF-16 are read as those in UTF-8 are, and other bytes are told with their line", async () => {
    const text = "name = 'J\u00fcrgen'\n";
    for (const [index, bytes] of [Buffer.from(text), Buffer.from(`\ufeff${text}`, "utf16le")].entries()) {
      const path = join(folder, `${index}.py`);
      await writeFile(path, bytes);
      assert.equal(nodeConfigFiles.read(path), text);
    }
    const path = join(folder, "latin1.py");
    await writeFile(path, Buffer.from(`x = 1\n${text}`, "latin1"));
    assert.throws(() => nodeConfigFiles.read(path), {
      code: "CONFIG_SYNTAX",
      message: /not UTF-8/,
      position: { file: path, line: 2, column: 1 },
    });
  });
});
