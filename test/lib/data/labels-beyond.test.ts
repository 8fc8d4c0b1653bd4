import assert from "node:assert/strict";
import { ANNOTATED, annotated, build, labels, MONTHS } from "./dataset-support.ts";
import { recordingLog } from "./support.ts";

describe("labels past the last class", () => {
  const text = annotated("A*.jpg\t191\nb c.jpg\t258\nsub/d.png\t584\n");
  const old = { "/d/191/a.jpg": "", "/d/258/b.jpg": "", "/d/584/c.jpg": "" };
  const layouts = [
    {
      layout: "in an annotation file",
      keys: ANNOTATED,
      contents: text,
      source: "/data/meta/train.txt",
      first: "b c.jpg",
    },
    { layout: "as folders", keys: { data_prefix: "/d" }, contents: old, source: "/d", first: "/d/258/b.jpg" },
  ];
  for (const { layout, keys, contents, source, first } of layouts) {
    it(`${layout} are refused unless the config says what becomes of them`, async () => {
      const refused = { code: /^DATASET_(INVALID|LABEL_OUT_OF_RANGE)$/ };
      await assert.rejects(build({ ...keys, classes: MONTHS }, contents), refused);
      await assert.rejects(build({ ...keys, classes: MONTHS, labels_beyond: "reject" }, contents), refused);
    });

    for (const [rule, expected, lastClass] of [
      ["leave-out", [191], "191"],
      ["clip", [191, 191, 191], "191"],
      ["tail-bin", [191, 191, 191], "191+"],
    ] as const) {
      it(`${layout}, with labels_beyond='${rule}', become ${expected.join(", ")}, which one line tells`, async () => {
        const log = recordingLog();
        const dataset = await build({ ...keys, classes: MONTHS, labels_beyond: rule }, contents, log);
        assert.deepEqual(
          labels(dataset).map(([, label]) => label),
          expected,
        );
        assert.deepEqual([dataset.classes.length, dataset.classes.at(-1)], [192, lastClass]);
        assert.equal(log.warnings.length, 1);
        assert.match(log.warnings[0]?.message ?? "", /^labels past the last class/);
        assert.deepEqual(log.warnings[0]?.fields, { source, lastClass: 191, photos: 2, greatest: 584, first });
      });
    }
  }

  it("are past the last class of the head where that has fewer", async () => {
    const keys = { ...ANNOTATED, labels_beyond: "clip" };
    const dataset = await build(keys, text, recordingLog(), { headNumClasses: 100 });
    assert.deepEqual(
      labels(dataset).map(([, label]) => label),
      [99, 99, 99],
    );
    assert.equal(dataset.classes.length, 100);
  });
});
