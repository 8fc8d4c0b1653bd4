import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { meanOfViews, targetsOfViews } from "#lib/nn/views.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

describe("views in a model", () => {
  before(useTensorFlow);
  const read = (compute: () => Tensor): unknown => tf.tidy(() => compute().arraySync());

  it("have the target of their sample, a class or a distribution", () => {
    assert.deepEqual(
      read(() => targetsOfViews(tf.tensor1d([5, 7], "int32"), 3)),
      [5, 5, 5, 7, 7, 7],
    );
    const soft = [
      [1, 0],
      [0, 1],
    ];
    assert.deepEqual(
      read(() => targetsOfViews(tf.tensor2d(soft), 2)),
      [soft[0], soft[0], soft[1], soft[1]],
    );
  });

  it("give their sample the mean of what is said of them", () => {
    const values = [[1, 0], [0, 1], [0.5, 0.5], [1, 0]]; // prettier-ignore
    assert.deepEqual(
      read(() => meanOfViews(tf.tensor2d(values), 2)),
      [
        [0.5, 0.5],
        [0.75, 0.25],
      ],
    );
  });

  it("cost no operation where there is one", () => {
    tf.tidy(() => {
      const [targets, values] = [tf.tensor1d([1], "int32"), tf.tensor2d([[1, 0]])];
      assert.equal(targetsOfViews(targets, 1), targets);
      assert.equal(meanOfViews(values, 1), values);
    });
  });
});
