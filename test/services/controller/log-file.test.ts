import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "#services/controller/local/log-file.ts";
import { recordingLog } from "#test/lib/data/support.ts";
import { until } from "#test/support/until.ts";

describe("the log file of a job", () => {
  it("has its lines", async () => {
    const folder = await mkdtemp(join(tmpdir(), "petage-log-"));
    try {
      const path = join(folder, "job.log");
      const file = new LogFile(path, recordingLog());
      file.add("one");
      file.add("two");
      file.end();
      await until("the lines are there", async () => (await readFile(path, "utf8").catch(() => "")) === "one\ntwo\n");
      assert.ok(file.isEnded);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  for (const [what, path, why] of [
    ["is full", "/dev/full", /ENOSPC.*Make room on the disk \[RESOURCE_EXHAUSTED\]/],
    ["does not let it be made", "/nowhere/job.log", /ENOENT.*\[NOT_FOUND\]/],
  ] as const) {
    it(`ends where the disk ${what}, which is told once`, async function () {
      if (process.platform !== "linux") this.skip();
      const log = recordingLog();
      const file = new LogFile(path, log);
      file.add("one");
      await until("it is told", () => log.warnings.length > 0);
      file.add("two");
      file.end();
      assert.equal(log.warnings.length, 1);
      assert.equal(log.warnings[0]?.fields?.["path"], path);
      assert.match(String(log.warnings[0].fields["why"]), why);
    });
  }
});
