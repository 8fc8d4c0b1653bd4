import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { PetageError } from "#lib/base/errors.ts";
import { naming, namingSync, writeNamed } from "#lib/system/naming.ts";

/** A disk that is full. */
const FULL = "/dev/full";

describe("errors of the system name their file", function () {
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  const isNamed = (thrown: unknown): true => {
    const says =
      /^The system says ENOSPC: no space left on device, write '\/dev\/full'. Make room .*\[RESOURCE_EXHAUSTED\]$/;
    assert.match(PetageError.from(thrown).describe(), says);
    return true;
  };

  it("where it is written as a whole", async () => {
    await assert.rejects(writeNamed(FULL, "x"), isNamed);
  });

  it("where it is written at once", () => {
    assert.throws(() => namingSync(FULL, () => appendFileSync(FULL, "x")), isNamed);
  });

  it("and are left as they are where they do so already, or are of no file", async () => {
    const missing = writeNamed("/nowhere/at/all", "x");
    await assert.rejects(missing, { message: "ENOENT: no such file or directory, open '/nowhere/at/all'" });
    await assert.rejects(naming(FULL, Promise.reject(new Error("other"))), { message: "other" });
    assert.equal(await naming(FULL, Promise.resolve(5)), 5);
  });
});
