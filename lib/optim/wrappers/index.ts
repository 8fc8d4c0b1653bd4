import type { Table } from "#lib/config/component/component.ts";
import type { OptimizerWrapper } from "#lib/optim/types.ts";
import { AmpOptimWrapper } from "./amp-optim-wrapper.ts";
import { OptimWrapper } from "./optim-wrapper.ts";

export const wrappers = {
  kind: "optimizer wrapper",
  components: { AmpOptimWrapper, OptimWrapper },
  implied: "OptimWrapper",
} as const satisfies Table<OptimizerWrapper>;
