import { Graph } from "#lib/engine/graph/graph.ts";
import type { Output } from "#lib/engine/graph/graph.ts";
import { fetchesOf } from "#lib/engine/graph/segments.ts";
import { trace } from "#lib/engine/graph/trace.ts";
import { addVariable } from "#lib/engine/graph/variable.ts";
import { slotName } from "#lib/model/weight-store.ts";
import { tensorShape } from "#lib/nn/layout.ts";
import { trainedParameters } from "#lib/nn/parameters.ts";
import type { ModelSettings } from "#lib/train/settings.ts";
import { stepFunctions } from "./program.ts";

export interface BatchForm {
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** A step's gradients as a graph with all variables, to look at: nothing runs. */
export interface StepGraph {
  readonly graph: Graph;
  readonly fetches: readonly Output[];
}

export function stepGraph(settings: ModelSettings, { count, height, width }: BatchForm): StepGraph {
  const { model, optimizer, precision } = settings;
  const graph = new Graph(precision);
  const shapes = new Map(
    model.parameters.filter(({ kind }) => kind !== "counter").map((spec) => [spec.name, tensorShape(spec)]),
  );
  for (const spec of trainedParameters(model.parameters)) {
    for (const slot of optimizer.slotNames) shapes.set(slotName(slot, spec.name), tensorShape(spec));
  }
  const variables = new Map(
    [...shapes].map(([name, shape]) => [name, addVariable(graph, name, { type: "float32", shape })]),
  );
  const forms = {
    images: { type: "uint8", shape: [count, height, width, 3] },
    labels: { type: "int32", shape: [count] },
  } as const;
  const compute = stepFunctions(settings).gradients(1);
  const { segments } = trace(graph, { compute, forms, prefix: "step", variables });
  return { graph, fetches: segments.flatMap(fetchesOf) };
}
