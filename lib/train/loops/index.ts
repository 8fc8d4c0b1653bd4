import type { Table } from "#lib/config/component/component.ts";
import { EpochBasedTrainLoop } from "./epoch-based-train-loop.ts";
import type { TrainLoop } from "./types.ts";

export const loops = {
  kind: "train loop",
  components: { EpochBasedTrainLoop },
  implied: "EpochBasedTrainLoop",
} as const satisfies Table<TrainLoop>;
