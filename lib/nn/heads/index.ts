import type { Table } from "../../config/component.ts";
import type { Head } from "../types.ts";
import { LinearClsHead } from "./linear-cls-head.ts";
import type { HeadContext } from "./linear-cls-head.ts";

export const heads: Table<Head, HeadContext> = { kind: "head", components: { LinearClsHead } };
