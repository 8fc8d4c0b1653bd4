import type { Table } from "#lib/config/component/component.ts";
import type { OptimizerWrapper } from "#lib/optim/types.ts";
import { OptimWrapper } from "./optim-wrapper.ts";

export const wrappers = {
  kind: "optimizer wrapper",
  components: { OptimWrapper },
  implied: "OptimWrapper",
} as const satisfies Table<OptimizerWrapper>;
