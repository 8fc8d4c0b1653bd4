import type { Table } from "../../config/component.ts";
import type { Neck } from "../types.ts";
import { GlobalAveragePooling } from "./global-average-pooling.ts";

export const necks: Table<Neck> = { kind: "neck", components: { GlobalAveragePooling } };
