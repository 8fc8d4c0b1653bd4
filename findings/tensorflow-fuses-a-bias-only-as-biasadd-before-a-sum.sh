#!/usr/bin/env bash
# TensorFlow's graph optimiser fuses a convolution with its bias, the sum of a residual block and ReLU into one kernel only
# where the bias is added by BiasAdd.
#
# Looked at:  tensorflow-cpu 2.21.0 (Grappler: arithmetic optimizer, remapper), Linux x86-64.
# Guessed:    AddV2 of a [C] vector counts as a bias, as it does in Conv2D + AddV2 + Relu, which becomes one
#             _FusedConv2D(BiasAdd, Relu). So Conv2D + AddV2(bias) + AddV2(block) + Relu becomes one as well.
# Is:         With BiasAdd it does: _FusedConv2D(BiasAdd, Add, Relu). With AddV2 the arithmetic optimizer, which runs
#             first, sorts the two sums into an AddN and an AddV2; the remapper then finds no bias behind the convolution,
#             and Conv2D, AddN, AddV2 and Relu stay apart.
# So:         write a bias as BiasAdd where a graph is made by hand or by a tracer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PY'
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_eager_execution()


def kernels_of(add_bias, with_block):
    """The ops that are left of a convolution with bias and ReLU, once the optimiser has seen it."""
    with tf.Graph().as_default(), tf1.Session() as session:
        image = tf.ensure_shape(tf1.placeholder(tf.float32, [2, 8, 8, 4]), [2, 8, 8, 4])
        block = tf.ensure_shape(tf1.placeholder(tf.float32, [2, 8, 8, 4]), [2, 8, 8, 4])
        weights = tf.constant(np.random.rand(3, 3, 4, 4).astype("float32"))
        bias = tf.constant(np.arange(1, 5, dtype="float32"))
        value = add_bias(tf.nn.conv2d(image, weights, 1, "SAME"), bias)
        if with_block:
            value = tf.raw_ops.AddV2(x=value, y=block)
        result = tf.identity(tf.nn.relu(value), name="result")
        feeds = {image.op.inputs[0]: np.ones([2, 8, 8, 4]), block.op.inputs[0]: np.ones([2, 8, 8, 4])}
        metadata = tf1.RunMetadata()
        options = tf1.RunOptions(output_partition_graphs=True)
        session.run(result, feeds if with_block else {k: v for k, v in list(feeds.items())[:1]}, options, metadata)
        nodes = [node for graph in metadata.partition_graphs for node in graph.node]
        kinds = {"Conv2D", "_FusedConv2D", "_MklFusedConv2D", "_MklNativeFusedConv2D", "_MklNativeConv2D",
                 "AddV2", "AddN", "_MklAddN", "BiasAdd", "Relu", "_MklRelu"}
        return sorted(node.op.removeprefix("_MklNative").removeprefix("_Mkl").lstrip("_") for node in nodes if node.op in kinds)


by_bias_add = lambda x, b: tf.raw_ops.BiasAdd(value=x, bias=b)
by_add = lambda x, b: tf.raw_ops.AddV2(x=x, y=b)
seen = {
    "Conv2D + AddV2(bias) + Relu": kernels_of(by_add, False),
    "Conv2D + BiasAdd + AddV2(block) + Relu": kernels_of(by_bias_add, True),
    "Conv2D + AddV2(bias) + AddV2(block) + Relu": kernels_of(by_add, True),
}
for case, ops in seen.items():
    print(f"{case}: {', '.join(ops)}")
expected = [["FusedConv2D"], ["FusedConv2D"], ["AddN", "AddV2", "Conv2D", "Relu"]]
assert list(seen.values()) == expected, "this is otherwise now"
PY
echo "as described"
