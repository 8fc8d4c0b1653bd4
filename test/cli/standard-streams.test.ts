import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PETAGE, petage, runCommand } from "#test/support/cli.ts";

/** More than any pipe holds. */
const CHARACTERS = 4_000_000;

describe("what a command prints", function () {
  this.timeout(60_000);
  let folder = "";
  let args: readonly string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-streams-"));
    const file = join(folder, "large.json");
    const data = { words: "a".repeat(CHARACTERS) };
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data }));
    args = ["job", "submit", "-f", file, "--dry-run", "client", "-o", "json"];
  });
  after(() => rm(folder, { recursive: true }));

  it("arrives whole, however much it is", async () => {
    const { stdout, exitCode } = await petage(args);
    assert.equal(exitCode, 0);
    assert.equal((JSON.parse(stdout) as { data: { words: string } }).data.words.length, CHARACTERS);
  });

  it("ends without a word when nobody reads on", async () => {
    const pipe = 'set -o pipefail; "$0" "$@" | head -c 1';
    const { stdout, stderr, exitCode } = await runCommand("bash", ["-c", pipe, process.execPath, PETAGE, ...args]);
    assert.deepEqual([stdout, stderr, exitCode], ["{", "", 141]);
  });
});
