import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#lib/base/log.ts";
import { Reloaded } from "#lib/rpc/access/reloaded.ts";
import { until } from "#test/support/until.ts";

describe("Reloaded", () => {
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "petage-reloaded-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("tells what is wrong once, keeps what it has, and takes the same file again when it is back", async () => {
    const path = join(folder, "number");
    await writeFile(path, "1");
    let reads = 0;
    const warnings: unknown[] = [];
    const log = { ...silentLog, warn: (_: string, fields = {}) => void warnings.push(fields) };
    const make = ([bytes]: readonly Buffer[]): number => {
      reads += 1;
      const number = Number(String(bytes));
      if (Number.isNaN(number)) throw new RangeError("no number");
      return number;
    };
    using file = await Reloaded.open({ paths: [path], make, log, intervalMs: 5 });
    await writeFile(path, "x");
    await until("it was tried often", () => reads > 5);
    assert.deepEqual([file.value, warnings.length], [1, 1]);
    await rm(path);
    await until("its absence is told", () => warnings.length === 2);
    await writeFile(path, "2");
    await until("the next is taken", () => file.value === 2);
    assert.equal(warnings.length, 2);
  });
});
