import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { randomStream } from "#lib/base/random.ts";
import { checkpointFolder, readCheckpoint, readCheckpointMeta, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { findResumable } from "#lib/store/find-resumable.ts";
import { removeLeftBehind, removeUnfinished } from "#lib/store/temporary.ts";
import { readWeights } from "#lib/store/weights.ts";
import { findModel } from "#lib/store/find-model.ts";
import { delay } from "#lib/system/clock.ts";
import type { CheckpointStore, TensorData } from "#lib/model/checkpoint.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";

const WRITER = fileURLToPath(new URL("fixtures/writer.ts", import.meta.url));
const KILLS = 12;
/** A writer is killed at a random moment within this long after its first checkpoint. */
const KILL_WINDOW_MS = 120;

function failsWith(code: ErrorCode, says: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof PetageError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.describe(), says);
    return true;
  };
}

function failsWithSystem(code: string) {
  return (error: unknown): boolean => {
    assert.equal(PetageError.from(error).code, "FILE_REFUSED");
    return (error as NodeJS.ErrnoException).code === code;
  };
}

describe("a folder of checkpoints", () => {
  let workDir = "";
  let folder = "";
  let store: CheckpointStore;
  beforeEach(async () => {
    workDir = await mkdtemp(join(tmpdir(), "petage-store-"));
    folder = join(workDir, "20261123_061500");
    store = checkpointFolder({ folder, workDir });
  });
  afterEach(() => rm(workDir, { recursive: true, force: true }));

  it("gives back what was saved, from the folder, its manifest or a file:// URI of it", async () => {
    const checkpoint = checkpointOf({ step: 7 });
    const { uri, name, sha256 } = await store.save("epoch_1", checkpoint);
    assert.equal(name, "epoch_1");
    for (const written of [uri, `${uri}/checkpoint.json`, `${uri}/model.safetensors`, pathToFileURL(uri).href]) {
      assert.deepEqual(await readCheckpoint(written, { withOptimizer: true }), checkpoint);
    }
    assert.deepEqual((await readCheckpoint(uri)).optimizer, new Map());
    assert.deepEqual(await readCheckpointMeta(uri), checkpoint.meta);
    assert.equal(await weightsSha256(uri), sha256);
    assert.deepEqual(await readWeights(uri), checkpoint.weights);
    assert.deepEqual(await readWeights(join(uri, "model.safetensors")), checkpoint.weights);
  });

  it("leaves nothing else behind", async () => {
    await store.save("epoch_1", checkpointOf());
    await store.save("epoch_1", checkpointOf({ step: 2 }));
    await store.save("best_mae_epoch_1", checkpointOf({ withOptimizer: false }));
    await store.amend("epoch_1", checkpointOf({ step: 3 }).meta);
    assert.deepEqual((await readdir(folder)).toSorted(), ["best_mae_epoch_1", "epoch_1"]);
    assert.deepEqual((await readdir(join(folder, "best_mae_epoch_1"))).toSorted(), [
      "checkpoint.json",
      "model.safetensors",
    ]);
    await store.remove("epoch_1");
    await store.remove("epoch_1"); // it is gone already
    assert.deepEqual(await readdir(folder), ["best_mae_epoch_1"]);
  });

  it("leaves nothing behind when saving fails, and keeps what was there", async () => {
    await store.save("epoch_1", checkpointOf({ step: 1 }));
    const holed: TensorData = { dtype: "F32", shape: [1], values: undefined as never };
    await assert.rejects(store.save("epoch_1", { ...checkpointOf({ step: 2 }), weights: new Map([["w", holed]]) }));
    assert.deepEqual(await readdir(folder), ["epoch_1"]);
    assert.equal((await readCheckpoint(join(folder, "epoch_1"))).meta.progress.step, 1);
  });

  it("replaces what describes a checkpoint and not its tensors", async () => {
    const checkpoint = checkpointOf({ step: 7 });
    const { uri } = await store.save("epoch_1", checkpoint);
    const meta = { ...checkpoint.meta, metrics: { "petage/mae_median": 12.5, odd: Number.NaN } };
    await store.amend("epoch_1", meta);
    const read = await readCheckpoint(uri, { withOptimizer: true });
    assert.deepEqual(read.meta, meta);
    assert.deepEqual([read.weights, read.optimizer], [checkpoint.weights, checkpoint.optimizer]);
  });

  it("is whole when several save it at once", async () => {
    const steps = [1, 2, 3, 4];
    const saved = await Promise.all(
      steps.map((step) => store.save("iter_9", checkpointOf({ step, elementCount: 5000 }))),
    );
    const { meta, weights } = await readCheckpoint(join(folder, "iter_9"), { withOptimizer: true });
    assert.deepEqual(weights, checkpointOf({ step: meta.progress.step, elementCount: 5000 }).weights);
    assert.ok(saved.some(({ sha256 }) => sha256 !== saved[0]?.sha256));
    assert.deepEqual(await readdir(folder), ["iter_9"]);
  });

  it("stays in place when survivors save the same step at once", async () => {
    const checkpoint = checkpointOf({ step: 7, elementCount: 5000 });
    await store.save("iter_7", checkpoint);
    const { ino } = await stat(join(folder, "iter_7"));
    await Promise.all(Array.from({ length: 16 }, () => store.save("iter_7", { ...checkpoint })));
    assert.equal((await stat(join(folder, "iter_7"))).ino, ino);
    assert.deepEqual(await readdir(folder), ["iter_7"]);
  });

  it("is replaced when what is there is damaged", async () => {
    const { uri } = await store.save("iter_7", checkpointOf({ step: 7 }));
    await truncate(join(uri, "optimizer.safetensors"), 10);
    await store.save("iter_7", checkpointOf({ step: 7 }));
    assert.ok((await readCheckpoint(uri, { withOptimizer: true })).optimizer.size > 0);
  });

  it("loses what killed writers left unfinished, and nothing else", async () => {
    await store.save("iter_7", checkpointOf({ step: 7 }));
    await mkdir(join(folder, ".writing-iter_8-12ab"));
    await writeFile(join(folder, ".writing-iter_8-12ab", "model.safetensors"), "half");
    await writeFile(join(folder, "scalars.json"), "{}");
    await removeUnfinished(folder);
    assert.deepEqual((await readdir(folder)).toSorted(), ["iter_7", "scalars.json"]);
  });

  it("loses what dead writers left where others may write, and nothing else", async () => {
    await mkdir(folder);
    const dead = await promisify(execFile)(process.execPath, ["-p", "process.pid"]);
    const left = (pid: string | number, host = hostname()): string => `.writing-iter_8@${host}@${pid}@12ab`;
    const kept = [left(process.pid), left(dead.stdout.trim(), "another-host"), ".writing-iter_8-12ab", "iter_7"];
    for (const name of [...kept, left(dead.stdout.trim())]) await mkdir(join(folder, name));
    await removeLeftBehind(folder);
    assert.deepEqual((await readdir(folder)).toSorted(), kept.toSorted());
  });

  it("is marked as the latest by several at once", async () => {
    const saved = await store.save("iter_7", checkpointOf({ step: 7 }));
    await Promise.all(Array.from({ length: 16 }, () => store.markLatest(saved)));
    const text = await readFile(join(workDir, "last_checkpoint"), "utf8");
    assert.equal(text, `${saved.uri}\n`);
  });

  const damages: readonly {
    what: string;
    damage: (path: string) => Promise<unknown>;
    code: ErrorCode;
    says: RegExp;
  }[] = [
    {
      what: "has no manifest",
      damage: (path) => rm(join(path, "checkpoint.json")),
      code: "NOT_FOUND",
      says: /not complete: no checkpoint\.json/,
    },
    {
      what: "has no weights",
      damage: (path) => rm(join(path, "model.safetensors")),
      code: "NOT_FOUND",
      says: /not complete: no model\.safetensors/,
    },
    {
      what: "has no optimizer",
      damage: (path) => rm(join(path, "optimizer.safetensors")),
      code: "NOT_FOUND",
      says: /no optimizer\.safetensors/,
    },
    {
      what: "has weights cut short",
      damage: (path) => truncate(join(path, "model.safetensors"), 100),
      code: "CHECKPOINT_INVALID",
      says: /model\.safetensors is damaged: its SHA-256/,
    },
    {
      what: "has a changed byte",
      damage: (path) => flip(join(path, "optimizer.safetensors")),
      code: "CHECKPOINT_INVALID",
      says: /optimizer\.safetensors is damaged.*older checkpoint/,
    },
    {
      what: "has half a manifest",
      damage: (path) => truncate(join(path, "checkpoint.json"), 40),
      code: "CHECKPOINT_INVALID",
      says: /not a manifest/,
    },
    {
      what: "has an empty manifest",
      damage: (path) => truncate(join(path, "checkpoint.json"), 0),
      code: "CHECKPOINT_INVALID",
      says: /not a manifest/,
    },
    ...[
      "null",
      "7",
      "[]",
      "{}",
      '{"meta":{"format":2},"files":{}}',
      '{"meta":{"format":1},"files":null}',
      '{"meta":{"format":1},"files":{}}',
      JSON.stringify({ files: {}, meta: { ...checkpointOf().meta, progress: {} } }),
    ].map((text) => ({
      what: `has the manifest ${text.slice(0, 40)}`,
      damage: (path: string) => writeFile(join(path, "checkpoint.json"), text),
      code: "CHECKPOINT_INVALID" as const,
      says: /not a manifest of checkpoint format 1/,
    })),
  ];
  for (const { what, damage, code, says } of damages) {
    it(`refuses a checkpoint that ${what}, and resumes the one before`, async () => {
      await store.save("epoch_1", checkpointOf({ step: 4, createTime: new Date(1_000) }));
      const { uri } = await store.save("epoch_2", checkpointOf({ step: 8, createTime: new Date(2_000) }));
      await damage(uri);
      await assert.rejects(readCheckpoint(uri, { withOptimizer: true }), failsWith(code, says));
      const found = await findResumable(workDir);
      assert.equal(found?.path, join(folder, "epoch_1"));
      assert.equal(found.checkpoint.meta.progress.step, 4);
    });
  }

  it("says that a checkpoint does not exist", async () => {
    await assert.rejects(readCheckpoint(join(folder, "epoch_9")), failsWith("NOT_FOUND", /epoch_9 does not exist/));
    await assert.rejects(
      readWeights(join(folder, "a.safetensors")),
      failsWith("NOT_FOUND", /a\.safetensors do not exist/),
    );
  });

  describe("findResumable", () => {
    it("finds nothing in a folder that does not exist or has no checkpoint", async () => {
      assert.equal(await findResumable(join(workDir, "nowhere")), undefined);
      await mkdir(join(folder, "epoch_1"), { recursive: true });
      assert.equal(await findResumable(workDir), undefined);
    });

    it("takes the newest of all runs; of the same time that of the later step; never a best or passing one", async () => {
      const other = checkpointFolder({ folder: join(workDir, "20261122_000000"), workDir });
      await store.save("epoch_1", checkpointOf({ step: 9, createTime: new Date(1_000) }));
      await other.save("iter_3", checkpointOf({ step: 3, createTime: new Date(2_000) }));
      await other.save("iter_4", checkpointOf({ step: 4, createTime: new Date(2_000) }));
      await store.save("best_mae_epoch_1", checkpointOf({ createTime: new Date(3_000) }));
      await store.save("validating", checkpointOf({ createTime: new Date(3_000) }));
      await store.save("epoch_2", checkpointOf({ createTime: new Date(3_000), withOptimizer: false }));
      const found = await findResumable(workDir);
      assert.equal(found?.path, join(workDir, "20261122_000000", "iter_4"));
      assert.deepEqual(found.skipped, []);
    });

    it("does not take a work dir that cannot be read for an empty one", async () => {
      const loop = join(workDir, "loop");
      await symlink(loop, loop);
      await assert.rejects(findResumable(loop), failsWithSystem("ELOOP"));
    });

    it("does not start anew where all that there is is damaged", async () => {
      const { uri } = await store.save("iter_1", checkpointOf());
      await truncate(join(uri, "optimizer.safetensors"), 10);
      const says = /No checkpoint below .* can be resumed: .*iter_1.*optimizer\.safetensors is damaged/;
      await assert.rejects(findResumable(workDir), failsWith("CHECKPOINT_INVALID", says));
    });

    it("names each damaged checkpoint that it passes over", async () => {
      for (const step of [1, 2, 3])
        await store.save(`iter_${step}`, checkpointOf({ step, createTime: new Date(1000 * step) }));
      await flip(join(folder, "iter_3", "model.safetensors"));
      await truncate(join(folder, "iter_2", "optimizer.safetensors"), 10);
      const found = await findResumable(workDir);
      assert.equal(found?.path, join(folder, "iter_1"));
      assert.equal(found.skipped.length, 2);
      assert.match(found.skipped[0] ?? "", /iter_3.model\.safetensors is damaged.*CHECKPOINT_INVALID/);
      assert.match(found.skipped[1] ?? "", /iter_2.optimizer\.safetensors is damaged/);
    });
  });

  describe("findModel", () => {
    it("takes the best of the newest run, else its newest", async () => {
      const older = checkpointFolder({ folder: join(workDir, "older"), workDir });
      await older.save("best_mae_epoch_1", checkpointOf({ createTime: new Date(1_000), withOptimizer: false }));
      await store.save("epoch_1", checkpointOf({ createTime: new Date(2_000) }));
      await store.save("epoch_2", checkpointOf({ createTime: new Date(3_000) }));
      assert.equal(await findModel(workDir), join(folder, "epoch_2"));
      await store.save("best_mae_epoch_1", checkpointOf({ createTime: new Date(2_500), withOptimizer: false }));
      assert.equal(await findModel(workDir), join(folder, "best_mae_epoch_1"));
      assert.equal(await findModel(join(workDir, "nowhere")), undefined);
    });

    it("takes the best of the run that the newest one resumed, and that of no other", async () => {
      const best = { metric: "mae", value: 2, name: "best_mae_epoch_1" };
      const save = (run: string, name: string, seconds: number, saved: typeof best | null) =>
        checkpointFolder({ folder: join(workDir, run), workDir }).save(
          name,
          checkpointOf({ createTime: new Date(1000 * seconds), withOptimizer: !name.startsWith("best"), best: saved }),
        );
      await save("another", best.name, 1, { ...best, value: 3 });
      await save("first", best.name, 2, best);
      await save("stranger", best.name, 3, { ...best, value: 1 });
      await save("second", "epoch_2", 4, best);
      await save("third", "epoch_3", 5, best);
      assert.equal(await findModel(workDir), join(workDir, "first", best.name));
      assert.equal(await findModel(join(workDir, "third")), join(workDir, "first", best.name));
      await save("third", "best_mae_epoch_3", 6, { ...best, value: 1, name: "best_mae_epoch_3" });
      assert.equal(await findModel(workDir), join(workDir, "third", "best_mae_epoch_3"));
      await save("anew", "epoch_1", 7, null);
      assert.equal(await findModel(workDir), join(workDir, "anew", "epoch_1"), "of a training that began anew");
      await rm(join(workDir, "first"), { recursive: true });
      await rm(join(workDir, "third", "best_mae_epoch_3"), { recursive: true });
      await rm(join(workDir, "anew"), { recursive: true });
      assert.equal(await findModel(workDir), join(workDir, "third", "epoch_3"), "the best is gone");
    });

    it("does not take what a killed writer left unfinished", async () => {
      const { uri } = await store.save("epoch_1", checkpointOf());
      await cp(uri, join(folder, ".writing-epoch_2-1-00"), { recursive: true });
      assert.equal(await findModel(workDir), uri);
    });
  });

  it(`is never torn, though its writer is killed ${KILLS} times at random moments`, async function () {
    this.timeout(60_000);
    const random = randomStream(Number(process.env["PETAGE_TEST_SEED"] ?? 1));
    let safe = 0;
    for (let round = 0; round < KILLS; round++) {
      const writer = fork(WRITER, [workDir, String(safe + 1)], { execArgv: ["--import", "tsx"] });
      writer.on("message", (step) => (safe = Number(step)));
      await once(writer, "message");
      await delay(random.uniform(0, KILL_WINDOW_MS));
      writer.kill("SIGKILL");
      await once(writer, "exit");
      const run = join(workDir, "run");
      for (const name of (await readdir(run)).filter((entry) => !entry.startsWith("."))) {
        const { meta, weights } = await readCheckpoint(join(run, name), { withOptimizer: true }).catch(
          (error: unknown) =>
            // A checkpoint on its way out may lack files, but then it says so.
            error instanceof PetageError && error.code === "NOT_FOUND"
              ? { meta: undefined, weights: undefined }
              : Promise.reject(error as Error),
        );
        if (!meta) continue;
        assert.equal(name, `iter_${meta.progress.step}`);
        assert.deepEqual(weights, checkpointOf({ step: meta.progress.step, elementCount: 50_000 }).weights);
      }
      const found = await findResumable(workDir);
      assert.ok(found, "there is always one to resume");
      assert.deepEqual(found.skipped, [], "and no damaged one before it");
      assert.ok(found.checkpoint.meta.progress.step >= safe, `step ${safe} was safe`);
      const latest = (await readFile(join(workDir, "last_checkpoint"), "utf8")).trim();
      assert.match(latest, /iter_\d+$/);
      safe = found.checkpoint.meta.progress.step;
    }
  });
});

/** Changes one bit in the middle of a file. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
