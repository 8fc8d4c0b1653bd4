import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigNode } from "#lib/config/component/node.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { checkLocalDataset, openLoader, type OpenLoaderOptions } from "#lib/host/thread/data-loader.ts";
import type { Loader } from "#lib/data/loader.ts";
import type { Batch, StepRange } from "#lib/data/types.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { asNobody } from "#test/support/nobody.ts";
import * as odd from "../../data/odd-images.ts";
import { node, recordingLog } from "../../data/support.ts";

const never = new AbortController().signal;
const WHOLE: StepRange = { epoch: 0, rank: 0, worldSize: 1, startStep: 0 };
const PIPELINE = [
  { type: "LoadImageFromFile" },
  { type: "RandomResizedCrop", scale: 24 },
  { type: "RandomFlip", prob: 0.5 },
  { type: "PackInputs" },
];

async function collect(loader: Loader, range: Partial<StepRange> = {}): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader.batches({ ...WHOLE, ...range }, never)) batches.push(batch);
  return batches;
}

describe("openLoader", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-loader-"));
    await synthesize({ out: join(folder, "pets"), count: 50, seed: 1, layout: "annotation", sizePx: 48 });
    await mkdir(join(folder, "odd"));
    await writeFile(join(folder, "odd", "good.jpg"), await odd.markedJpeg());
    await writeFile(join(folder, "odd", "last.png"), await odd.palettePng());
    await writeFile(join(folder, "odd", "empty.jpg"), "");
    await writeFile(join(folder, "odd", "text.jpg"), "not a photo");
    await writeFile(join(folder, "odd", "big.jpg"), await odd.jpegClaiming(20000, 14000));
    await writeFile(join(folder, "odd", "sliver.png"), await odd.flatPng(1, 30_000));
  });
  after(() => rm(folder, { recursive: true }));

  function pets(keys: ConfigDict = {}, pipeline: ConfigDict[] = PIPELINE): ConfigNode {
    const dataset = {
      type: "CustomDataset",
      data_root: "pets",
      data_prefix: "train",
      ann_file: "meta/train.txt",
      pipeline,
    };
    return node({ batch_size: 16, dataset, ...keys });
  }

  async function oddities(lines: string): Promise<ConfigNode> {
    await writeFile(join(folder, "odd.txt"), lines);
    const dataset = { type: "CustomDataset", data_prefix: "odd", ann_file: "odd.txt", pipeline: PIPELINE };
    return node({ batch_size: 4, dataset, sampler: { type: "DefaultSampler", shuffle: false } });
  }

  async function withResizeEdge(lines: string): Promise<ConfigNode> {
    const config = (await oddities(lines)).value as { dataset: ConfigDict };
    const [load, pack] = [{ type: "LoadImageFromFile" }, { type: "PackInputs" }];
    const pipeline = [load, { type: "ResizeEdge", scale: 256 }, { type: "CenterCrop", crop_size: 24 }, pack];
    return node({ ...config, dataset: { ...config.dataset, pipeline } });
  }

  const open = (config: ConfigNode, options: Partial<OpenLoaderOptions> = {}): Promise<Loader> =>
    openLoader(config, { purpose: "train", seed: 7, log: recordingLog(), root: folder, ...options });

  it("gives the same bytes with any number of workers, and in any order of asking", async () => {
    const reference: Batch[] = [];
    for (const workers of [0, 1, 2]) {
      await using loader = await open(pets(), { workers });
      const second = await collect(loader, { epoch: 1 });
      const first = await collect(loader);
      if (workers === 0) reference.push(...first, ...second);
      assert.deepEqual([...first, ...second], reference);
    }
    assert.notDeepEqual(reference[0]?.images, reference[3]?.images);
  });

  it("describes and delivers batches in shared memory, in order, the last one smaller", async () => {
    await using loader = await open(pets());
    const description = await loader.describe(1, never);
    assert.equal(description.stepsPerEpoch, 3);
    assert.equal(description.sampleCount, 40);
    const batches = await collect(loader);
    assert.deepEqual(
      batches.map(({ step, labels }) => [step, labels.length]),
      [
        [0, 16],
        [1, 16],
        [2, 8],
      ],
    );
    assert.ok(batches.every(({ images }) => images.buffer instanceof SharedArrayBuffer));
    assert.equal(batches[0]?.images.length, 16 * 24 * 24 * 3);
    assert.equal(new Set(batches.flatMap(({ sampleIds }) => sampleIds)).size, 40);
  });

  it("resumes at startStep with what would have come", async () => {
    await using loader = await open(pets(), { workers: 1 });
    assert.deepEqual(await collect(loader, { startStep: 2 }), (await collect(loader)).slice(2));
  });

  it("two ranks share an epoch", async () => {
    await using loader = await open(pets());
    const ids = [...(await collect(loader, { worldSize: 2 })), ...(await collect(loader, { rank: 1, worldSize: 2 }))];
    assert.equal(new Set(ids.flatMap(({ sampleIds }) => sampleIds)).size, 40);
    assert.equal((await loader.describe(2, never)).stepsPerEpoch, 2);
  });

  it("drop_last and num_batch_per_epoch shorten an epoch; none at all is an error", async () => {
    await using dropped = await open(pets({ drop_last: true }));
    assert.equal((await collect(dropped)).length, 2);
    await using limited = await open(pets({ num_batch_per_epoch: 1 }));
    assert.equal((await collect(limited)).length, 1);
    await using none = await open(pets({ drop_last: true, batch_size: 64 }));
    await assert.rejects(none.describe(1, never), { code: "CONFIG_INVALID_VALUE", hint: /batch_size/ });
  });

  it("an epoch may be left early and the loader used again", async () => {
    await using loader = await open(pets(), { workers: 2 });
    for await (const batch of loader.batches(WHOLE, never)) {
      assert.equal(batch.step, 0);
      break;
    }
    assert.equal((await collect(loader)).length, 3);
  });

  it("an abort ends the wait for a batch", async () => {
    await using loader = await open(pets());
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(loader.batches(WHOLE, controller.signal).next(), { code: "ABORTED" });
  });

  for (const workers of [0, 1]) {
    it(`images of unequal size are refused with a hint (${workers} workers)`, async () => {
      const pipeline = [{ type: "LoadImageFromFile" }, { type: "ResizeEdge", scale: 8 }, { type: "PackInputs" }];
      const config = await oddities("good.jpg 1\nlast.png 2\n");
      const dataset = { ...(config.value as { dataset: ConfigDict }).dataset, pipeline };
      await writeFile(join(folder, "odd", "last.png"), await odd.withOrientation("png", 6));
      await using loader = await open(node({ batch_size: 2, dataset }), { workers });
      await assert.rejects(collect(loader), { code: "CONFIG_INVALID_VALUE", hint: /CenterCrop/ });
    });

    it(`training replaces a bad sample by the next readable one (${workers} workers)`, async () => {
      const good = Array.from({ length: 40 }, () => "good.jpg 1\n").join("");
      const log = recordingLog();
      await using loader = await open(await oddities(`empty.jpg 3\ntext.jpg 4\nbig.jpg 5\n${good}`), { workers, log });
      const batches = await collect(loader);
      assert.deepEqual([...(batches[0]?.sampleIndices ?? [])], [3, 3, 3, 3]);
      assert.deepEqual([...new Set(batches[0]?.skippedIds)], ["empty.jpg", "text.jpg", "big.jpg"]);
      assert.deepEqual(
        log.warnings.map(({ fields }) => fields?.["code"]),
        ["IMAGE_EMPTY", "IMAGE_FORMAT_UNSUPPORTED", "IMAGE_TOO_LARGE"],
      );
    });
  }

  for (const workers of [0, 1]) {
    it(`reads a photo that is cut short, and tells of it once an epoch (${workers} workers)`, async () => {
      await writeFile(join(folder, "odd", "cut.jpg"), (await odd.markedJpeg()).subarray(0, -40));
      const log = recordingLog();
      const config = await oddities("good.jpg 1\ncut.jpg 2\ngood.jpg 1\ncut.jpg 2\ncut.jpg 2\n");
      await using loader = await open(config, { workers, log });
      const batches = await collect(loader);
      assert.deepEqual(batches[0]?.skippedIds, []);
      assert.deepEqual(
        log.warnings.map(({ message, fields }) => [message.slice(0, 23), fields?.["id"]]),
        [["a photo is cut short: w", "cut.jpg"]],
      );
    });
  }

  it("checkLocalDataset warns of a photo that is cut short, which is no problem", async () => {
    await writeFile(join(folder, "odd", "cut.jpg"), (await odd.markedJpeg()).subarray(0, -40));
    const dataset = (await oddities("good.jpg 1\ncut.jpg 3\n")).at("dataset");
    const log = recordingLog();
    const { problemCount } = await checkLocalDataset(dataset, { root: folder, log, signal: never });
    assert.equal(problemCount, 0);
    assert.deepEqual(
      log.warnings.map(({ fields }) => fields?.["id"]),
      ["cut.jpg"],
    );
  });

  for (const purpose of ["train", "evaluate"] as const) {
    it(`names a photo that the pipeline would make huge, and goes on (${purpose})`, async () => {
      const config = await withResizeEdge(`sliver.png 3\n${"good.jpg 1\n".repeat(11)}`);
      const log = recordingLog();
      await using loader = await open(config, { purpose, log });
      const batches = await collect(loader);
      assert.equal(batches.flatMap(({ sampleIds }) => sampleIds).length, purpose === "train" ? 12 : 11);
      assert.deepEqual(batches[0]?.skippedIds, ["sliver.png"]);
      assert.deepEqual(log.warnings[0]?.fields?.["code"], "IMAGE_TOO_LARGE");
    });
  }

  it("checkLocalDataset lists a photo that the pipeline would make huge", async () => {
    const config = await withResizeEdge("good.jpg 1\nsliver.png 3\n");
    const dataset = config.at("dataset");
    const { problems } = await checkLocalDataset(dataset, { root: folder, log: recordingLog(), signal: never });
    assert.deepEqual(
      problems.map(({ code }) => code),
      ["IMAGE_TOO_LARGE"],
    );
    assert.match(problems[0]?.message ?? "", /^sliver\.png: .*256 x 7680000/);
  });

  describe("photos that the system refuses to read", () => {
    const refused = ["loop.jpg", "locked.jpg"];
    before(async () => {
      await symlink("loop.jpg", join(folder, "odd", "loop.jpg"));
      await writeFile(join(folder, "odd", "locked.jpg"), await odd.markedJpeg(), { mode: 0 });
    });
    const lines = `${refused.map((name) => `${name} 2\n`).join("")}${"good.jpg 1\n".repeat(40)}`;

    for (const workers of [0, 1]) {
      it(`are replaced and named in training (${workers} workers)`, async () => {
        const log = recordingLog();
        await using loader = await open(await oddities(lines), { workers, log });
        const batches = await asNobody(folder, () => collect(loader));
        assert.deepEqual([...new Set(batches[0]?.skippedIds)], refused);
        const told = log.warnings.map(({ fields }) => `${String(fields?.["code"])} ${String(fields?.["reason"])}`);
        for (const [index, says] of [/ELOOP/, /EACCES: permission denied/].entries()) {
          assert.match(told[index] ?? "", /^DATASET_FILE_UNREADABLE Cannot read \/.*\.jpg\. The system says /);
          assert.match(told[index] ?? "", says);
        }
      });
    }

    it("are left out of an evaluation, and listed", async () => {
      await using loader = await open(await oddities(lines), { purpose: "evaluate" });
      const [batch] = await asNobody(folder, () => collect(loader));
      assert.deepEqual([batch?.skippedIds, batch?.sampleIds], [refused, ["good.jpg", "good.jpg"]]);
    });

    it("are listed by checkLocalDataset, with what helps", async () => {
      const config = await oddities(`${refused.map((name) => `${name} 2\n`).join("")}good.jpg 1\n`);
      const dataset = config.at("dataset");
      const options = { root: folder, log: recordingLog(), signal: never };
      const { problems } = await asNobody(folder, () => checkLocalDataset(dataset, options));
      const codes = problems.map(({ code }) => code);
      assert.deepEqual(codes, ["DATASET_FILE_UNREADABLE", "DATASET_FILE_UNREADABLE"]);
      for (const [index, hint] of [/link leads to itself/, /chmod .*fsGroup/].entries()) {
        assert.match(problems[index]?.hint ?? "", hint);
      }
    });
  });

  it("training gives up when more than a tenth of an epoch is bad", async () => {
    await using loader = await open(await oddities(`empty.jpg 3\n${"good.jpg 1\n".repeat(8)}`));
    await assert.rejects(collect(loader), { code: "TOO_MANY_BAD_SAMPLES", message: /1 of the epoch's 9 .*empty\.jpg/ });
    await using hopeless = await open(await oddities("empty.jpg 3\ntext.jpg 1\n"));
    await assert.rejects(collect(hopeless), { code: "TOO_MANY_BAD_SAMPLES", message: /in a row/ });
  });

  it("evaluation leaves bad samples out and says which", async () => {
    await using loader = await open(await oddities("empty.jpg 3\ngood.jpg 1\ntext.jpg 2\n"), { purpose: "evaluate" });
    const [batch] = await collect(loader);
    assert.deepEqual(batch?.sampleIds, ["good.jpg"]);
    assert.deepEqual(batch?.skippedIds, ["empty.jpg", "text.jpg"]);
    assert.equal(batch?.images.length, 24 * 24 * 3);
  });

  it("a file that disappears is a bad sample", async () => {
    const config = await oddities("good.jpg 1\ngone.jpg 2\n".repeat(1));
    await assert.rejects(open(config), { code: "DATASET_FILE_MISSING" });
    await writeFile(join(folder, "odd", "gone.jpg"), await odd.markedJpeg());
    await using loader = await open(config, { purpose: "evaluate" });
    await rm(join(folder, "odd", "gone.jpg"));
    assert.deepEqual((await collect(loader))[0]?.skippedIds, ["gone.jpg"]);
  });

  it("refuses a wrong pipeline before any thread starts", async () => {
    await assert.rejects(open(pets({}, [{ type: "PackInputs" }]), { workers: 2 }), { code: "CONFIG_INVALID_VALUE" });
    await assert.rejects(open(pets({ batchsize: 3 })), { code: "CONFIG_UNKNOWN_KEY" });
  });

  describe("labels that the head has no class for", () => {
    const classes = Array.from({ length: 192 }, (_, month) => String(month));
    const withHead = ({ value }: ConfigNode, count: number, path = "train_dataloader"): ConfigNode =>
      new ConfigNode({
        value,
        path,
        config: { value: { model: { head: { num_classes: count } } }, positions: new Map() },
      });
    const datasetOf = (config: ConfigNode): ConfigDict => (config.value as { dataset: ConfigDict }).dataset;

    async function annotated(): Promise<ConfigNode> {
      const config = await oddities("good.jpg 0\ngood.jpg 9\n\ngood.jpg 10\ngood.jpg 105\n");
      return node({ batch_size: 4, dataset: { ...datasetOf(config), classes } });
    }

    async function folders(): Promise<ConfigNode> {
      for (const month of ["9", "10"]) {
        await mkdir(join(folder, "months", month), { recursive: true });
        await writeFile(join(folder, "months", month, "a.jpg"), await odd.markedJpeg());
      }
      return node({ dataset: { type: "CustomDataset", data_prefix: "months", classes, pipeline: PIPELINE } });
    }

    for (const purpose of ["train", "evaluate"] as const) {
      it(`are an error before the first batch, with file and line (${purpose})`, async () => {
        await assert.rejects(open(withHead(await annotated(), 10), { purpose }), {
          code: "DATASET_LABEL_OUT_OF_RANGE",
          message: "The label 10 lies outside the head's 10 classes, 0 to 9",
          position: { file: join(folder, "odd.txt"), line: 4, column: 1 },
          hint: /model\.head\.num_classes/,
        });
      });

      it(`are an error where folders are labels (${purpose})`, async () => {
        await assert.rejects(open(withHead(await folders(), 10), { purpose }), {
          code: "DATASET_LABEL_OUT_OF_RANGE",
          message: `The label 10 lies outside the head's 10 classes, 0 to 9: "10/a.jpg"`,
        });
      });
    }

    it("are listed by checkLocalDataset, each", async () => {
      const options = { root: folder, log: recordingLog(), signal: never };
      const config = withHead(await annotated(), 10);
      const { problems } = await checkLocalDataset(config.at("dataset"), options);
      const found = problems.filter(({ code }) => code === "DATASET_LABEL_OUT_OF_RANGE");
      assert.deepEqual(
        found.map(({ position }) => position?.line),
        [4, 5],
      );
    });

    it("a head of another size is told where all labels lie within it; one of the same size is not", async () => {
      for (const [count, warnings] of [
        [106, [`The dataset has 192 classes, model.head.num_classes is 106: they should be equal`]],
        [192, []],
        [240, []], // the first months
      ] as const) {
        const log = recordingLog();
        await using _loader = await open(withHead(await annotated(), count), { log });
        assert.deepEqual(
          log.warnings.map(({ message }) => message),
          warnings,
        );
      }
    });

    it("unlabelled images have none: they can be predicted, and not be trained on", async () => {
      const config = withHead(await folders(), 10);
      const unlabelled = config.with({ dataset: { ...datasetOf(config), with_label: false } });
      await using loader = await open(unlabelled, { purpose: "evaluate" });
      assert.equal(loader.dataset.samples.length, 2);
      await assert.rejects(open(unlabelled), { code: "DATASET_INVALID", message: /has no label/, hint: /with_label/ });
    });
  });

  it("checkLocalDataset lists every problem of a dataset", async () => {
    const config = await oddities("good.jpg 1\nempty.jpg x\nno.jpg 1\ntext.jpg 2\ngood.jpg 3\nbig.jpg 0\n");
    const dataset = config.at("dataset");
    const done: number[] = [];
    const onProgress = (progress: { readonly done: number }): void => void done.push(progress.done);
    const check = await checkLocalDataset(dataset, { root: folder, log: recordingLog(), signal: never, onProgress });
    assert.equal(check.problemCount, 5);
    assert.equal(check.sampleCount, 4);
    assert.deepEqual(done, [1, 2, 3, 4]);
    const codes = check.problems.map(({ code }) => code);
    assert.deepEqual(codes, [
      "DATASET_INVALID",
      "DATASET_FILE_MISSING",
      "DATASET_INVALID",
      "IMAGE_FORMAT_UNSUPPORTED",
      "IMAGE_TOO_LARGE",
    ]);
    assert.match(check.problems[2]?.message ?? "", /twice with the labels 1 and 3/);
    assert.match(check.problems[3]?.message ?? "", /^text\.jpg: /);
  });
});
