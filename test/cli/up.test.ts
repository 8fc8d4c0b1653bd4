import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PETAGE } from "#test/support/cli.ts";
import { descendants, stillRunning } from "#test/support/process-tree.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";
import { saveUntrained } from "#test/support/untrained.ts";

const START_TIMEOUT_MS = 60_000;

describe("commands that start services", function () {
  this.timeout(2 * START_TIMEOUT_MS);
  let folder = "";
  let up: readonly string[] = [];
  let train: readonly string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-up-"));
    const { config, value } = await writeTinyProject(folder, { count: 20, maxEpochs: 1000 });
    const checkpoint = await saveUntrained(join(folder, "models"), value);
    up = ["up", "--port", "0", "--inference-port", "0", "--checkpoint", checkpoint];
    train = ["train", config, "--work-dir", join(folder, "work"), "--no-validate"];
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  /** How a command ends, and what it says, when something happens to it that runs already. */
  async function ending(args: readonly string[], runs: RegExp, disturb: (pid: number) => Promise<void>) {
    const child = spawn(process.execPath, [PETAGE, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const closed = once(child, "close") as Promise<[number | null]>;
    try {
      await until(`it says ${runs}`, () => runs.test(output) || child.exitCode !== null, START_TIMEOUT_MS);
      const pid = child.pid ?? assert.fail(output);
      const below = await descendants(pid);
      await disturb(pid);
      let isOver = false;
      void closed.then(() => (isOver = true));
      await until("it ends", () => isOver, START_TIMEOUT_MS);
      await until("all it started ends", async () => (await stillRunning(below.map((each) => each.pid))).length === 0);
      return { exitCode: child.exitCode, output };
    } finally {
      child.kill("SIGKILL");
    }
  }

  const killing = (name: string) => async (pid: number) => {
    const found = (await descendants(pid)).find((each) => each.name === name);
    process.kill(found?.pid ?? assert.fail(`no ${name}`), "SIGKILL");
  };

  const deaths: readonly { command: string; args: () => readonly string[]; runs: RegExp; name: string }[] = [
    { command: "up", args: () => up, runs: /^inference +\S+$/m, name: "inference" },
    { command: "up", args: () => up, runs: /^inference +\S+$/m, name: "controller" },
    { command: "train", args: () => train, runs: /Epoch\(train\)/, name: "controller" },
  ];
  for (const { command, args, runs, name } of deaths) {
    it(`petage ${command} says that its ${name} died, and how, and ends with 1`, async () => {
      const { exitCode, output } = await ending(args(), runs, killing(name));
      assert.equal(exitCode, 1, output);
      const says = new RegExp(`^petage: ${name} was killed by SIGKILL.*\`${name} \\| \`.*\\[PROCESS_FAILED\\]$`, "m");
      assert.match(output, says);
    });
  }

  it("petage up ends with 0 at Ctrl-C", async () => {
    const { exitCode, output } = await ending(up, /^inference +\S+$/m, async (pid) => void process.kill(pid, "SIGINT"));
    assert.equal(exitCode, 0, output);
    assert.doesNotMatch(output, /PROCESS_FAILED/);
  });
});
