import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { checkLoader, type LoaderPurpose } from "#lib/data/loader-settings.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { Batch, StepRange } from "#lib/data/types.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { createPreprocess } from "#lib/serve/preprocess.ts";
import * as odd from "../../data/odd-images.ts";
import { node, recordingLog } from "../../data/support.ts";

const { signal } = new AbortController();
const WHOLE: StepRange = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };
const [LOAD, PACK] = [{ type: "LoadImageFromFile" }, { type: "PackInputs" }];
const CROP = [LOAD, { type: "RandomResizedCrop", scale: 24, crop_ratio_range: [0.2, 0.6] }, PACK];
const WHOLE_PHOTO = [LOAD, { type: "Resize", scale: [24, 24] }, PACK];

const PHOTOS: Readonly<Record<string, () => Promise<Buffer> | Buffer>> = {
  "a.jpg": odd.markedJpeg,
  "progressive.jpg": odd.progressiveJpeg,
  "grey.jpg": odd.greyJpeg,
  "turned.jpg": () => odd.withOrientation("jpeg", 6),
  "deep.png": odd.png16,
  "palette.png": odd.palettePng,
  "see-through.png": odd.transparentPng,
  "lossless.webp": odd.webp,
  "moving.gif": () => odd.animated("gif"),
  "plain.tiff": odd.tiff,
  "still.avif": odd.avif,
  "plain.bmp": () => odd.bmp({}),
};

describe("the datasets of a loader", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-datasets-"));
    await mkdir(join(folder, "photos"));
    for (const [name, make] of Object.entries(PHOTOS)) await writeFile(join(folder, "photos", name), await make());
    await writeFile(join(folder, "photos", "empty.jpg"), "");
    await writeFile(
      join(folder, "all.txt"),
      Object.keys(PHOTOS)
        .map((name, month) => `${name}\t${month}\n`)
        .join(""),
    );
    await writeFile(join(folder, "bad.txt"), "a.jpg\t1\nempty.jpg\t2\n");
  });
  after(() => rm(folder, { recursive: true }));

  function photos(pipeline: readonly ConfigDict[], keys: ConfigDict = {}): ConfigDict {
    return { type: "CustomDataset", data_prefix: "photos", ann_file: "all.txt", pipeline, ...keys };
  }

  function loaderOf(dataset: ConfigDict, keys: ConfigDict = {}): ConfigNode {
    return node({ batch_size: 4, dataset, sampler: { type: "DefaultSampler", shuffle: false }, ...keys });
  }

  async function collect(config: ConfigNode, purpose: LoaderPurpose = "train", workers = 0): Promise<Batch[]> {
    const options = { purpose, seed: 3, log: recordingLog(), root: folder, workers };
    await using loader = await openLoader(config, options);
    const batches: Batch[] = [];
    for await (const batch of loader.batches(WHOLE, signal)) batches.push(batch);
    return batches;
  }

  /** The bytes of each sample's image. */
  function images(batches: readonly Batch[]): Buffer[] {
    return batches.flatMap(({ images: all, labels }) => {
      const length = all.length / labels.length;
      return [...labels].map((_, at) => Buffer.from(all.slice(at * length, (at + 1) * length)));
    });
  }

  it("give a photo the same pixels in training, evaluation and serving", async () => {
    const config = loaderOf(photos(WHOLE_PHOTO));
    const [training, threaded, evaluation] = [
      images(await collect(config)),
      images(await collect(config, "train", 1)),
      images(await collect(config, "evaluate")),
    ];
    const serving = createPreprocess(
      { value: { test_pipeline: WHOLE_PHOTO }, positions: new Map() },
      DEFAULT_IMAGE_LIMITS,
    );
    for (const [index, [name, make]] of Object.entries(PHOTOS).entries()) {
      const served = Buffer.from((await serving(await make(), signal)).data);
      for (const made of [training, threaded, evaluation]) assert.ok(made[index]?.equals(served), name);
    }
  });

  it("with RepeatDataset and RepeatAugSampler, augment each repetition differently, whatever the workers", async () => {
    const one = photos(CROP, { indices: 1 });
    for (const config of [
      loaderOf({ type: "RepeatDataset", times: 3, dataset: one }),
      loaderOf(photos(CROP, { indices: 3 }), { sampler: { type: "RepeatAugSampler", shuffle: false } }),
    ]) {
      const made = images(await collect(config));
      assert.equal(made.length, 3);
      assert.equal(new Set(made.map((image) => image.toString("base64"))).size, 3);
      assert.deepEqual(images(await collect(config, "train", 1)), made);
    }
  });

  it("joined by ConcatDataset, each have their own pipeline", async () => {
    const mirrored = [LOAD, { type: "Resize", scale: [24, 24] }, { type: "RandomFlip", prob: 1 }, PACK];
    const keys = { indices: [4] }; // the grain of a lossless picture
    const parts = [photos(WHOLE_PHOTO, keys), photos(mirrored, keys)];
    const [plain, flipped] = images(await collect(loaderOf({ type: "ConcatDataset", datasets: parts })));
    assert.deepEqual([plain], images(await collect(loaderOf(parts[0] as ConfigDict))));
    assert.deepEqual([flipped], images(await collect(loaderOf(parts[1] as ConfigDict))));
    assert.ok(!plain?.equals(flipped as Buffer));
  });

  it("are all checked before any is read", () => {
    const options = { purpose: "train", seed: 0, build: buildComponent } as const;
    const wrong = photos([LOAD, { type: "Resize", scal: 24 }, PACK]);
    const config = loaderOf({ type: "ConcatDataset", datasets: [photos(WHOLE_PHOTO), wrong] });
    assert.throws(() => checkLoader(config, options), { code: "CONFIG_UNKNOWN_KEY", message: /datasets\.1\.pipeline/ });
    const unknown = loaderOf({ type: "RepeatDataset", times: 2, dataset: { type: "MultiLabelDataset" } });
    assert.throws(() => checkLoader(unknown, options), { code: "CONFIG_UNKNOWN_TYPE", hint: /one age a photo/ });
  });

  it("serve by the pipeline of the first of several that are joined", () => {
    const datasets = [photos(WHOLE_PHOTO), photos(CROP)];
    const value = { test_dataloader: { dataset: { type: "ConcatDataset", datasets } } };
    assert.ok(createPreprocess(configNode({ value, positions: new Map() }).config, DEFAULT_IMAGE_LIMITS));
  });

  for (const purpose of ["train", "evaluate"] as const) {
    it(`with on_bad_sample='fail' end at the first photo that cannot be read (${purpose})`, async () => {
      const bad = photos(WHOLE_PHOTO, { ann_file: "bad.txt" });
      const refused = {
        code: "IMAGE_EMPTY",
        message: /^Cannot read the sample "empty\.jpg": Cannot decode/,
        hint: /on_bad_sample='skip'/,
      };
      await assert.rejects(collect(loaderOf(bad, { on_bad_sample: "fail" }), purpose), refused);
      await assert.rejects(collect(loaderOf(bad, { on_bad_sample: "fail" }), purpose, 1), refused);
    });
  }
});
