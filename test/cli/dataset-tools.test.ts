import assert from "node:assert/strict";
import {
  appendFile,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { create } from "tar";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { complaint, petage, type CommandResult } from "#test/support/cli.ts";

const CONFIG = "resnet18_petage_quickstart";

describe("petage dataset", function () {
  this.timeout(60_000);
  let folder = "";
  const at = (...parts: string[]): string => join(folder, ...parts);
  const run = (...args: string[]): Promise<CommandResult> => petage(["dataset", ...args], { cwd: folder });
  const lines = async (...parts: string[]): Promise<string[]> =>
    (await readFile(at(...parts), "utf8")).trimEnd().split("\n");

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-tools-"));
    await synthesize({ out: at("pets"), count: 60, seed: 0, layout: "annotation", sizePx: 96 });
  });
  after(() => rm(folder, { recursive: true }));

  describe("browse", () => {
    const browse = (...args: string[]): Promise<CommandResult> =>
      run("browse", CONFIG, ...args, "--cfg-options", "train_dataloader.dataset.data_root=pets");

    it("writes sheets and a page that needs no other file, the same ones each time", async () => {
      await mkdir(at("seen"));
      await writeFile(at("seen/sheet-9.png"), "of yesterday");
      const { exitCode, stdout, stderr } = await browse("--out", "seen", "--count", "10", "--draws", "3");
      assert.deepEqual([exitCode, stderr], [0, ""]);
      assert.match(
        stdout,
        /^train: 10 of 48 photos\nPage: seen\/index\.html\nSheets: seen\/sheet-1\.png seen\/sheet-2\.png\n/,
      );
      assert.deepEqual(await readdir(at("seen")), ["index.html", "sheet-1.png", "sheet-2.png"]);
      const page = await readFile(at("seen/index.html"), "utf8");
      assert.equal(page.match(/<img alt="" src="data:image\/png;base64,/g)?.length, 40);
      assert.doesNotMatch(page, /https?:|<script|src="(?!data:)/);
      const { width, height } = await sharp(at("seen/sheet-1.png")).metadata();
      assert.ok(width > 4 * 192 && height > 8 * 192);
      await browse("--out", "again", "--count", "10", "--draws", "3");
      assert.equal(await readFile(at("again/index.html"), "utf8"), page);
      assert.notEqual((await browse("--out", "again", "--count", "10", "--draws", "3", "--seed", "1")).exitCode, 1);
      assert.notEqual(await readFile(at("again/index.html"), "utf8"), page);
    });

    it("shows names as they are and, in place of a photo that cannot be read, why", async () => {
      await cp(at("pets"), at("odd"), { recursive: true });
      const [first = ""] = await readdir(at("odd/train"));
      await rename(at("odd/train", first), at("odd/train/<b>&'.jpg"));
      await writeFile(at("odd/train/empty.jpg"), "");
      await writeFile(at("odd/meta/train.txt"), "<b>&'.jpg\t1\nempty.jpg\t2\n");
      const result = await run(
        "browse",
        CONFIG,
        "--out",
        "odd-seen",
        "--cfg-options",
        "train_dataloader.dataset.data_root=odd",
      );
      assert.equal(result.exitCode, 0);
      const page = await readFile(at("odd-seen/index.html"), "utf8");
      assert.ok(page.includes("<b>1 month</b><br>&lt;b&gt;&amp;&#39;.jpg</td>"));
      assert.match(page, /empty\.jpg<\/td><td class="bad">Cannot decode an image of 0 bytes/);
    });

    it("refuses what is out of bounds", async () => {
      assert.match(complaint(await browse("--draws", "17")), /--draws is 17, expected 1 to 16/);
      assert.match(complaint(await browse("--split", "dev")), /no split dev/);
    });
  });

  describe("split", () => {
    const split = (root: string, ...args: string[]): Promise<CommandResult> =>
      run("split", CONFIG, ...args, "--cfg-options", `train_dataloader.dataset.data_root=${root}`);

    it("writes every photo into one part, copies into the same, again and again the same", async () => {
      await cp(at("pets"), at("copied"), { recursive: true });
      const [first = "", second = ""] = (await lines("copied/meta/train.txt")).map((line) => line.split("\t")[0] ?? "");
      await cp(at("copied/train", first), at("copied/train/A*copy.jpg"));
      await sharp(at("copied/train", second)).jpeg({ quality: 60 }).toFile(at("copied/train/smaller.jpg"));
      await writeFile(at("copied/train/broken.jpg"), "no photo");
      await appendFile(at("copied/meta/train.txt"), "A*copy.jpg\t180\nsmaller.jpg\t3\nbroken.jpg\t4\n");
      const before = await readdir(at("copied/train"));
      const { exitCode, stdout } = await split("copied", "--out", "parts", "--parts", "train=2", "val=1", "test=1");
      assert.equal(exitCode, 0, stdout);
      assert.match(stdout, /^left out: broken\.jpg: .*IMAGE_FORMAT_UNSUPPORTED/m);
      assert.match(stdout, /^2 groups of copies, each in one part$/m);
      const parts = await Promise.all(["train", "val", "test"].map((name) => lines("parts", `${name}.txt`)));
      assert.deepEqual(
        parts.map(({ length }) => length),
        [25, 13, 12],
      );
      const listed = (await lines("copied/meta/train.txt")).filter((line) => !line.startsWith("broken"));
      assert.deepEqual(parts.flat().toSorted(), listed.toSorted());
      for (const pair of [
        [first, "A*copy.jpg"],
        [second, "smaller.jpg"],
      ]) {
        const together = parts.filter((part) => part.some((line) => pair.includes(line.split("\t")[0] ?? "")));
        assert.equal(together.length, 1, pair.join());
      }
      assert.deepEqual(await readdir(at("copied/train")), before);
      assert.equal((await split("copied", "--out", "parts", "--parts", "train=2", "val=1", "test=1")).exitCode, 0);
      const other = await split("copied", "--out", "parts", "--seed", "1");
      assert.match(complaint(other), /train\.txt is there already, with other lines.*\[FAILED_PRECONDITION\]/);
    });

    it("ends with a command that trains on the parts", async () => {
      const { stdout } = await split("pets", "--out", "by-age");
      const next = /^Next: petage train (.*)$/m.exec(stdout)?.[1]?.split(" ") ?? [];
      const checked = await run("check", ...next);
      assert.equal(checked.exitCode, 0, checked.stdout);
      assert.match(checked.stdout, /^train: 38 images.*\nval: 5 images.*\ntest: 5 images/);
    });

    for (const [words, message] of [
      [["--parts", "train"], /--parts has "train", expected NAME=SHARE/],
      [["--parts", "train=0"], /--parts has "train=0"/],
      [["--parts", "../x=1"], /--parts has "\.\.\/x=1"/],
      [["--parts", "a=1", "a=2"], /names a part twice/],
    ] as const) {
      it(`refuses ${words.join(" ")}`, async () => {
        assert.match(complaint(await split("pets", "--out", "none", ...words)), message);
      });
    }
  });

  describe("import", () => {
    before(async () => {
      await mkdir(at("contest/annotations"), { recursive: true });
      await cp(at("pets/train"), at("contest/trainset"), { recursive: true });
      await cp(at("pets/val"), at("contest/valset"), { recursive: true });
      const [first = ""] = await readdir(at("contest/trainset"));
      await rename(at("contest/trainset", first), at("contest/trainset/A*b!!0&c.jpg"));
      const train = (await readFile(at("pets/meta/train.txt"), "utf8")).replace(first, "A*b!!0&c.jpg");
      await writeFile(at("contest/annotations/train.txt"), `\uFEFF${train.replaceAll("\n", "\r\n")}`);
      const val = await readFile(at("pets/meta/val.txt"), "utf8");
      await writeFile(at("contest/annotations/val.txt"), `${val.replace(/\t\d+\n/, "\t584\n")}gone.jpg\t3\n`);
    });

    const tree = async (path: string): Promise<string[]> => (await readdir(at(path), { recursive: true })).toSorted();

    for (const by of ["--copy", "--link"]) {
      it(`${by} makes a dataset of the contest's files, which stay as they are`, async () => {
        const source = await tree("contest");
        const { exitCode, stdout, stderr } = await run("import", "contest", "--out", `by${by}`, by);
        assert.deepEqual([exitCode, stderr], [0, ""], stdout);
        assert.match(stdout, /^train: 48 photos of trainset by annotations\/train\.txt\n/);
        assert.match(stdout, /^left out: .*val\.txt:7:1: The image "gone\.jpg" .*\nval: 6 photos of valset/m);
        assert.match(stdout, /^192 to 584, past the last class +0 +1/m);
        const photo = at(`by${by}`, "train/A*b!!0&c.jpg");
        assert.equal((await lstat(photo)).isSymbolicLink(), by === "--link");
        if (by === "--link") assert.equal(await readlink(photo), at("contest/trainset/A*b!!0&c.jpg"));
        assert.deepEqual(await readFile(photo), await readFile(at("contest/trainset/A*b!!0&c.jpg")));
        assert.deepEqual(await tree("contest"), source);
        assert.equal((await lines(`by${by}`, "meta/classes.txt")).length, 192);
        const next = /^Next: petage dataset check (.*)$/m.exec(stdout)?.[1]?.split(" ") ?? [];
        const checked = await run("check", ...next);
        assert.match(checked.stdout, /^train: 48 images, 0 problems\nval: 6 images, 0 problems\n/);
      });
    }

    it("takes mmpretrain's layout, archives, folders of months, and what --list and --photos name", async () => {
      await mkdir(at("archived/meta"), { recursive: true });
      await create({ file: at("archived/train.tar"), cwd: at("pets/train") }, await readdir(at("pets/train")));
      await cp(at("pets/meta/train.txt"), at("archived/meta/train.txt"));
      await create({ file: at("whole.tar"), cwd: at("contest") }, ["."]);
      await synthesize({ out: at("months"), count: 20, seed: 1, layout: "folders", sizePx: 32 });
      await mkdir(at("else"));
      const spaced = (await readFile(at("pets/meta/val.txt"), "utf8")).replaceAll("\t", " ");
      await writeFile(at("else/labels.txt"), spaced);
      await cp(at("pets/val"), at("else/pictures"), { recursive: true });
      for (const [source, expected, flags] of [
        ["pets", /^train: 48 photos of train by meta\/train\.txt\nval: 6 photos .*\ntest: 6 photos /, []],
        ["archived", /^train: 48 photos of train\.tar by meta\/train\.txt\n/, []],
        ["whole.tar", /^train: 48 photos of trainset by annotations\/train\.txt\n/, []],
        ["months", /^train: 16 photos of train\nval: 2 photos of val\ntest: 2 photos of test\n/, []],
        [
          "else",
          /^val: 6 photos of pictures by labels\.txt\n/,
          ["--list", "val=labels.txt", "--photos", "val=pictures"],
        ],
      ] as const) {
        const { exitCode, stdout, stderr } = await run("import", source, "--out", `of-${source}`, ...flags);
        assert.deepEqual([exitCode, stderr], [0, ""], stdout);
        assert.match(stdout, expected);
      }
      assert.deepEqual(await readFile(at("of-archived/meta/train.txt")), await readFile(at("pets/meta/train.txt")));
      assert.deepEqual(await lines("of-else/meta/val.txt"), await lines("pets/meta/val.txt"));
    });

    for (const [what, args, message] of [
      [
        "a folder that holds other files",
        ["contest", "--out", "pets"],
        /pets holds other files.*\[FAILED_PRECONDITION\]/,
      ],
      ["a place within the source", ["contest", "--out", "contest/mine"], /lies within contest/],
      [
        "a folder without a dataset",
        ["contest/trainset", "--out", "x"],
        /No dataset is found.*--list.*\[DATASET_INVALID\]/,
      ],
      ["links into an archive", ["archived", "--out", "x", "--link"], /lies in an archive/],
      ["both ways at once", ["contest", "--out", "x", "--link", "--copy"], /exclude each other/],
      ["a split that is none", ["contest", "--out", "x", "--list", "all=a.txt"], /--list has "all=a\.txt"/],
      [
        "photos that are not there",
        ["contest", "--out", "x", "--photos", "train=valset"],
        /photos of train are not found/,
      ],
    ] as const) {
      it(`refuses ${what}, and leaves nothing behind`, async () => {
        const result = await run("import", ...args);
        assert.notEqual(result.exitCode, 0);
        assert.match(complaint(result), message);
        assert.deepEqual(
          (await readdir(folder)).filter((name) => name === "x" || name.endsWith(".importing")),
          [],
        );
      });
    }
  });
});
