import type { Table } from "../../config/component.ts";
import type { Neck } from "../types.ts";
import { GlobalAveragePooling } from "./global-average-pooling.ts";

export const necks = {
  kind: "neck",
  components: { GlobalAveragePooling },
} as const satisfies Table<Neck>;
