import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { checkpointFolder, readCheckpoint, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { modelVersions, newestModel, pruneModel, publishModel } from "#lib/store/model-store.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";

const PUBLISHER = fileURLToPath(new URL("fixtures/publisher.ts", import.meta.url));

describe("a model store", () => {
  let root = "";
  let folder = "";
  let checkpoint = "";
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "petage-models-"));
    folder = join(root, "models", "pet-age");
    checkpoint = (await save("epoch_1", 7)).uri;
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  function save(name: string, step: number) {
    return checkpointFolder({ folder: join(root, "run"), workDir: root }).save(
      name,
      checkpointOf({ step, elementCount: 5000 }),
    );
  }

  it("holds nothing before the first model is published", async () => {
    assert.equal(await newestModel(folder), undefined);
    assert.deepEqual(await modelVersions(folder), []);
  });

  it("numbers versions from 1, each a whole checkpoint without optimizer", async () => {
    const first = await publishModel({ folder, checkpoint });
    assert.deepEqual(first, { version: 1, path: join(folder, "1") });
    assert.deepEqual((await readdir(first.path)).toSorted(), ["checkpoint.json", "model.safetensors"]);
    const source = await readCheckpoint(checkpoint);
    assert.deepEqual(await readCheckpoint(first.path), source);
    assert.equal(await weightsSha256(first.path), await weightsSha256(checkpoint));

    const next = (await save("epoch_2", 8)).uri;
    const second = await publishModel({ folder, checkpoint: pathToFileURL(next).href });
    assert.deepEqual(second, { version: 2, path: join(folder, "2") });
    assert.deepEqual(await newestModel(folder), second);
  });

  it("is pruned to the newest whole versions and those with a file named keep; what is not whole neither counts nor goes", async () => {
    const there = async (): Promise<number[]> => (await modelVersions(folder)).map(({ version }) => version);
    for (let count = 1; count <= 6; count++) await publishModel({ folder, checkpoint });
    await writeFile(join(folder, "2", "keep"), "");
    await rm(join(folder, "6", "model.safetensors"));
    assert.deepEqual(await pruneModel(folder, 2), [3, 1]);
    assert.deepEqual(await there(), [6, 5, 4, 2]);
    assert.equal((await newestModel(folder))?.version, 5, "what is served is still there");
    assert.deepEqual(await pruneModel(folder, 2), []);
    assert.deepEqual(await pruneModel(folder, 1), [4]);
    assert.equal((await publishModel({ folder, checkpoint })).version, 7, "numbers are not given twice");
    assert.deepEqual((await readdir(folder)).toSorted(), ["2", "5", "6", "7"], "nothing else is left");
    assert.deepEqual(await pruneModel(join(root, "no such model"), 1), []);
  });

  it("is pruned by several publishers at once without a fault", async () => {
    for (let count = 1; count <= 8; count++) await publishModel({ folder, checkpoint });
    const gone = await Promise.all([1, 2, 3].map(() => pruneModel(folder, 2)));
    assert.deepEqual(
      gone.flat().toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual((await readdir(folder)).toSorted(), ["7", "8"]);
  });

  it("counts as numbers do: 10 is newer than 9", async () => {
    for (const version of [1, 9, 10]) await cp(checkpoint, join(folder, String(version)), { recursive: true });
    assert.equal((await newestModel(folder))?.version, 10);
    assert.equal((await publishModel({ folder, checkpoint })).version, 11);
    assert.deepEqual(
      (await modelVersions(folder)).map(({ version }) => version),
      [11, 10, 9, 1],
    );
  });

  it("passes over what is no version", async () => {
    await publishModel({ folder, checkpoint });
    for (const name of ["02", "0", "-3", "4.5", "latest", ".writing-9", "5-copy", "1e3"]) {
      await cp(checkpoint, join(folder, name), { recursive: true });
    }
    await writeFile(join(folder, "README"), "models");
    assert.equal((await newestModel(folder))?.version, 1);
    assert.equal((await publishModel({ folder, checkpoint })).version, 2);
  });

  const torn: readonly { what: string; damage: (path: string) => Promise<unknown> }[] = [
    { what: "has no manifest", damage: (path) => rm(join(path, "checkpoint.json")) },
    { what: "has a torn manifest", damage: (path) => truncate(join(path, "checkpoint.json"), 100) },
    { what: "has no weights", damage: (path) => rm(join(path, "model.safetensors")) },
    { what: "is empty", damage: (path) => rm(path, { recursive: true }).then(() => mkdir(path)) },
    { what: "is a file", damage: (path) => rm(path, { recursive: true }).then(() => writeFile(path, "")) },
  ];
  for (const { what, damage } of torn) {
    it(`passes over a version that ${what}, and never takes its number again`, async () => {
      await publishModel({ folder, checkpoint });
      await damage((await publishModel({ folder, checkpoint })).path);
      assert.equal((await newestModel(folder))?.version, 1);
      assert.equal((await publishModel({ folder, checkpoint })).version, 3);
    });
  }

  const refused: readonly { what: string; code: string; damage: () => Promise<unknown> }[] = [
    { what: "damaged", code: "CHECKPOINT_INVALID", damage: () => truncate(join(checkpoint, "model.safetensors"), 100) },
    { what: "not there", code: "NOT_FOUND", damage: () => rm(checkpoint, { recursive: true }) },
  ];
  for (const { what, code, damage } of refused) {
    it(`refuses a checkpoint that is ${what}, and leaves nothing behind`, async () => {
      await damage();
      await assert.rejects(publishModel({ folder, checkpoint }), { code });
      assert.deepEqual(await readdir(folder).catch(() => []), []);
    });
  }

  it("publishes nothing once it is told to stop", async () => {
    const stop = new AbortController();
    stop.abort(new PetageError("ABORTED", "Enough"));
    await assert.rejects(publishModel({ folder, checkpoint, signal: stop.signal }), { code: "ABORTED" });
    assert.deepEqual(await readdir(folder), []);
  });

  it("gives publishers of several processes a version each, whole whenever anybody looks", async () => {
    const publishers = Array.from({ length: 3 }, () => fork(PUBLISHER, [folder, checkpoint, "6"]));
    const exits = Promise.all(publishers.map((publisher) => once(publisher, "exit")));
    const expected = await readCheckpoint(checkpoint);
    while (publishers.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      const newest = await newestModel(folder);
      if (newest) assert.deepEqual(await readCheckpoint(newest.path), expected);
    }
    assert.deepEqual(
      (await exits).map(([code]: unknown[]) => code),
      [0, 0, 0],
    );
    const versions = (await modelVersions(folder)).map(({ version }) => version);
    assert.deepEqual(
      versions,
      Array.from({ length: 18 }, (_, index) => 18 - index),
    );
    assert.deepEqual((await readdir(folder)).length, 18, "nothing else is left");
  });
});
