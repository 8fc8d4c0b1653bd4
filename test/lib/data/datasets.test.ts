import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PetageError } from "#lib/base/errors.ts";
import { readFolders } from "#lib/data/datasets/folders.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { DEFAULT_EXTENSIONS, IMAGE_EXTENSIONS } from "#lib/data/image-format.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { conforms } from "#test/support/conformance.ts";
import { ANNOTATED, annotated, build, labels, MONTHS } from "./dataset-support.ts";
import { memoryFiles, recordingLog } from "./support.ts";

describe("every dataset", () => {
  const files = memoryFiles(annotated("A*.jpg 1\nb c.jpg 4\n"));
  const inside = { type: "CustomDataset", ...ANNOTATED, classes: MONTHS };
  conforms(
    datasets,
    {
      BaseDataset: inside,
      ClassBalancedDataset: { dataset: inside, oversample_thr: 0.1 },
      ConcatDataset: { datasets: [inside, { type: "RepeatDataset", times: 2, dataset: inside }] },
      CustomDataset: { ...ANNOTATED, classes: MONTHS },
      KFoldDataset: { dataset: inside, num_splits: 2 },
      RepeatDataset: { dataset: inside, times: 2 },
    },
    { files, log: recordingLog() },
  );
});

describe("CustomDataset with an annotation file", () => {
  it("splits at a tab or the last space; blank lines, CRLF and a byte order mark are nothing", async () => {
    const dataset = await build(
      { ...ANNOTATED, classes: MONTHS },
      annotated("\uFEFFA*.jpg\t191\r\n\r\nb c.jpg 4\r\nsub/d.png\t 0 \r\n"),
    );
    assert.deepEqual(labels(dataset), [
      ["A*.jpg", 191],
      ["b c.jpg", 4],
      ["sub/d.png", 0],
    ]);
    assert.equal(dataset.samples[2]?.path, "/data/train/sub/d.png");
    assert.equal(dataset.classes.length, 192);
  });

  it("takes the contest's lines as they come", async () => {
    const names = ["A*AAAA.jpg", "O1CN01a!!0-mtopupload.jpg", "x&y&z.jpg", "#1.JPG", "photo.jpeg"];
    const photos = Object.fromEntries(names.map((name) => [`/data/train/${name}`, ""]));
    const text = `\uFEFF${names.map((name, at) => `${name}\t${at * 40}`).join("\r\n")}\r\n`;
    const dataset = await build({ ...ANNOTATED, classes: MONTHS }, { ...photos, "/data/meta/train.txt": text });
    assert.deepEqual(
      labels(dataset),
      names.map((name, at) => [name, at * 40]),
    );
  });

  it("without classes, they are the numbers up to the greatest label", async () => {
    assert.deepEqual((await build(ANNOTATED, annotated("A*.jpg 2\nb c.jpg 0"))).classes, ["0", "1", "2"]);
  });

  it("takes classes from a text file or from metainfo, and the prefix from a dict", async () => {
    const contents = { ...annotated("A*.jpg 1"), "/data/classes.txt": "young\nold\n" };
    const prefix = { ...ANNOTATED, data_prefix: { img_path: "train" } };
    assert.deepEqual((await build({ ...prefix, classes: "/data/classes.txt" }, contents)).classes, ["young", "old"]);
    assert.deepEqual((await build({ ...prefix, metainfo: { classes: ["a", "b"] } }, contents)).classes, ["a", "b"]);
  });

  it("with_label=False takes lines as paths, with or without something after a tab", async () => {
    const dataset = await build({ ...ANNOTATED, with_label: false }, annotated("b c.jpg\nA*.jpg\t12\n"));
    assert.deepEqual(labels(dataset), [
      ["b c.jpg", null],
      ["A*.jpg", null],
    ]);
  });

  it("indices pick samples", async () => {
    const text = annotated("A*.jpg 1\nb c.jpg 2\nsub/d.png 3");
    assert.deepEqual(labels(await build({ ...ANNOTATED, indices: 2 }, text)).length, 2);
    assert.deepEqual(labels(await build({ ...ANNOTATED, indices: [2, 0] }, text)), [
      ["sub/d.png", 3],
      ["A*.jpg", 1],
    ]);
    await assert.rejects(build({ ...ANNOTATED, indices: [3] }, text), { code: "DATASET_INVALID" });
  });

  for (const [name, text, code, message] of [
    ["a label that is no number", "A*.jpg\told", "DATASET_INVALID", /label is "old"/],
    ["a label that is no whole number", "A*.jpg 1.5", "DATASET_INVALID", /label is "1.5"/],
    ["a line without label", "A*.jpg", "DATASET_INVALID", /no label/],
    ["no line at all", "\n\n", "DATASET_INVALID", /names no image/],
    ["a label above the classes", "A*.jpg\t192", "DATASET_LABEL_OUT_OF_RANGE", /label 192 .* 192 classes/],
    ["a negative label", "A*.jpg\t-1", "DATASET_LABEL_OUT_OF_RANGE", /label -1/],
    ["a missing file", "A*.jpg\t1\nsub/c.png\t2\nx.jpg\t3", "DATASET_FILE_MISSING", /"sub\/c.png" .* and 1 more/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(build({ ...ANNOTATED, classes: MONTHS }, annotated(text)), { code, message });
    });
  }

  it("makes no classes of a label that is no label", async () => {
    await assert.rejects(build(ANNOTATED, annotated("A*.jpg 1\nb c.jpg 999999999999")), {
      code: "DATASET_LABEL_OUT_OF_RANGE",
      message: /999999999999 asks for more classes than 1000000/,
      position: { file: "/data/meta/train.txt", line: 2, column: 1 },
    });
  });

  it("names file and line of a bad label, and the nearest name of a missing file", async () => {
    await assert.rejects(build({ ...ANNOTATED, classes: MONTHS }, annotated("A*.jpg 1\n\nb c.jpg 999")), {
      position: { file: "/data/meta/train.txt", line: 3, column: 1 },
    });
    await assert.rejects(build(ANNOTATED, annotated("A*.jpg 1\nb_c.jpg 2")), {
      position: { file: "/data/meta/train.txt", line: 2, column: 1 },
      hint: /`b c\.jpg`/,
    });
  });

  it("says which folder photos may lie in that none was found of", async () => {
    const contents = { "/data/train/photos/a.jpg": "", "/data/train/.DS_Store": "", "/data/meta/train.txt": "a.jpg 1" };
    await assert.rejects(build(ANNOTATED, contents), {
      hint: /in its folder "photos", which data_prefix has to name$/,
    });
  });

  it("finds a file whose name, or whose folder's, has another Unicode form", async () => {
    const [composed, apart] = ["J\u00fcrgen", "Ju\u0308rgen"];
    for (const [onDisk, written] of [
      [composed, apart],
      [apart, composed],
    ]) {
      const path = `/data/train/${onDisk}/${onDisk}.jpg`;
      const contents = { [path]: "", "/data/meta/train.txt": `${written}/${written}.jpg\t2\n` };
      const { samples } = await build(ANNOTATED, contents);
      assert.deepEqual(samples, [{ id: `${written}/${written}.jpg`, path, label: 2 }]);
    }
    const both = { [`/data/train/${composed}.jpg`]: "", [`/data/train/${apart}.jpg`]: "" };
    const list = { "/data/meta/train.txt": `${apart}.jpg\t1\n${composed}.jpg\t2\n` };
    const { samples } = await build(ANNOTATED, { ...both, ...list });
    assert.deepEqual(
      samples.map(({ path }) => path),
      [`/data/train/${apart}.jpg`, `/data/train/${composed}.jpg`],
    );
  });

  it("says which bar stands between folders, and that classes are a list of names", async () => {
    await assert.rejects(build(ANNOTATED, annotated("sub\\d.png 1")), {
      code: "DATASET_FILE_MISSING",
      hint: /^Write \/ between folders, not \\\./,
    });
    const numbers = Array.from({ length: 192 }, (_, month) => month);
    await assert.rejects(build({ ...ANNOTATED, classes: numbers }, annotated("A*.jpg 0")), {
      code: "CONFIG_INVALID_VALUE",
      message: /`dataset\.classes` is \[0, 1.*, expected a str or a list of str/,
    });
  });

  it("refuses a missing annotation file, repeated classes, and a config that names no place", async () => {
    await assert.rejects(build({ ...ANNOTATED, ann_file: "no.txt" }, annotated("")), {
      code: "NOT_FOUND",
      message: /annotation file/,
      hint: /ann_file/,
    });
    await assert.rejects(build({ ...ANNOTATED, classes: ["a", "a"] }, annotated("A*.jpg 0")), {
      code: "DATASET_INVALID",
    });
    await assert.rejects(build({}, {}), { code: "CONFIG_INVALID_VALUE" });
  });
});

const FOLDERS = {
  "/d/10/b.JPG": "",
  "/d/10/sub/a.png": "",
  "/d/2/z.jpg": "",
  "/d/2/a.jpg": "",
  "/d/2/notes.txt": "",
};

describe("CustomDataset with folders", () => {
  it("matches folders and classes in whichever Unicode form, and tells which class a padded number means", async () => {
    const classes = ["J\u00fcrgen", "Mia"];
    const dataset = await build({ data_prefix: "/d", classes }, { "/d/Ju\u0308rgen/a.jpg": "", "/d/Mia/b.jpg": "" });
    assert.deepEqual(
      dataset.samples.map(({ label }) => label),
      [0, 1],
    );
    await assert.rejects(build({ data_prefix: "/d", classes: MONTHS }, { "/d/03/a.jpg": "", "/d/17/a.jpg": "" }), {
      code: "DATASET_INVALID",
      hint: /^Did you mean `3`\?$/,
    });
  });

  it("takes no file that cannot be read, and mmpretrain's endings unless told otherwise", async () => {
    const unreadable = DEFAULT_EXTENSIONS.filter((ending) => !IMAGE_EXTENSIONS.includes(ending));
    assert.deepEqual(unreadable, []);
    const paths = DEFAULT_EXTENSIONS.map((ending) => `/d/2/a${ending}`);
    const { samples } = await build({ data_prefix: "/d" }, Object.fromEntries(paths.map((path) => [path, ""])));
    assert.deepEqual(samples.map(({ path }) => path).toSorted(), paths.toSorted());
  });

  it("without classes follows the order of names as text, as mmpretrain does", async () => {
    const dataset = await build({ data_prefix: "/d" }, FOLDERS);
    assert.deepEqual(dataset.classes, ["10", "2"]);
    assert.deepEqual(labels(dataset), [
      ["10/b.JPG", 0],
      ["10/sub/a.png", 0],
      ["2/a.jpg", 1],
      ["2/z.jpg", 1],
    ]);
  });

  it("with classes matches folders by name, so that a month is its own label", async () => {
    const dataset = await build({ data_prefix: "/d", classes: MONTHS }, FOLDERS);
    assert.deepEqual(labels(dataset), [
      ["10/b.JPG", 10],
      ["10/sub/a.png", 10],
      ["2/a.jpg", 2],
      ["2/z.jpg", 2],
    ]);
  });

  it("matches by order, with a warning, where no folder bears a class's name", async () => {
    const log = recordingLog();
    const dataset = await build({ data_prefix: "/d", classes: ["old", "young"] }, FOLDERS, log);
    assert.deepEqual(labels(dataset).at(-1), ["2/z.jpg", 1]);
    assert.match(log.warnings[0]?.message ?? "", /matched by order/);
  });

  it("refuses a folder that is no class where others are", async () => {
    await assert.rejects(build({ data_prefix: "/d", classes: ["2", "100"] }, FOLDERS), {
      code: "DATASET_INVALID",
      message: /"10" .* no class/,
      position: { file: "/d", line: 1, column: 1 }, // where nothing of folders and classes may be quoted
    });
  });

  it("with_label=False takes every image below", async () => {
    const dataset = await build({ data_root: "/d", with_label: false }, FOLDERS);
    assert.deepEqual(
      labels(dataset).map(([, label]) => label),
      [null, null, null, null],
    );
  });

  it("warns of an empty folder and refuses a dataset without images", async () => {
    const log = recordingLog();
    await build({ data_prefix: "/d" }, { ...FOLDERS, "/d/3/readme.md": "" }, log);
    assert.deepEqual(log.warnings[0]?.fields, { folder: "/d/3" });
    await assert.rejects(build({ data_prefix: "/d" }, { "/d/3/readme.md": "" }), { code: "DATASET_INVALID" });
    await assert.rejects(build({ data_prefix: "/nowhere" }, FOLDERS), { code: "NOT_FOUND" });
  });

  const ofTheSystem = {
    "/d/10/._b.JPG": "",
    "/d/2/.DS_Store": "",
    "/d/2/.ipynb_checkpoints/a.jpg": "",
    "/d/.git/x.png": "",
    "/d/__MACOSX/2/a.jpg": "",
    "/d/lost+found/x.png": "",
    "/d/10/@eaDir/b.png/SYNOPHOTO_THUMB_M.jpg": "",
  };
  for (const keys of [
    { data_prefix: "/d" },
    { data_prefix: "/d", classes: ["10", "2"] },
    { data_root: "/d", with_label: false },
  ]) {
    it(`takes nothing that systems leave behind for a class or a photo: ${JSON.stringify(keys)}`, async () => {
      const log = recordingLog();
      const dataset = await build(keys, { ...FOLDERS, ...ofTheSystem }, log);
      assert.deepEqual(dataset, await build(keys, FOLDERS));
      assert.deepEqual(log.warnings, []);
    });
  }

  it("tells of photos that it leaves out, because the config does not name their endings", async () => {
    const log = recordingLog();
    const more = { "/d/10/c.webp": "", "/d/2/c.GIF": "", "/d/2/d.gif": "" };
    assert.equal((await build({ data_prefix: "/d" }, { ...FOLDERS, ...more }, log)).samples.length, 4);
    assert.match(log.warnings[0]?.message ?? "", /left out.*extensions/);
    assert.deepEqual(log.warnings[0]?.fields, { folder: "/d", endings: ".gif .webp", photos: 3, first: "10/c.webp" });
    const extensions = [".jpg", ".png", ".webp", ".gif"];
    assert.equal((await build({ data_prefix: "/d", extensions }, { ...FOLDERS, ...more })).samples.length, 7);
  });

  it("tells of photos that it cannot read", async () => {
    const log = recordingLog();
    await build({ data_prefix: "/d" }, { ...FOLDERS, "/d/10/c.HEIC": "", "/d/10/readme.txt": "" }, log);
    assert.match(log.warnings[0]?.message ?? "", /left out that petage cannot read/);
    assert.deepEqual(log.warnings[0]?.fields, { folder: "/d", endings: ".heic", photos: 1, first: "10/c.HEIC" });
    assert.equal(log.warnings.length, 1);
  });

  it("follows no link that leads to a folder above, and says so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "petage-links-"));
    try {
      await mkdir(join(folder, "2"));
      await writeFile(join(folder, "2/a.jpg"), "");
      await symlink(".", join(folder, "2/self"));
      await symlink("..", join(folder, "2/up"));
      const log = recordingLog();
      const options = { folder, classes: undefined, extensions: [".jpg"], labelsBeyond: "reject", log } as const;
      for (const withLabel of [true, false]) {
        const { samples } = await readFolders(localDataFiles(), { ...options, withLabel });
        assert.deepEqual(
          samples.map(({ id }) => id),
          ["2/a.jpg"],
        );
      }
      const folders = log.warnings.map(({ fields }) => fields?.["folder"]);
      assert.ok(folders.includes(join(folder, "2/self")) && folders.every((path) => String(path).startsWith(folder)));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("warns that numbers are sorted as text when many folders are numbers", async () => {
    const log = recordingLog();
    const contents = Object.fromEntries(MONTHS.slice(0, 12).map((month) => [`/d/${month}/a.jpg`, ""]));
    await build({ data_prefix: "/d" }, contents, log);
    assert.match(log.warnings[0]?.message ?? "", /folder names are numbers/);
  });
});

describe("an annotation file of which nothing is there", () => {
  it("is told line by line, in a time that grows with its lines and not with their square", async function () {
    this.timeout(20_000);
    const names = Array.from({ length: 20_000 }, (_, index) => `A*AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA${index}.jpg`);
    const present = names.map((name): [string, string] => [`/data/train/${name.replace("*", "_")}`, ""]);
    const list = names.map((name) => `${name}\t3\n`).join("");
    const problems: PetageError[] = [];
    const others = { onProblem: (problem: PetageError): void => void problems.push(problem) };
    const contents = Object.fromEntries([...present, ["/data/meta/train.txt", list]]);
    await build({ ...ANNOTATED, classes: MONTHS }, contents, recordingLog(), others);
    assert.equal(problems.length, names.length);
    assert.match(problems[0]?.hint ?? "", /^Did you mean `A_A+0\.jpg`/);
    assert.equal(problems.at(-1)?.hint, "Check data_root, data_prefix and the annotation");
  });
});
