import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { datasetNodes, leafDatasets, pipelineNodes } from "#lib/data/datasets/nested.ts";
import type { Dataset } from "#lib/data/types.ts";
import { memoryFiles, node, recordingLog } from "./support.ts";

/** How `make.py`, beside the file, describes what a wrapper goes through. */
interface Golden {
  readonly labels: readonly number[];
  readonly keys: ConfigDict & { readonly type: string };
  readonly samples: readonly number[];
}

const FILE = new URL("../../golden/wrappers/wrapped.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Golden[] };

/** Photos 0.jpg, 1.jpg, ... of a folder with these labels. */
function labelled(folder: string, labels: readonly number[]): Record<string, string> {
  const photos = labels.map((_, index): [string, string] => [`/${folder}/${index}.jpg`, ""]);
  const lines = labels.map((label, index) => `${index}.jpg\t${label}\n`);
  return Object.fromEntries([...photos, [`/${folder}.txt`, lines.join("")]]);
}

function custom(folder: string, keys: ConfigDict = {}): ConfigDict {
  return { type: "CustomDataset", data_prefix: `/${folder}`, ann_file: `/${folder}.txt`, ...keys };
}

function build(config: ConfigDict, contents: Readonly<Record<string, string>>): Promise<Dataset> {
  return buildComponent(datasets, node(config, "dataset"), { files: memoryFiles(contents), log: recordingLog() });
}

describe("a dataset around another goes through its samples as mmengine's and mmpretrain's do:", () => {
  for (const { labels, keys, samples } of cases) {
    const { type, ...others } = keys;
    it(`${type} ${JSON.stringify(others)} of ${labels.length} samples`, async () => {
      const dataset = await build({ ...keys, dataset: custom("pets") }, labelled("pets", labels));
      assert.deepEqual(
        dataset.samples.map(({ id }) => id),
        samples.map((position) => `${position}.jpg`),
      );
      for (const { id, label } of dataset.samples) assert.equal(label, labels[Number.parseInt(id, 10)]);
    });
  }
});

describe("datasets inside datasets", () => {
  const contents = { ...labelled("cats", [1, 2]), ...labelled("dogs", [3]) };
  const joined = {
    type: "ConcatDataset",
    datasets: [
      { type: "RepeatDataset", times: 2, dataset: custom("cats", { pipeline: [{ type: "A" }] }) },
      { type: "KFoldDataset", num_splits: 1, test_mode: true, dataset: custom("dogs", { pipeline: [{ type: "B" }] }) },
    ],
  };

  it("are joined in order, each sample with the pipeline of its own dataset", async () => {
    const { samples, classes } = await build(joined, contents);
    const seen = samples.map(({ path, label, pipeline }) => [path, label, pipeline]);
    assert.deepEqual(seen, [
      ["/cats/0.jpg", 1, 0],
      ["/cats/1.jpg", 2, 0],
      ["/cats/0.jpg", 1, 0],
      ["/cats/1.jpg", 2, 0],
      ["/dogs/0.jpg", 3, 1],
    ]);
    assert.deepEqual(classes, ["0", "1", "2", "3"]);
  });

  it("are found in a config without a look at their files", () => {
    const at = node(joined, "dataset");
    const places = ["dataset", "dataset.datasets.0", "dataset.datasets.0.dataset"];
    const more = ["dataset.datasets.1", "dataset.datasets.1.dataset"];
    assert.deepEqual(
      datasetNodes(at).map(({ path }) => path),
      [...places, ...more],
    );
    assert.deepEqual(
      leafDatasets(at).map(({ path }) => path),
      [places[2], more[1]],
    );
    assert.deepEqual(
      pipelineNodes(at).map(({ value }) => value),
      [[{ type: "A" }], [{ type: "B" }]],
    );
  });

  it("ConcatDataset refuses lists of classes that differ, unless told to ignore them", async () => {
    const other = {
      type: "ConcatDataset",
      datasets: [custom("cats"), custom("dogs", { classes: ["a", "b", "c", "d"] })],
    };
    await assert.rejects(build(other, contents), { code: "CONFIG_INVALID_VALUE", message: /different classes/ });
    assert.deepEqual((await build({ ...other, ignore_keys: "classes" }, contents)).classes, ["0", "1", "2"]);
  });

  for (const [name, config, expected] of [
    ["a fold that there is not", { type: "KFoldDataset", fold: 5, dataset: custom("cats") }, /fold below num_splits/],
    ["more folds than samples", { type: "KFoldDataset", dataset: custom("cats") }, /2 samples cannot make 5 folds/],
    ["no dataset inside", { type: "RepeatDataset", times: 2 }, /RepeatDataset needs|`dataset`|dict\(type=/],
    [
      "samples beyond number",
      { type: "RepeatDataset", times: 2 ** 40, dataset: custom("cats") },
      /the limit is 50000000/,
    ],
  ] as const) {
    it(`refuse ${name}`, async () => {
      await assert.rejects(async () => build(config, contents), { message: expected });
    });
  }
});
