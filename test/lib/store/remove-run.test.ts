import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeRun } from "#lib/store/remove-run.ts";
import { petage } from "#test/support/cli.ts";

const UID = "0a1b2c3d-1111-2222-3333-444455556666";
const RUN = "20261123_061500_0a1b2";
const OTHER = "20261123_061500_ffff0";

describe("removing the run of a job", () => {
  let base = "";
  let root = "";
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "petage-remove-"));
    root = join(base, "work_dirs");
    for (const path of [`tiny/${RUN}/epoch_1/model.safetensors`, `tiny/${RUN}/run.log`, `tiny/${OTHER}/run.log`]) {
      write(join(root, path));
    }
    write(join(root, "models/pets/1/model.safetensors"));
    write(join(base, "outside", RUN, "precious"));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  function write(path: string, text = "x"): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  const filesBelow = (): string[] =>
    readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  const remove = (folder: string, uid = UID): Promise<boolean> => removeRun({ root, folder: join(root, folder), uid });

  it("takes its folder, and leaves other runs and published models", async () => {
    assert.equal(await remove(`tiny/${RUN}`), true);
    assert.deepEqual(readdirSync(join(root, "tiny")), [OTHER]);
    assert.ok(existsSync(join(root, "models/pets/1/model.safetensors")));
  });

  it("is done where there is no such folder, also the second time", async () => {
    assert.equal(await remove(`tiny/${RUN}`), true);
    assert.equal(await remove(`tiny/${RUN}`), false);
    assert.equal(await remove(`never/${RUN}`), false);
  });

  for (const [what, latest, isLeft] of [
    ["forgets", `/app/work_dirs/tiny/${RUN}/epoch_1\n`, false],
    ["keeps, where it is another run's,", `/app/work_dirs/tiny/${OTHER}/epoch_1\n`, true],
  ] as const) {
    it(`${what} the name of the newest checkpoint`, async () => {
      write(join(root, "tiny/last_checkpoint"), latest);
      await remove(`tiny/${RUN}`);
      assert.equal(existsSync(join(root, "tiny/last_checkpoint")), isLeft);
    });
  }

  it("works where the work dirs are a link, and removes links inside without following them", async () => {
    const link = join(base, "link");
    symlinkSync(root, link);
    symlinkSync(join(base, "outside"), join(root, "tiny", RUN, "away"));
    assert.equal(await removeRun({ root: link, folder: join(link, "tiny", RUN), uid: UID }), true);
    assert.ok(existsSync(join(base, "outside", RUN, "precious")));
  });

  const refused: readonly (readonly [what: string, folder: string, says: RegExp, uid?: string])[] = [
    ["another job's run", `tiny/${OTHER}`, /is not named as a run of job 0a1b2c3d/],
    ["a whole work dir", "tiny", /is not named as a run/],
    ["all work dirs", ".", /is not named as a run/],
    ["a published model", "models/pets/1", /is not named as a run/],
    ["what lies outside", `../outside/${RUN}`, /lies outside of/],
    ["what lies outside by detours", `tiny/../../outside/${RUN}`, /lies outside of/],
    ["any run of a job without uid", `tiny/${RUN}`, /is not named as a run/, ""],
    ["what a link on the way leads to", `away/${RUN}`, /leads over .*away, which is no folder/],
    ["what a link of its name leads to", `linked/${RUN}`, /leads over .*, which is no folder/],
  ];
  for (const [what, folder, message, uid] of refused) {
    it(`does not touch ${what}`, async () => {
      symlinkSync(join(base, "outside"), join(root, "away"));
      mkdirSync(join(root, "linked"));
      symlinkSync(join(base, "outside", RUN), join(root, "linked", RUN));
      const before = filesBelow();
      await assert.rejects(remove(folder, uid), { code: "INVALID_ARGUMENT", message });
      assert.deepEqual(filesBelow(), before);
    });
  }

  it("is a command, which fails with a reason", async () => {
    const folder = `work_dirs/tiny/${RUN}`;
    const first = await petage(["remove-run", folder, "--uid", UID], { cwd: base });
    assert.deepEqual([first.exitCode, first.stdout], [0, `${folder}: removed\n`]);
    const again = await petage(["remove-run", folder, "--uid", UID], { cwd: base });
    assert.deepEqual([again.exitCode, again.stdout], [0, `${folder}: was not there\n`]);
    const wrong = await petage(["remove-run", `work_dirs/tiny/${OTHER}`, "--uid", UID], { cwd: base });
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.stderr, /is not named as a run of job .*: nothing was removed \[INVALID_ARGUMENT\]/);
  });
});
