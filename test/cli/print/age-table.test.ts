import assert from "node:assert/strict";
import { ageTable } from "../../../cli/print/age-table.ts";

describe("ageTable", () => {
  it("shows ages split by split, and whatever is there with a bar, however few it is", () => {
    const months = Array.from({ length: 192 }, (_, month) => month);
    const train = [...months, ...Array.from({ length: 2000 }, () => 12)];
    const shown = ageTable(
      [
        { name: "train", labels: [...train, 584] },
        { name: "val", labels: [191] },
      ],
      { numClasses: 192 },
    );
    const lines = shown.trim().split("\n");
    assert.equal(lines.length, 18);
    assert.equal(lines[0], "months                           train  val");
    assert.equal(lines[2], `12 to 23                          2012    0  ${"█".repeat(40)}`);
    assert.match(lines[16] ?? "", /^180 to 191 +12 +1 {2}[▏▎▍]$/);
    assert.match(lines[17] ?? "", /^192 to 584, past the last class +1 +0 {2}▏$/);
  });

  it("has narrower rows for younger pets, and one for labels below 0", () => {
    const shown = ageTable([{ name: "train", labels: [0, 1, 5, -3] }]).trim();
    assert.deepEqual(
      shown.split("\n").map((line) => line.split(/\s{2,}/)[0]),
      ["months", "below 0", "0", "1", "2", "3", "4", "5"],
    );
  });

  it("is nothing without labels", () => assert.equal(ageTable([{ name: "test", labels: [] }]), ""));
});
