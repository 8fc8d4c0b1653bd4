import protobuf from "protobufjs";
import type { Attribute, ElementType } from "#lib/engine/op.ts";
import type { Graph, GraphNode } from "./graph.ts";

// What of TensorFlow's messages a graph needs, with the numbers of their fields: tensorflow/core/protobuf/saved_model.proto
// and what it imports.
const { root } = protobuf.parse(`syntax = "proto3";
message Shape { message Dim { int64 size = 1; } repeated Dim dim = 2; }
message Tensor { int32 dtype = 1; Shape tensor_shape = 2; bytes tensor_content = 4; }
message List { repeated int64 i = 3; }
message Attr {
  oneof value { List list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; Shape shape = 7; Tensor tensor = 8; }
}
message Node { string name = 1; string op = 2; repeated string input = 3; map<string, Attr> attr = 5; }
message Versions { int32 producer = 1; }
message Graph { repeated Node node = 1; Versions versions = 4; }
message MetaInfo { repeated string tags = 4; }
message MetaGraph { MetaInfo meta_info_def = 1; Graph graph_def = 2; }
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraph meta_graphs = 2; }`);
const SavedModel = root.lookupType("SavedModel");

/** `DataType` of tensorflow/core/framework/types.proto. */
const TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 3,
  uint8: 4,
  bool: 10,
  bfloat16: 14,
  resource: 20,
};
/** The version of graphs that TensorFlow 2.21 makes; older ones are read as they were meant. */
const PRODUCER = 1882;
/** The tag under which `loadSavedModel` finds the graph. */
export const TAG = "serve";

/** A graph as the content of a `saved_model.pb`. */
export function encodeSavedModel({ nodes }: Pick<Graph, "nodes">): Uint8Array {
  const graphDef = { node: nodes.map(nodeOf), versions: { producer: PRODUCER } };
  const metaGraphs = [{ metaInfoDef: { tags: [TAG] }, graphDef }];
  return SavedModel.encode({ savedModelSchemaVersion: 1, metaGraphs }).finish();
}

function nodeOf({ name, op, inputs, controls, attributes }: GraphNode): object {
  const input = [
    ...inputs.map(({ node, index }) => (index === 0 ? node.name : `${node.name}:${index}`)),
    ...controls.map((node) => `^${node.name}`),
  ];
  const attr = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)]));
  return { name, op, input, attr };
}

function attributeOf(attribute: Attribute): object {
  if ("type" in attribute) return { type: TYPES[attribute.type] };
  if ("shape" in attribute) return { shape: shapeOf(attribute.shape) };
  if ("int" in attribute) return { i: attribute.int };
  if ("ints" in attribute) return { list: { i: attribute.ints } };
  if ("float" in attribute) return { f: attribute.float };
  if ("bool" in attribute) return { b: attribute.bool };
  if ("text" in attribute) return { s: new TextEncoder().encode(attribute.text) };
  const { type, shape, bytes } = attribute.value;
  return { tensor: { dtype: TYPES[type], tensorShape: shapeOf(shape), tensorContent: bytes } };
}

function shapeOf(shape: readonly number[]): object {
  return { dim: shape.map((size) => ({ size })) };
}
