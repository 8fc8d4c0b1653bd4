import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import type { ConfigDict } from "#lib/config/value.ts";
import type { Batch } from "#lib/data/types.ts";
import { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { node, recordingLog } from "#test/lib/data/support.ts";
import { zipOf } from "#test/support/zip.ts";

const { signal } = new AbortController();
const PIPELINE = [{ type: "LoadImageFromFile" }, { type: "RandomResizedCrop", scale: 24 }, { type: "PackInputs" }];

describe("photos in an archive", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-archives-"));
    await synthesize({ out: join(folder, "pets"), count: 20, seed: 1, layout: "annotation", sizePx: 48 });
    const names = await readdir(join(folder, "pets/train"));
    const photos = names.map(async (name) => ({
      name: `train/${name}`,
      content: await readFile(join(folder, "pets/train", name)),
      deflate: name.endsWith("1.jpg"),
    }));
    const list = { name: "meta/train.txt", content: await readFile(join(folder, "pets/meta/train.txt")) };
    await writeFile(join(folder, "pets.zip"), zipOf([...(await Promise.all(photos)), list]));
    await create({ file: join(folder, "pets.tar"), cwd: join(folder, "pets") }, ["train", "meta"]);
    await create({ file: join(folder, "pets.tar.gz"), cwd: join(folder, "pets"), gzip: true }, ["train", "meta"]);
    await mkdir(join(folder, "folder.zip"));
    await cp(join(folder, "pets"), join(folder, "folder.zip"), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  async function collect(dataset: ConfigDict, workers: number): Promise<Batch[]> {
    const config = node({ batch_size: 8, dataset: { type: "CustomDataset", pipeline: PIPELINE, ...dataset } });
    await using loader = await openLoader(config, {
      purpose: "train",
      seed: 7,
      log: recordingLog(),
      root: folder,
      workers,
    });
    const batches: Batch[] = [];
    for await (const batch of loader.batches({ epoch: 0, rank: 0, worldSize: 1, startStep: 0 }, signal))
      batches.push(batch);
    return batches;
  }

  for (const [name, dataset] of [
    ["a zip as data_root", { data_root: "pets.zip", data_prefix: "train", ann_file: "meta/train.txt" }],
    ["a tar as data_root", { data_root: "pets.tar", data_prefix: "train", ann_file: "meta/train.txt" }],
    ["a zip as data_prefix", { data_root: "", data_prefix: "pets.zip/train", ann_file: "pets/meta/train.txt" }],
    ["a folder named zip", { data_root: "folder.zip", data_prefix: "train", ann_file: "meta/train.txt" }],
  ] as const) {
    it(`make the same batches as in a folder: ${name}`, async () => {
      const expected = await collect({ data_root: "pets", data_prefix: "train", ann_file: "meta/train.txt" }, 0);
      assert.deepEqual(await collect(dataset, 0), expected);
      assert.deepEqual(await collect(dataset, 1), expected);
    });
  }

  it("are found without labels, too", async () => {
    const batches = await collect({ data_prefix: "pets.zip/train", with_label: false }, 0).catch(
      (error: unknown) => error,
    );
    assert.match(String(batches), /has no label/); // all the others were found, and training needs labels
    assert.equal((await localDataFiles().list(join(folder, "pets.tar/train"))).files.length, 16);
  });

  for (const blocking of [false, true]) {
    describe(blocking ? "read at once" : "read in turn", () => {
      const files = localDataFiles({ blocking });
      const at = (...parts: string[]): string => join(folder, ...parts);
      const refused: readonly (readonly [string, string, RegExp])[] = [
        ["pets.zip/gone.jpg", "DATASET_FILE_MISSING", /There is no .*pets\.zip\/gone\.jpg/],
        ["pets.zip/train", "DATASET_FILE_MISSING", /There is no/],
        ["gone.zip/a.jpg", "DATASET_FILE_MISSING", /There is no/],
      ];
      for (const [path, code, message] of refused) {
        it(`${path} is refused with ${code}`, () => assert.rejects(files.read(at(path), 1e6), { code, message }));
      }

      it("a file above the limit is refused before it is read, by its size as it will be", async () => {
        const bomb = at("bomb.zip");
        await writeFile(bomb, zipOf([{ name: "a.jpg", content: Buffer.alloc(10_000_000), deflate: true }]));
        const expected = { code: "IMAGE_TOO_LARGE", message: /10000000 bytes: the limit is 1000000 bytes/ };
        await assert.rejects(files.read(join(bomb, "a.jpg"), 1e6), expected);
      });

      it("an archive that must be unpacked as a whole is refused, with what to do", async () => {
        const expected = { code: "DATASET_INVALID", hint: /uncompressed \.tar/ };
        await assert.rejects(files.list(at("pets.tar.gz")), expected);
      });

      it("what changes while it is read is refused", async () => {
        const path = at("changing.zip");
        await writeFile(path, zipOf([{ name: "a.jpg", content: Buffer.from("one") }]));
        assert.equal(Buffer.from(await files.read(join(path, "a.jpg"), 10)).toString(), "one");
        await writeFile(at("other"), zipOf([{ name: "b.jpg", content: Buffer.from("three") }]));
        await rename(at("other"), path);
        const expected = { code: "DATASET_FILE_UNREADABLE", message: /has changed/ };
        await assert.rejects(files.read(join(path, "a.jpg"), 10), expected);
      });
    });
  }

  it("keep to the folders that may be read", async () => {
    await symlink(join(folder, "pets.zip"), join(folder, "pets/link.zip"));
    const allowed = new AllowedFolders([join(folder, "pets")], "PETAGE_READ_ROOTS");
    const files = localDataFiles({ allowed });
    const outside = { code: "INVALID_ARGUMENT" };
    await assert.rejects(files.list(join(folder, "pets/link.zip/train")), outside);
    await assert.rejects(files.read(join(folder, "pets/link.zip/train/a.jpg"), 1e6), outside);
    assert.throws(() => files.resolve(folder, "pets.zip"), outside);
  });
});
