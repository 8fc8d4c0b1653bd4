import type { Table } from "#lib/config/component/component.ts";
import { Accuracy } from "./accuracy.ts";
import { PetAgeMAE, self_Accuracy } from "./pet-age-mae.ts";
import { SingleLabelMetric } from "./single-label-metric.ts";
import type { Metric } from "./types.ts";

export const metrics = {
  kind: "metric",
  components: { Accuracy, PetAgeMAE, SingleLabelMetric, self_Accuracy },
} as const satisfies Table<Metric>;
