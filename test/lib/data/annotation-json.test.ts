import assert from "node:assert/strict";
import { ANNOTATED, build, labels, MONTHS, PHOTOS } from "./dataset-support.ts";

describe("an annotation file in JSON", () => {
  it("reads OpenMMLab's JSON, with its classes unless the config names some", async () => {
    const list = [
      { img_path: "A*.jpg", gt_label: 1, more: true },
      { img_path: "sub/d.png", gt_label: [0] },
    ];
    const json = { metainfo: { classes: ["young", "old"], task: "age" }, data_list: list };
    const contents = { ...PHOTOS, "/data/meta/train.json": JSON.stringify(json, null, 1) };
    const keys = { ...ANNOTATED, ann_file: "meta/train.json" };
    const dataset = await build(keys, contents);
    assert.deepEqual(labels(dataset), [
      ["A*.jpg", 1],
      ["sub/d.png", 0],
    ]);
    assert.deepEqual(dataset.classes, ["young", "old"]);
    assert.deepEqual((await build({ ...keys, classes: MONTHS }, contents)).classes, MONTHS);
    const unlabelled = await build({ ...keys, with_label: false }, contents);
    assert.deepEqual(
      labels(unlabelled).map(([, label]) => label),
      [null, null],
    );
  });

  const onLine = (line: number): object => ({ position: { file: "/data/meta/train.json", line, column: 1 } });
  for (const [name, text, expected] of [
    ["what is no JSON", "A*.jpg 1", { message: /not valid JSON/, ...onLine(1) }],
    ["a list", "[]", { message: /annotation file: its whole/ }],
    ["no data_list", '{"metainfo": {}}', { message: /data_list/ }],
    ["an entry without img_path", '{"data_list": [{"gt_label": 1}]}', { message: /Entry 0 of data_list/ }],
    ["no entry", '{"data_list": []}', { message: /names no image/ }],
    [
      "several labels",
      '{"data_list": [{"img_path": "A*.jpg", "gt_label": 1},\n{"img_path": "b c.jpg", "gt_label": [1, 2]}]}',
      { message: /"b c.jpg" has 2 labels/, ...onLine(2) },
    ],
    ["a label that is text", '{"data_list": [{"img_path": "A*.jpg", "gt_label": "1"}]}', { message: /is "1"/ }],
    ["no label", '{"data_list": [{"img_path": "A*.jpg"}]}', { message: /is missing/ }],
  ] as const) {
    it(`refuses JSON with ${name}`, async () => {
      const contents = { ...PHOTOS, "/data/meta/train.json": text };
      const building = build({ ...ANNOTATED, ann_file: "meta/train.json", classes: MONTHS }, contents);
      await assert.rejects(building, { code: "DATASET_INVALID", ...expected });
    });
  }
});
