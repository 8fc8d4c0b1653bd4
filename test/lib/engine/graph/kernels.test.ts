import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { randomStream } from "#lib/base/random.ts";
import { kernels } from "#lib/engine/graph/kernels/index.ts";
import type { Feed } from "#lib/engine/program.ts";
import { assertCompiles, feed } from "#test/support/compiled.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

/** What every example is given: numbers of both signs, and images. */
interface Given {
  readonly a: Tensor2D; // [3, 4]
  readonly b: Tensor2D; // [3, 4]
  readonly row: Tensor1D; // [4]
  readonly image: Tensor4D; // [2, 6, 6, 3]
  readonly filter: Tensor4D; // [3, 3, 3, 2]
}

type Example = (given: Given) => Tensor;

const positive = (x: Tensor): Tensor => tf.add(tf.abs(x), 0.5);
const float = (x: Tensor): Tensor => tf.cast(x, "float32");
const gradientBy = (compute: (x: Tensor) => Tensor, x: Tensor): Tensor => tf.grad(compute)(x);

/** Every kernel has a line here, with the ways to call it. */
const examples: Readonly<Record<string, readonly Example[]>> = {
  Abs: [({ a }) => tf.abs(a)],
  Add: [
    ({ a, b }) => tf.add(a, b),
    ({ a, row }) => tf.add(a, row),
    ({ a, row }) => tf.add(row, a),
    ({ a }) => tf.add(a, 1),
  ],
  AddN: [({ a, b }) => tf.addN([a, b, a])],
  All: [({ a }) => float(tf.all(tf.greater(a, 0), 1))],
  Any: [({ a }) => float(tf.any(tf.greater(a, 0), 1))],
  ArgMax: [({ a }) => float(tf.argMax(a, 1))],
  ArgMin: [({ a }) => float(tf.argMin(a, 0))],
  AvgPool: [({ image }) => tf.avgPool(image, 2, 2, "same"), ({ image }) => tf.avgPool(image, 3, 1, "valid")],
  AvgPoolGrad: [({ image }) => gradientBy((x) => tf.avgPool(x as Tensor4D, 2, 2, "same"), image)],
  BatchMatMul: [
    ({ a, b }) => tf.matMul(a, b, false, true),
    ({ a, b }) => tf.matMul(tf.reshape(a, [1, 3, 4]), tf.reshape(b, [1, 3, 4]), true),
  ],
  Cast: [({ a }) => float(tf.cast(a, "int32")), ({ a }) => float(tf.cast(a, "bool"))],
  Ceil: [({ a }) => tf.ceil(a)],
  ClipByValue: [({ a }) => tf.clipByValue(a, -0.3, 0.4)],
  Concat: [({ a, b }) => tf.concat([a, b], 1), ({ a, b }) => tf.concat([a, b], 0)],
  Conv2D: [
    ({ image, filter }) => tf.conv2d(image, filter, 1, "same"),
    ({ image, filter }) => tf.conv2d(image, filter, 2, "valid"),
  ],
  Conv2DBackpropFilter: [
    ({ image, filter }) => gradientBy((x) => tf.conv2d(image, x as Tensor4D, 1, "same"), filter),
    ({ image, filter }) => gradientBy((x) => tf.conv2d(image, x as Tensor4D, 2, "valid"), filter),
  ],
  Conv2DBackpropInput: [
    ({ image, filter }) => gradientBy((x) => tf.conv2d(x as Tensor4D, filter, 1, "same"), image),
    ({ image, filter }) => gradientBy((x) => tf.conv2d(x as Tensor4D, filter, 2, "valid"), image),
  ],
  Cos: [({ a }) => tf.cos(a)],
  Cumsum: [({ a }) => tf.cumsum(a, 1), ({ a }) => tf.cumsum(a, 1, true, true)],
  Elu: [({ a }) => tf.elu(a)],
  Equal: [({ a, b }) => float(tf.equal(tf.sign(a), tf.sign(b)))],
  Erf: [({ a }) => tf.erf(a)],
  Exp: [({ a }) => tf.exp(a)],
  ExpandDims: [({ a }) => tf.expandDims(a, 1), ({ a }) => tf.expandDims(a, -1)],
  Expm1: [({ a }) => tf.expm1(a)],
  Fill: [[3, 4], []].map((shape) => ({ a }: Given) => {
    const twos = tf.fill(shape, 2);
    return tf.add(a, twos);
  }),
  Floor: [({ a }) => tf.floor(a)],
  FloorDiv: [({ a }) => float(tf.floorDiv(tf.cast(tf.mul(a, 10), "int32"), tf.scalar(3, "int32")))],
  GatherV2: [
    ({ a }) => tf.gather(a, tf.tensor1d([2, 0], "int32")),
    ({ a }) => tf.gather(a, tf.tensor1d([3], "int32"), 1),
  ],
  Greater: [({ a, b }) => float(tf.greater(a, b))],
  GreaterEqual: [({ a, b }) => float(tf.greaterEqual(a, b))],
  Identity: [({ a }) => tf.clone(a)],
  IsFinite: [({ a }) => float(tf.isFinite(tf.log(a)))],
  IsInf: [({ a }) => float(tf.isInf(tf.div(a, 0)))],
  IsNan: [({ a }) => float(tf.isNaN(tf.log(a)))],
  LeakyRelu: [({ a }) => tf.leakyRelu(a, 0.1)],
  Less: [({ a, b }) => float(tf.less(a, b))],
  LessEqual: [({ a, b }) => float(tf.lessEqual(a, b))],
  Log: [({ a }) => tf.log(positive(a))],
  Log1p: [({ a }) => tf.log1p(positive(a))],
  LogicalAnd: [({ a, b }) => float(tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0)))],
  LogicalNot: [({ a }) => float(tf.logicalNot(tf.greater(a, 0)))],
  LogicalOr: [({ a, b }) => float(tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)))],
  Max: [({ a }) => tf.max(a, 1), ({ a }) => tf.max(a)],
  MaxPool: [({ image }) => tf.maxPool(image, 3, 2, "valid")],
  MaxPoolGrad: [({ image }) => gradientBy((x) => tf.maxPool(x as Tensor4D, 3, 2, "valid"), image)],
  Maximum: [({ a, b }) => tf.maximum(a, b), ({ a }) => tf.maximum(a, 0.1)],
  Mean: [({ image }) => tf.mean(image, [1, 2]), ({ a }) => tf.mean(a, 0, true)],
  Min: [({ a }) => tf.min(a, 1)],
  Minimum: [({ a, b }) => tf.minimum(a, b)],
  Mod: [({ a, b }) => tf.mod(a, positive(b))],
  Multiply: [({ a, row }) => tf.mul(a, row), ({ a }) => gradientBy((x) => tf.mul(tf.relu(x), 3), a)],
  Neg: [({ a }) => tf.neg(a)],
  NotEqual: [({ a, b }) => float(tf.notEqual(tf.sign(a), tf.sign(b)))],
  OneHot: [() => tf.oneHot(tf.tensor1d([2, 0], "int32"), 4, 0.9, 0.1, "float32")],
  OnesLike: [({ a }) => tf.onesLike(a)],
  Pack: [({ a, b }) => tf.stack([a, b], 1)],
  PadV2: [
    ({ a }) =>
      tf.pad2d(a, [
        [1, 0],
        [0, 2],
      ]),
    ({ a }) =>
      tf.pad2d(
        a,
        [
          [1, 0],
          [0, 2],
        ],
        7,
      ),
  ],
  Pow: [({ a }) => tf.pow(positive(a), 1.7)],
  Prod: [({ a }) => tf.prod(a, 1)],
  RealDiv: [({ a, b }) => tf.div(a, positive(b))],
  Reciprocal: [({ a }) => tf.reciprocal(positive(a))],
  Relu: [({ a }) => tf.relu(a)],
  Relu6: [({ a }) => tf.relu6(tf.mul(a, 5))],
  Reshape: [({ a }) => tf.reshape(a, [2, -1]), ({ a }) => tf.reshape(a, [3, 4])],
  Reverse: [({ image }) => tf.reverse(image, 3), ({ a }) => tf.reverse(a, [-1, 0])],
  Round: [({ a }) => tf.round(tf.mul(a, 10))],
  Rsqrt: [({ a }) => tf.rsqrt(positive(a))],
  Select: [({ a, b }) => tf.where(tf.greater(a, 0), a, b), ({ a }) => tf.where(tf.greater(a, 0), 1, 2)],
  Selu: [({ a }) => tf.selu(a)],
  Sigmoid: [({ a }) => tf.sigmoid(a)],
  Sign: [({ a }) => tf.sign(a)],
  Sin: [({ a }) => tf.sin(a)],
  Slice: [({ a }) => tf.slice(a, [1, 0], [2, 3]), ({ a }) => tf.slice(a, [1, 2], [-1, -1])],
  Softmax: [({ a }) => tf.softmax(a)],
  Softplus: [({ a }) => tf.softplus(a)],
  Sqrt: [({ a }) => tf.sqrt(positive(a))],
  Square: [({ a }) => tf.square(a)],
  SquaredDifference: [({ a, b }) => tf.squaredDifference(a, b)],
  Step: [({ a }) => tf.step(a), ({ a }) => tf.step(a, 0.2)],
  Sub: [({ a, row }) => tf.sub(a, row)],
  Sum: [({ a }) => tf.sum(a, [0]), ({ a }) => tf.sum(a, 1, true), ({ a }) => tf.sum(a)],
  Tanh: [({ a }) => tf.tanh(a)],
  Tile: [({ a }) => tf.tile(a, [2, 1]), ({ a }) => tf.tile(a, [1, 1])],
  Transpose: [({ image }) => tf.transpose(image, [3, 0, 2, 1])],
  Unpack: [({ a }) => tf.addN(tf.unstack(a, 0)), ({ a }) => tf.addN(tf.unstack(a, -1))],
  ZerosLike: [({ a }) => tf.zerosLike(a)],
};

function drawn(seed: number, shape: readonly number[]): Feed {
  const random = randomStream(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  return feed(
    Array.from({ length: size }, () => random.normal(0)),
    shape,
  );
}

describe("every kernel of a graph", () => {
  before(useTensorFlow);
  const feeds = {
    a: drawn(1, [3, 4]),
    b: drawn(2, [3, 4]),
    row: drawn(3, [4]),
    image: drawn(4, [2, 6, 6, 3]),
    filter: drawn(5, [3, 3, 3, 2]),
  };

  it("has an example here", () => {
    assert.deepEqual(Object.keys(examples).toSorted(), Object.keys(kernels).toSorted());
  });

  for (const [name, ways] of Object.entries(examples)) {
    it(`${name} gives what it gives op by op`, () => {
      for (const way of ways) {
        assertCompiles((_, given) => ({ y: way(given as unknown as Given) }), feeds, { outputs: ["y"] });
      }
    });
  }
});
