import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { asNobody } from "#test/support/nobody.ts";

/** Reading the memory of a process is an I/O error, but for others forbidden. */
const asMyself: typeof asNobody = (_folder, body) => body();

describe("localDataFiles()", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-files-"));
    await symlink("loop", join(folder, "loop"));
    await symlink("/proc/self/mem", join(folder, "io-error"));
    await symlink("/dev/zero", join(folder, "device"));
    await promisify(execFile)("mkfifo", [join(folder, "pipe")]);
    await writeFile(join(folder, "file"), "text", { mode: 0o644 });
    await writeFile(join(folder, "locked"), "text", { mode: 0 });
    await mkdir(join(folder, "folder"));
    await mkdir(join(folder, "closed"), { mode: 0 });
  });
  after(() => rm(folder, { recursive: true }));

  const refused = [
    ["loop", "DATASET_FILE_UNREADABLE", /ELOOP/, /leads to itself/],
    ["locked", "DATASET_FILE_UNREADABLE", /EACCES/, /fsGroup/],
    ["closed/file", "DATASET_FILE_UNREADABLE", /EACCES/, /fsGroup/],
    ["x".repeat(300), "DATASET_FILE_UNREADABLE", /ENAMETOOLONG/, /Shorten/],
    ["io-error", "DATASET_FILE_UNREADABLE", /EIO/, /disk or volume/],
    ["device", "DATASET_FILE_UNREADABLE", /is a pipe, a device or a socket, expected a file/, undefined],
    ["pipe", "DATASET_FILE_UNREADABLE", /is a pipe, a device or a socket, expected a file/, undefined],
    ["no\0name", "DATASET_FILE_UNREADABLE", /without null bytes/, undefined],
    ["gone", "missing", /There is no/, undefined],
    ["file/below", "missing", /There is no/, undefined],
    ["folder", "missing", /is a folder, expected a file/, undefined],
  ] as const;
  for (const [name, code, message, hint] of refused) {
    it(`says of ${JSON.stringify(name.slice(0, 12))} what the system refuses: ${code}`, async () => {
      const path = join(folder, name);
      for (const blocking of [false, true]) {
        const files = localDataFiles({ blocking });
        const expected = { message, ...(hint && { hint }) };
        const bound = name === "locked" || name.startsWith("closed") ? asNobody : asMyself;
        await bound(folder, async () => {
          const ofPhoto = code === "missing" ? "DATASET_FILE_MISSING" : code;
          await assert.rejects(files.read(path, 1e6), { ...expected, code: ofPhoto });
          await assert.rejects(files.readText(path), { ...expected, code: code === "missing" ? "NOT_FOUND" : code });
        });
      }
    });
  }

  for (const [name, code] of [
    ["closed", "DATASET_FILE_UNREADABLE"],
    ["loop", "DATASET_FILE_UNREADABLE"],
    ["gone", "NOT_FOUND"],
    ["file", "NOT_FOUND"],
  ] as const) {
    it(`says of the folder ${name} that it cannot be listed: ${code}`, async () => {
      await asNobody(folder, () => assert.rejects(localDataFiles().list(join(folder, name)), { code }));
    });
  }

  it("does not blame a photo where too many files are open", async () => {
    const program = fileURLToPath(new URL("../fixtures/too-many-files.ts", import.meta.url));
    const command = `ulimit -n 64 && exec "${process.execPath}" --import tsx "${program}"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", command]);
    assert.match(stdout, /EMFILE.*ulimit -n \[RESOURCE_EXHAUSTED\]$/);
  });

  it("reads, lists and names files in allowed folders only, wherever links lead", async () => {
    await symlink("/etc", join(folder, "folder/etc"));
    const allowed = new AllowedFolders([join(folder, "folder")], "PETAGE_READ_ROOTS");
    const files = localDataFiles({ root: folder, allowed });
    const outside = { code: "INVALID_ARGUMENT", message: /outside the folders/, hint: /PETAGE_READ_ROOTS/ };
    assert.equal(files.resolve("folder", "a.jpg"), join(folder, "folder/a.jpg"));
    const { identity, ...names } = await files.list(join(folder, "folder"));
    assert.match(identity, /^\d+:\d+$/);
    assert.deepEqual(names, { files: [], folders: ["etc"] });
    for (const parts of [["file"], ["folder", "../file"], ["/etc/passwd"], ["folder-of-others"]]) {
      assert.throws(() => files.resolve(...parts), outside, parts.join("/"));
    }
    for (const path of ["file", "folder/etc/passwd", "folder/../file"].map((name) => join(folder, name))) {
      await assert.rejects(files.readText(path), outside, path);
    }
    await assert.rejects(files.list(join(folder, "folder/etc")), outside);
  });
});
