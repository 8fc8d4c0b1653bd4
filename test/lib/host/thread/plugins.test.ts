import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#lib/base/log.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { Batch } from "#lib/data/types.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import { checkLocalDataset, openLoader } from "#lib/host/thread/data-loader.ts";
import { openTrainingThread } from "#lib/host/thread/training.ts";
import { node } from "#test/lib/data/support.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";

const never = new AbortController().signal;
const plugins = [new URL("./fixtures/plugin.ts", import.meta.url).href];
const SIZE_PX = 16;
const VIEW = [
  { type: "RandomResizedCrop", scale: SIZE_PX },
  { type: "RandomFlip", prob: 0.5 },
];

function loaderOf(folder: string): ConfigNode {
  const pipeline = [{ type: "LoadImageFromFile" }, { type: "TwoViews", transforms: VIEW }, { type: "PackInputs" }];
  return node({ batch_size: 4, sampler: { type: "Backwards" }, dataset: { type: "Numbered", folder, pipeline } });
}

describe("a plugin's components", () => {
  let root = "";
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "petage-plugin-"));
    await synthesize({ out: join(root, "pets"), count: 10, seed: 1, layout: "annotation", sizePx: 32 });
  });
  after(() => rm(root, { recursive: true }));

  async function epoch(workers: number): Promise<Batch[]> {
    const options = { purpose: "train", seed: 3, log: silentLog, root, workers, plugins } as const;
    await using loader = await openLoader(loaderOf("pets/train"), options);
    const batches: Batch[] = [];
    const range = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };
    for await (const batch of loader.batches(range, never)) batches.push(batch);
    return batches;
  }

  it("make the batches of a loader, in this thread and in others: dataset, sampler and transform", async () => {
    const [here, there] = [await epoch(0), await epoch(2)];
    assert.deepEqual(there, here);
    assert.deepEqual(
      here.map(({ labels, views }) => [[...labels], views]),
      [
        [[7, 6, 5, 4], 2],
        [[3, 2, 1, 0], 2],
      ],
    );
  });

  it("may give several views of a sample, which lie together", async () => {
    const [first] = await epoch(0);
    const viewLength = SIZE_PX * SIZE_PX * 3;
    assert.equal(first?.images.length, 4 * 2 * viewLength);
    assert.deepEqual([first.height, first.width], [SIZE_PX, SIZE_PX]);
    const views = Array.from({ length: 8 }, (_, at) => first.images.slice(at * viewLength, (at + 1) * viewLength));
    assert.equal(new Set(views.map(String)).size, 8, "each is cropped for itself");
  });

  it("are used where a dataset is checked", async () => {
    await writeFile(join(root, "pets", "val", "broken.jpg"), "no photo");
    const check = await checkLocalDataset(loaderOf("pets/val").at("dataset"), {
      root,
      plugins,
      log: silentLog,
      signal: never,
    });
    assert.deepEqual(
      [check.sampleCount, check.problems.map(({ message }) => message.split(":")[0])],
      [2, ["broken.jpg"]],
    );
  });

  it("build the model in the thread that trains it", async () => {
    const config = resolved({
      model: tinyModel({ loss: { type: "FlatLoss", cost: 7 } }),
      optim_wrapper: { optimizer: { type: "SGD", lr: 0.1 } },
    });
    await assert.rejects(openTrainingThread({ config, seed: 1 }), { code: "CONFIG_UNKNOWN_TYPE" });
    await using thread = await openTrainingThread({ config, seed: 1, plugins });
    const images = new Uint8Array(32 * 32 * 3);
    const batch = { step: 0, images, height: 32, width: 32, labels: Int32Array.of(0), sampleIds: ["a"] };
    for await (const _bucket of thread.gradients({ ...batch, sampleIndices: Int32Array.of(0), skippedIds: [] }));
    assert.equal((await thread.apply({ learningRate: 0, weightDecay: 0, step: 1 })).loss, 7);
  });

  const broken = [
    { what: "is not there", module: new URL("./fixtures/missing.ts", import.meta.url).href, message: /^Cannot load / },
    { what: "exports none", module: new URL("../../data/support.ts", import.meta.url).href, message: / no plugins$/ },
  ];
  for (const { what, module, message } of broken) {
    it(`cannot be had from a module that ${what}`, async () => {
      await assert.rejects(loadBuild([module]), { code: "CONFIG_INVALID_VALUE", message, hint: /exports `plugins`/ });
    });
  }
});
