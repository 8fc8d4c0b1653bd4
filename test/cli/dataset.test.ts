import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complaint, petage } from "#test/support/cli.ts";
import type { CommandResult } from "#test/support/cli.ts";

const COUNT = 30;

describe("petage dataset", function () {
  this.timeout(60_000);
  let folder = "";
  let drawn: CommandResult;
  before("draw a dataset", async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-dataset-"));
    drawn = await synth("pets");
  });
  after(() => rm(folder, { recursive: true }));

  const inFolder = (...args: string[]): Promise<CommandResult> => petage(["dataset", ...args], { cwd: folder });
  const synth = (out: string, ...args: string[]): Promise<CommandResult> =>
    inFolder("synth", "--out", out, "--count", String(COUNT), "--size", "32", ...args);

  it("synth draws images, annotations and a sheet, and does nothing the second time", async () => {
    assert.deepEqual([drawn.exitCode, drawn.stderr], [0, ""]);
    assert.match(drawn.stdout, /^pets: 24 train, 3 val, 3 test images\n.*samples-by-age\.png\nNext: petage train /);
    assert.equal((await readdir(join(folder, "pets", "train"))).length, 24);
    const lines = (await readFile(join(folder, "pets/meta/train.txt"), "utf8")).trimEnd().split("\n");
    assert.equal(lines.length, 24);
    for (const line of lines) assert.match(line, /^pet-\d{5}\.jpg\t\d{1,3}$/);
    assert.ok((await stat(join(folder, "pets", "samples-by-age.png"))).size > 1000);
    assert.match((await synth("pets")).stdout, /there already/);
  });

  it("synth --layout folders writes one folder a month", async () => {
    assert.equal((await synth("folders", "--layout", "folders")).exitCode, 0);
    const months = await readdir(join(folder, "folders", "train"));
    assert.ok(months.every((month) => /^\d{1,3}$/.test(month) && Number(month) < 192));
    const images = await Promise.all(months.map((month) => readdir(join(folder, "folders", "train", month))));
    assert.equal(images.flat().length, 24);
  });

  it("synth leaves a folder alone that holds something else", async () => {
    const other = await synth("pets", "--seed", "1");
    assert.equal(other.exitCode, 1);
    assert.match(complaint(other), /pets holds a dataset drawn with other options.*\[FAILED_PRECONDITION\]/);
    const few = await inFolder("synth", "--out", "few", "--count", "3");
    assert.match(complaint(few), /Cannot draw 3 images.*\[INVALID_ARGUMENT\]/);
  });

  const check = (root: string, ...args: string[]): Promise<CommandResult> =>
    inFolder("check", "resnet18_petage_quickstart", ...args, "--cfg-options", ...roots(root));

  it("check ends with 0 when all is well", async () => {
    const result = await check("pets");
    assert.deepEqual(result, {
      exitCode: 0,
      stdout: "train: 24 images, 0 problems\nval: 3 images, 0 problems\ntest: 3 images, 0 problems\n",
      stderr: "",
    });
  });

  it("check lists bad lines, missing, repeated and broken images, and ends with 1", async () => {
    await cp(join(folder, "pets"), join(folder, "spoilt"), { recursive: true });
    const list = join(folder, "spoilt/meta/val.txt");
    const [first = "", second = "", third = ""] = (await readFile(list, "utf8"))
      .split("\n")
      .map((line) => line.split("\t")[0]);
    await writeFile(join(folder, "spoilt/val", second), "not a photo");
    await writeFile(join(folder, "spoilt/val", third), "");
    const lines = [`${first}\t5`, `${second}\t6`, `${third}\t7`, `${first}\t8`, `${first}\t192`, "gone.jpg\t4", "x y"];
    await writeFile(list, `${lines.join("\n")}\n`);
    const { exitCode, stdout } = await check("spoilt", "--split", "val");
    assert.equal(exitCode, 1);
    const expected = [
      /val\.txt:7:1: .*the label is "y".*\[DATASET_INVALID\]/,
      /val\.txt:5:1: The label 192 .*\[DATASET_LABEL_OUT_OF_RANGE\]/,
      /val\.txt:6:1: The image "gone\.jpg" is not in .*\[DATASET_FILE_MISSING\]/,
      new RegExp(`^The image "${first}" is in the dataset twice with the labels 5 and 8 \\[DATASET_INVALID\\]`),
      new RegExp(`^${second}: .*\\[IMAGE_FORMAT_UNSUPPORTED\\]`),
      new RegExp(`^${third}: .*\\[IMAGE_EMPTY\\]`),
      /^val: 4 images, 6 problems$/,
    ];
    const found = stdout.trimEnd().split("\n");
    assert.equal(found.length, expected.length, stdout);
    for (const [index, line] of found.entries()) assert.match(line, expected[index] ?? /^$/);
  });

  it("check names the splits that there are", async () => {
    assert.match(
      complaint(await check("pets", "--split", "dev")),
      /no split dev.*train, val, test \[INVALID_ARGUMENT\]/,
    );
  });
});

function roots(root: string): string[] {
  return ["train", "val", "test"].map((split) => `${split}_dataloader.dataset.data_root=${root}`);
}
