import type { Table } from "../../config/component.ts";
import type { Head } from "../types.ts";
import { LinearClsHead } from "./linear-cls-head.ts";

export const heads = {
  kind: "head",
  components: { LinearClsHead },
} as const satisfies Table<Head>;
