import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { ROOT } from "#test/support/sources.ts";
import { resolveConfig, sourceOf } from "../../../cli/jobs/config-source.ts";

const QUICKSTART = join(ROOT, "configs/resnet/resnet18_petage_quickstart.py");

describe("the config of a job", () => {
  let folder = "";
  before(async () => (folder = await mkdtemp(join(tmpdir(), "petage-config-"))));
  after(() => rm(folder, { recursive: true }));

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  it("is a name where it comes with petage, and its overrides go along", () => {
    assert.deepEqual(sourceOf("resnet18_petage_quickstart", ["a.b=1"]), {
      name: "resnet18_petage_quickstart",
      cfgOptions: ["a.b=1"],
    });
  });

  it("is the user's own text where that means the same everywhere", async () => {
    const whole = sourceOf(QUICKSTART, []).inline ?? "";
    assert.match(whole, /^train_dataloader = dict\($/m); // resolved: its bases lie beside it
    const text = `# My own words.\n${whole}`;
    assert.deepEqual(sourceOf(await file("own.py", text), []), { inline: text, fileName: "own.py" });
  });

  it("is all of it resolved where it has bases of its own, and loads to the same values", async () => {
    await file("base.py", `_base_ = ['${QUICKSTART}']\ntrain_cfg = dict(max_epochs=7)\n`);
    const source = sourceOf(await file("mine.py", "_base_ = ['base.py']\nwork_dir = 'work_dirs/mine'\n"), []);
    assert.equal(source.fileName, "mine.py");
    assert.doesNotMatch(source.inline ?? "", /_base_/);
    const { configName, maxEpochs, workDir } = resolveConfig(source);
    assert.deepEqual([configName, maxEpochs, workDir], ["mine", 7, "work_dirs/mine"]);
  });

  it("is resolved where it depends on a variable of this machine", async () => {
    const text = `${sourceOf(QUICKSTART, []).inline ?? ""}work_dir = '{{$PETAGE_TEST_WORK_DIR:elsewhere}}'\n`;
    process.env["PETAGE_TEST_WORK_DIR"] = "here";
    try {
      assert.equal(resolveConfig(sourceOf(await file("env.py", text), [])).workDir, "here");
    } finally {
      delete process.env["PETAGE_TEST_WORK_DIR"];
    }
  });

  it("is resolved to Python where it was YAML", async () => {
    const source = sourceOf(await file("mine.yaml", `_base_: ['${QUICKSTART}']\ntrain_cfg: { max_epochs: 3 }\n`), []);
    assert.equal(source.fileName, "mine.py");
    assert.equal(resolveConfig(source).maxEpochs, 3);
  });

  it("is refused where a job cannot carry it, and says what can", async () => {
    const text = `_base_ = ['${QUICKSTART}']\nwords = '${"a".repeat(70_000)}'\n`;
    const path = await file("long.py", text);
    assert.throws(() => sourceOf(path, []), { code: "INVALID_ARGUMENT", message: /a job carries 65536 at most/ });
  });

  const text = "_base_ = ['resnet/resnet18_petage_quickstart.py']\n";
  const wrong: readonly (readonly [string, Parameters<typeof resolveConfig>, string, RegExp])[] = [
    ["a name that nothing has", [{ name: "resnet18_petage_quikstart" }], "CONFIG_NOT_FOUND", /Did you mean/],
    [
      "a misspelt key",
      [{ inline: `${text}optim_wrapper = dict(optimizr=1)` }],
      "CONFIG_UNKNOWN_KEY",
      /^config\.py:2:\d+: /,
    ],
    [
      "a type that nobody knows",
      [{ inline: `${text}model = dict(head=dict(type='LinerClsHead'))`, fileName: "a.py" }],
      "CONFIG_UNKNOWN_TYPE",
      /^a\.py:2:\d+: .*LinearClsHead/,
    ],
    [
      "a bad override",
      [{ inline: text, cfgOptions: ["train_cfg.max_epochs=often"] }],
      "CONFIG_INVALID_VALUE",
      /max_epochs/,
    ],
    [
      "the text of a ConfigMap",
      [{ configMapRef: { name: "a", key: "b.yaml" } }, "a: ["],
      "CONFIG_SYNTAX",
      /^b\.yaml:1:\d+: /,
    ],
  ];
  for (const [what, args, code, message] of wrong) {
    it(`is refused for ${what}, with its own file and line`, () => {
      assert.throws(
        () => resolveConfig(...args),
        (error) => error instanceof PetageError && error.code === code && message.test(error.describe()),
      );
    });
  }
});
