import { flopsByOp } from "#lib/engine/graph/flops.ts";
import type { Graph, Output } from "#lib/engine/graph/graph.ts";
import { memoryOf } from "#lib/engine/graph/memory.ts";
import { LAYER_TYPES, typeOfOp } from "./layer-types.ts";
import type { LayerType } from "./layer-types.ts";
import type { MeasuredStep } from "./primitives.ts";

/** One step's share of a type of layers. */
export interface ProfileRow {
  readonly type: LayerType;
  /** Primitives of oneDNN. */
  readonly count: number;
  readonly ms: number;
  readonly flops: number;
  /** Of outputs of this type, where the step needs the most memory. */
  readonly bytes: number;
}

/** Where the time, the work and the memory of a step go. What oneDNN has not timed is `other`. */
export function profileRows(
  { gradientsMs, updateMs, byType }: MeasuredStep,
  graph: Graph,
  fetches: readonly Output[],
): readonly ProfileRow[] {
  const flops = sumsByType(flopsByOp(fetches));
  const bytes = sumsByType(memoryOf(graph, fetches).byOp);
  const timed = [...byType].reduce((sum, [type, { ms }]) => (type === "other" ? sum : sum + ms), 0);
  const msOf = (type: LayerType): number => {
    if (type === "update") return updateMs;
    if (type === "other") return Math.max(0, gradientsMs - timed);
    return byType.get(type)?.ms ?? 0;
  };
  return LAYER_TYPES.map((type) => ({
    type,
    count: byType.get(type)?.count ?? 0,
    ms: msOf(type),
    flops: flops.get(type) ?? 0,
    bytes: bytes.get(type) ?? 0,
  }));
}

function sumsByType(byOp: ReadonlyMap<string, number>): ReadonlyMap<LayerType, number> {
  const sums = new Map<LayerType, number>();
  for (const [op, value] of byOp) sums.set(typeOfOp(op), (sums.get(typeOfOp(op)) ?? 0) + value);
  return sums;
}
