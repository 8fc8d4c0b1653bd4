import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

const folder = mkdtempSync(join(tmpdir(), "petage-refusals-"));
const loop = join(folder, "loop");
const tooLong = `/tmp/${"x".repeat(300)}`;

describe("PetageError.from() of what the system refuses", () => {
  before(() => symlinkSync("loop", loop));
  after(() => rmSync(folder, { recursive: true }));

  for (const [what, act, code, says] of [
    ["a file that is not there", () => readFileSync("/nowhere"), "NOT_FOUND", /ENOENT.*\/nowhere/],
    ["a folder that is a file", () => readdirSync("/proc/version"), "FILE_REFUSED", /ENOTDIR.*expected a folder/],
    ["a file that is a folder", () => readFileSync("/"), "FILE_REFUSED", /EISDIR.*expected a file/],
    ["a name too long", () => writeFileSync(tooLong, ""), "FILE_REFUSED", /ENAMETOOLONG.*Shorten/],
    ["a disk that fails", () => readFileSync("/proc/self/mem"), "FILE_REFUSED", /EIO.*disk or volume/],
    ["a full disk", () => writeFileSync("/dev/full", "x"), "RESOURCE_EXHAUSTED", /ENOSPC.*Make room/],
    ["a name with a NUL", () => readFileSync("/tmp/a\0b"), "FILE_REFUSED", /without null bytes.*Remove the NUL/],
    ["a folder in the place of a file", () => mkdirSync("/proc/version"), "FILE_REFUSED", /EEXIST.*there already/],
    ["a link to itself", () => readFileSync(loop), "FILE_REFUSED", /ELOOP.*leads to itself/],
    ["a config of a name too long", () => nodeConfigFiles.read(tooLong), "FILE_REFUSED", /ENAMETOOLONG/],
  ] as const) {
    it(`${what}: ${code}`, () => {
      const error = PetageError.from(thrownBy(act));
      assert.equal(error.code, code);
      assert.match(error.describe(), says);
    });
  }

  it("a failure while a handle is read, which bears no path: FILE_REFUSED", async () => {
    await using file = await open("/proc/self/mem");
    const error = await file.readFile().catch((thrown: unknown) => PetageError.from(thrown));
    assert.ok(error instanceof PetageError);
    assert.equal(error.code, "FILE_REFUSED");
  });

  it("leaves what is no file's alone: sockets, programs and bugs stay INTERNAL", async () => {
    const socket = createConnection({ path: "/nowhere.sock" });
    const [refused] = (await once(socket, "error")) as [Error];
    for (const error of [refused, new TypeError("x is undefined"), "text"]) {
      assert.equal(PetageError.from(error).code, "INTERNAL");
    }
  });
});
