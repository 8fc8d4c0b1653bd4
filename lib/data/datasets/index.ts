import type { Table } from "#lib/config/component/component.ts";
import type { Dataset } from "#lib/data/types.ts";
import { ClassBalancedDataset } from "./class-balanced-dataset.ts";
import { ConcatDataset } from "./concat-dataset.ts";
import { CustomDataset, type DatasetContext } from "./custom-dataset.ts";
import { KFoldDataset } from "./k-fold-dataset.ts";
import { RepeatDataset } from "./repeat-dataset.ts";

export const datasets = {
  kind: "dataset",
  components: {
    // mmpretrain's base class reads JSON annotations only; its keys are the same.
    BaseDataset: CustomDataset,
    ClassBalancedDataset,
    ConcatDataset,
    CustomDataset,
    KFoldDataset,
    RepeatDataset,
  },
} as const satisfies Table<Promise<Dataset>, DatasetContext>;
