import type { Table } from "#lib/config/component/component.ts";
import type { Head } from "#lib/nn/types.ts";
import { LinearClsHead } from "./linear-cls-head.ts";

export const heads = {
  kind: "head",
  components: { LinearClsHead },
} as const satisfies Table<Head>;
