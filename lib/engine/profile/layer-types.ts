/** What a step spends time and memory on, in the order in which it is shown. */
export const LAYER_TYPES = [
  "conv forward",
  "conv gradient of input",
  "conv gradient of filter",
  "batch norm forward",
  "batch norm backward",
  "pooling",
  "elementwise",
  "matmul",
  "reorder",
  "update",
  "variables, inputs",
  "other",
] as const;

export type LayerType = (typeof LAYER_TYPES)[number];

/** Of TensorFlow's ops; those that are not listed are `other`. */
const OF_OPS: Readonly<Record<string, LayerType>> = {
  Conv2D: "conv forward",
  Conv2DBackpropInput: "conv gradient of input",
  Conv2DBackpropFilter: "conv gradient of filter",
  FusedBatchNormV3: "batch norm forward",
  FusedBatchNormGradV3: "batch norm backward",
  MaxPool: "pooling",
  MaxPoolGrad: "pooling",
  AvgPool: "pooling",
  AvgPoolGrad: "pooling",
  Relu: "elementwise",
  ReluGrad: "elementwise",
  LeakyRelu: "elementwise",
  BiasAdd: "elementwise",
  AddV2: "elementwise",
  AddN: "elementwise",
  Sub: "elementwise",
  Mul: "elementwise",
  RealDiv: "elementwise",
  Cast: "elementwise",
  MatMul: "matmul",
  BatchMatMulV2: "matmul",
  VarHandleOp: "variables, inputs",
  Placeholder: "variables, inputs",
  Const: "variables, inputs",
};

/** Of oneDNN's kinds of primitives; of some the direction counts, too. */
const OF_PRIMITIVES: Readonly<Record<string, LayerType>> = {
  "convolution forward": "conv forward",
  "convolution backward_data": "conv gradient of input",
  "convolution backward_weights": "conv gradient of filter",
  "batch_normalization forward": "batch norm forward",
  "batch_normalization backward": "batch norm backward",
  pooling: "pooling",
  eltwise: "elementwise",
  binary: "elementwise",
  sum: "elementwise",
  matmul: "matmul",
  inner_product: "matmul",
  gemm_api: "matmul",
  reorder: "reorder",
};

export function typeOfOp(op: string): LayerType {
  return OF_OPS[op] ?? "other";
}

/** @param direction `forward_training`, `backward_data` and the like */
export function typeOfPrimitive(kind: string, direction: string): LayerType {
  return OF_PRIMITIVES[kind] ?? OF_PRIMITIVES[`${kind} ${direction.replace(/^forward.*/, "forward")}`] ?? "other";
}
