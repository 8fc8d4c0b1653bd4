import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "#test/support/cli.ts";
import type { CommandResult } from "#test/support/cli.ts";
import { CHECKS, NOT_YET } from "./index.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const STORE_OF_TWO = `
import { Store } from "./lib/k8s/store.ts";
const object = (namespace) => ({ metadata: { namespace, name: "job", uid: namespace, resourceVersion: "1" } });
const store = new Store();
store.replace([object("team-a")]);
store.replace([object("team-b")]);
console.log("size", store.size, "(expected 2)");
`;

describe("npm run cases", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-cases-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (): Promise<CommandResult> => runCommand(process.execPath, ["--import", "tsx", MAIN, folder]);
  async function add(name: string, text = ""): Promise<void> {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }

  it("says of each case whether it passed, or why not, and counts", async () => {
    await add("kubernetes/README.md");
    await add("kubernetes/store-replace.ts", STORE_OF_TWO);
    await add("never-seen/README.md");
    await add("kubernetes/long.yaml");
    const { stdout, exitCode } = await run();
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      "skipped kubernetes/long.yaml: a job for trying things by hand: nothing is said to be right or wrong with it",
      "passed  kubernetes/store-replace.ts",
      "skipped never-seen: no check is known for a case of this name",
      "1 passed, 0 failed, 2 skipped",
    ]);
    assert.equal(exitCode, 0);
  });

  it("ends with 1 when a case fails, and says how", async () => {
    await add("kubernetes/store-replace.ts", "console.log('size 1 (expected 2)');");
    const { stdout, exitCode } = await run();
    assert.match(stdout, /^failed {2}kubernetes\/store-replace\.ts: .*size 1 .*\n0 passed, 1 failed, 0 skipped\n$/);
    assert.equal(exitCode, 1);
  });

  it("ends with 2 and says what is expected of a folder without cases", async () => {
    const { stderr, exitCode } = await run();
    assert.match(
      stderr,
      /holds no cases\. Give a folder with a folder for each case: npm run cases -- DIR \[NOT_FOUND\]/,
    );
    assert.equal(exitCode, 2);
  });

  it("says of no case both that it is handled and that it is not", () => {
    assert.deepEqual(
      Object.keys(CHECKS).filter((name) => Object.hasOwn(NOT_YET, name)),
      [],
    );
  });
});
