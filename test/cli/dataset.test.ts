import assert from "node:assert/strict";
import { appendFile, cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { PROJECT_ROOT } from "#lib/host/paths.ts";
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
    inFolder("synth", "--out", out, "--count", String(COUNT), "--size", "96", ...args);

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
    assert.deepEqual([result.exitCode, result.stderr], [0, ""]);
    const [counts = "", ages = ""] = result.stdout.split("\n\n");
    const lines = ["train: 24 images", "val: 3 images", "test: 3 images"].map((line) => `${line}, 0 problems\n`);
    assert.equal(counts, `${lines.join("")}copies: 0 problems, 0 warnings`);
    const [header, ...rows] = ages.trimEnd().split("\n");
    const next = rows.pop() ?? "";
    assert.match(next, /^Next: petage train resnet18_petage_quickstart --cfg-options train_dataloader\S+=pets /);
    assert.equal(header, "months      train  val  test");
    const sums = [1, 2, 3].map((column) =>
      rows.reduce((sum, row) => sum + Number(row.replace(" to ", "-").split(/\s+/)[column]), 0),
    );
    assert.deepEqual(sums, [24, 3, 3]);
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
      /^copies: 0 problems, 0 warnings$/,
      /^$/,
      /^months +val$/,
    ];
    const found = stdout.trimEnd().split("\n").slice(0, expected.length);
    assert.match(stdout, /\n192, past the last class +1 +█+\n/);
    assert.equal(found.length, expected.length, stdout);
    for (const [index, line] of found.entries()) assert.match(line, expected[index] ?? /^$/);
  });

  it("check finds copies in two splits, and of two ages, of which equal files are problems", async () => {
    await cp(join(folder, "pets"), join(folder, "copied"), { recursive: true });
    const at = (...parts: string[]): string => join(folder, "copied", ...parts);
    const names = (await readFile(at("meta/train.txt"), "utf8")).split("\n").map((line) => line.split("\t")[0] ?? "");
    const [first = "", second = "", third = "", fourth = ""] = names;
    await cp(at("train", first), at("val/A*leaked.jpg"));
    await sharp(at("train", second)).jpeg({ quality: 60 }).toFile(at("val/again.jpg"));
    await cp(at("train", third), at("train/twice.jpg"));
    await sharp(at("train", fourth)).resize(64).png().toFile(at("train/smaller.png"));
    await appendFile(at("meta/val.txt"), "A*leaked.jpg\t7\nagain.jpg\t500\nagain.jpg\t9\n");
    await appendFile(at("meta/train.txt"), "twice.jpg\t190\nsmaller.png\t191\n");
    const { exitCode, stdout } = await check("copied");
    assert.equal(exitCode, 1);
    for (const line of [
      `\nThe same photo is in train and val: "${first}" (train, `,
      `\nThe same photo has different ages: "${third}" (train, `,
      `\nwarning: A photo that looks the same is in train and val: "${second}" (train, `,
      `\nwarning: A photo that looks the same has different ages: "${fourth}" (train, `,
      "\ncopies: 2 problems, 2 warnings\n",
      "\n192 to 500, past the last class",
    ])
      assert.ok(stdout.includes(line), `${line} is not in\n${stdout}`);
    const near = await check("copied", "--split", "train", "--cfg-options", "train_dataloader.dataset.indices=4");
    assert.equal(near.exitCode, 0, near.stdout);
  });

  it("check --strict ends with 1 for a photo that only looks the same", async () => {
    await cp(join(folder, "pets"), join(folder, "alike"), { recursive: true });
    const at = (...parts: string[]): string => join(folder, "alike", ...parts);
    const [first = ""] = (await readFile(at("meta/train.txt"), "utf8")).split("\t");
    await sharp(at("train", first)).jpeg({ quality: 60 }).toFile(at("test/again.jpg"));
    await appendFile(at("meta/test.txt"), "again.jpg\t9\n");
    const [usual, strict] = [await check("alike"), await check("alike", "--strict")];
    assert.deepEqual([usual.exitCode, strict.exitCode], [0, 1]);
    assert.match(usual.stdout, /^warning: A photo that looks the same is in train and test/m);
  });

  it("check takes a test split that is the val split for that, and no copy of it", async () => {
    const text = `_base_ = '${join(PROJECT_ROOT, "configs/resnet/resnet18_petage_quickstart.py")}'\n`;
    await writeFile(join(folder, "twins.py"), `${text}test_dataloader = _base_.val_dataloader\n`);
    const { exitCode, stdout } = await inFolder("check", "twins.py", "--cfg-options", ...roots("pets"));
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^train: 24 images.*\nval: 3 images.*\ntest: the dataset of val\ncopies: 0 problems/);
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
