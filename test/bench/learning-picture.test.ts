import assert from "node:assert/strict";
import { drawLearning } from "./learning-picture.ts";

describe("drawLearning", () => {
  const picture = drawLearning({ compiled: [[20, 10, 8], [24, 14, 6]], PyTorch: [[22, 12, 9]] }); // prettier-ignore

  it("draws the mean over the seeds of each side, and names it with what it ends at", () => {
    assert.match(picture, /compiled: 7\.0 in the end/);
    assert.match(picture, /PyTorch: 9\.0 in the end/);
    assert.equal(picture.match(/stroke-width="2"/g)?.length, 2);
  });

  it("shows every epoch, and errors from 0 to the greatest", () => {
    assert.match(picture, /epoch \(3 in all\)/);
    assert.match(picture, />24<.*\n.*>0</);
  });
});
