import type { Table } from "#lib/config/component/component.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { Adam } from "./adam.ts";
import { AdamW } from "./adamw.ts";
import { LARS } from "./lars.ts";
import { SGD } from "./sgd.ts";

export const optimizers = {
  kind: "optimizer",
  components: { Adam, AdamW, LARS, SGD },
} as const satisfies Table<Optimizer>;
