import type { Kernel } from "#lib/engine/graph/kernel.ts";
import { convolutions } from "./convolutions.ts";
import { elementwise } from "./elementwise.ts";
import { reductions } from "./reductions.ts";
import { shapes } from "./shapes.ts";

/** By their names in tfjs. An op that is missing is one line here. */
export const kernels: Readonly<Record<string, Kernel>> = { ...elementwise, ...reductions, ...shapes, ...convolutions };
