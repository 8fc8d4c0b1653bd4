import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ancestor, Progress } from "#lib/model/checkpoint.ts";
import { checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { findBest, findModel } from "#lib/store/find-model.ts";
import { continuing, lineageOf } from "#lib/store/lineage.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";

interface Saved {
  readonly seconds: number;
  readonly best?: Progress["best"];
  readonly continues?: readonly Ancestor[];
}

describe("runs that go on from each other", () => {
  let root = "";
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), "petage-line-"))));
  afterEach(() => rm(root, { recursive: true }));

  /** Saves `WORK_DIR/RUN/UNIT_N`, of step N. */
  async function save(path: string, { seconds, best = null, continues = [] }: Saved): Promise<string> {
    const [workDir = "", run = "", name = ""] = path.split("/");
    const { meta, ...tensors } = checkpointOf({
      step: Number(/\d+$/.exec(name)?.[0]),
      createTime: new Date(1000 * seconds),
      best,
      withOptimizer: !name.startsWith("best"),
    });
    const store = checkpointFolder({ folder: join(root, workDir, run), workDir: join(root, workDir) });
    return (await store.save(name, { ...tensors, meta: { ...meta, continues } })).uri;
  }

  /** Names that the store of a run lists which goes on from a checkpoint. */
  async function listed(run: string, checkpoint: string): Promise<string[]> {
    const [folder, workDir] = [join(root, run), join(root, run, "..")];
    const continues = await lineageOf(join(root, checkpoint), folder);
    const store = continuing(checkpointFolder({ folder, workDir }), { folder, workDir, continues });
    return (await store.list()).toSorted();
  }

  it("share their checkpoints: those up to the step from which the next one went on, and no others", async () => {
    for (const step of [1, 2, 3]) await save(`w/first/epoch_${step}`, { seconds: step });
    await save("w/first/best_mae_epoch_1", { seconds: 1 });
    await save("w/stranger/epoch_1", { seconds: 4 });
    const continues = await lineageOf(join(root, "w/first/epoch_2"), join(root, "w/second"));
    assert.deepEqual(continues, [{ path: "../first/epoch_2", step: 2 }]);
    await save("w/second/epoch_3", { seconds: 5, continues });
    assert.deepEqual(await listed("w/second", "w/second/epoch_3"), ["../first/epoch_1", "../first/epoch_2", "epoch_3"]);
  });

  it("still do when what the one between went on from is gone", async () => {
    await save("w/first/epoch_1", { seconds: 1 });
    const second = await lineageOf(join(root, "w/first/epoch_1"), join(root, "w/second"));
    await save("w/second/epoch_2", { seconds: 2, continues: second });
    const third = await lineageOf(join(root, "w/second/epoch_2"), join(root, "w/third"));
    await save("w/third/epoch_3", { seconds: 3, continues: third });
    await rm(join(root, "w/second"), { recursive: true });
    assert.deepEqual(await listed("w/third", "w/third/epoch_3"), ["../first/epoch_1", "epoch_3"]);
  });

  it("leave alone what lies in another work dir", async () => {
    await save("old/first/epoch_1", { seconds: 1 });
    const continues = await lineageOf(join(root, "old/first/epoch_1"), join(root, "w/second"));
    await save("w/second/epoch_2", { seconds: 2, continues });
    assert.deepEqual(await listed("w/second", "w/second/epoch_2"), ["epoch_2"]);
  });

  it("remove by the names that they list", async () => {
    await save("w/first/epoch_1", { seconds: 1 });
    const folder = join(root, "w/second");
    const continues = await lineageOf(join(root, "w/first/epoch_1"), folder);
    await save("w/second/epoch_2", { seconds: 2, continues });
    const line = { folder, workDir: join(root, "w"), continues };
    const store = continuing(checkpointFolder(line), line);
    await store.remove("../first/epoch_1");
    assert.deepEqual(await store.list(), ["epoch_2"]);
  });

  it("have the best model of the run before, also where that lies in another work dir", async () => {
    const best = { metric: "mae", value: 2, name: "best_mae_epoch_1" };
    const expected = await save(`old/first/${best.name}`, { seconds: 1, best });
    await save("old/first/epoch_1", { seconds: 2, best });
    const continues = await lineageOf(join(root, "old/first/epoch_1"), join(root, "w/second"));
    const last = await save("w/second/epoch_2", { seconds: 3, best, continues });
    assert.equal(await findBest(last, best), expected);
    assert.equal(await findModel(join(root, "w")), expected);
  });
});
