import type { Table } from "#lib/config/component/component.ts";
import type { Dataset } from "#lib/data/types.ts";
import { CustomDataset, type DatasetContext } from "./custom-dataset.ts";

export const datasets = {
  kind: "dataset",
  components: { CustomDataset },
} as const satisfies Table<Promise<Dataset>, DatasetContext>;
