import { isDict } from "#lib/config/dictionary.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";

/** Where a dataset that wraps others keeps them. */
const WRAPPED = ["dataset", "datasets"];

/** A dataset of a config and all that it wraps, at any depth, in the order of the config. */
export function datasetNodes(node: ConfigNode): ConfigNode[] {
  return [node, ...wrappedBy(node).flatMap(datasetNodes)];
}

/** The datasets of a config that wrap no other: those that have files and a pipeline. */
export function leafDatasets(node: ConfigNode): ConfigNode[] {
  return datasetNodes(node).filter((one) => wrappedBy(one).length === 0);
}

/** Their pipelines. `SampleInfo.pipeline` is a position in this list. */
export function pipelineNodes(node: ConfigNode): ConfigNode[] {
  return leafDatasets(node).map((leaf) => leaf.child("pipeline"));
}

function wrappedBy(node: ConfigNode): ConfigNode[] {
  return WRAPPED.flatMap((key) => node.child(key).items()).filter(({ value }) => isDict(value));
}
