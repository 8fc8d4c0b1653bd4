import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess } from "#lib/host/process/processes.ts";
import { parseTermination } from "#lib/jobs/termination.ts";

const ENTRY = fileURLToPath(new URL("fixtures/service.ts", import.meta.url));

describe("the last words of a process", function () {
  this.timeout(60_000);
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "petage-words-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  interface Case {
    readonly what: string;
    /** What the process is asked to do; `stop` ends it once it is ready. */
    readonly does: string;
    readonly stop?: true;
    readonly environment?: Record<string, string>;
    readonly exitCode: number;
    readonly error: RegExp;
    readonly step?: number;
  }
  const cases: readonly Case[] = [
    { what: "are empty when it is done", does: "0", exitCode: 0, error: /^$/ },
    { what: "are empty when it ends as it was told", does: "serve", stop: true, exitCode: 0, error: /^$/ },
    {
      what: "name its error",
      does: "refuse",
      exitCode: 3,
      error: /^Cannot read a\.py\. Write it \[CONFIG_NOT_FOUND\]$/,
    },
    { what: "name an error that nobody awaited", does: "stray", exitCode: 1, error: /^forgotten \[INTERNAL\]$/ },
    {
      what: "name a variable that cannot be used",
      does: "0",
      environment: { PETAGE_LOG: "loud" },
      exitCode: 3,
      error: /PETAGE_LOG/,
    },
    {
      what: "hold what it knows of its work",
      does: "aborted",
      stop: true,
      exitCode: 143,
      error: /^Received SIGTERM \[ABORTED\]$/,
      step: 7,
    },
  ];
  for (const { what, does, stop, environment, exitCode, error, step = 0 } of cases) {
    it(what, async () => {
      const path = join(folder, "termination-log");
      await writeFile(path, "what somebody wrote before, longer than any of these reports\n".repeat(20));
      const child = startProcess({
        name: "fixture",
        entry: ENTRY,
        args: [does],
        environment: { ...environment, PETAGE_TERMINATION_LOG: path },
      });
      if (stop) {
        await child.ready();
        await child.stop();
      }
      assert.equal((await child.exited).exitCode, exitCode);
      const report = parseTermination(await readFile(path, "utf8"));
      assert.match(report?.error ?? "no report", error);
      assert.equal(report?.step, step);
    });
  }

  it("that cannot be written change nothing about how it ends", async () => {
    const environment = { PETAGE_TERMINATION_LOG: join(folder, "missing", "log") };
    const child = startProcess({ name: "fixture", entry: ENTRY, args: ["0"], environment });
    const { exitCode, lastLines } = await child.exited;
    assert.equal(exitCode, 0);
    assert.match(lastLines.join("\n"), /Cannot write .*missing/);
  });
});
