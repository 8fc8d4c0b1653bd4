import type { Table } from "#lib/config/component/component.ts";
import type { Neck } from "#lib/nn/types.ts";
import { GlobalAveragePooling } from "./global-average-pooling.ts";

export const necks = {
  kind: "neck",
  components: { GlobalAveragePooling },
} as const satisfies Table<Neck>;
