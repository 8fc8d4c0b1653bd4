import type { Table } from "#lib/config/component/component.ts";
import type { Classifier } from "#lib/nn/types.ts";
import { ImageClassifier } from "./image-classifier.ts";

export const models = {
  kind: "model",
  components: { ImageClassifier },
} as const satisfies Table<Classifier>;
