import type { Table } from "#lib/config/component.ts";
import type { Dataset } from "../types.ts";
import { CustomDataset, type DatasetContext } from "./custom-dataset.ts";

export const datasets: Table<Promise<Dataset>, DatasetContext> = {
  kind: "dataset",
  components: { CustomDataset },
};
