import type { Table } from "#lib/config/component/component.ts";
import { AsymmetricLoss } from "./asymmetric-loss.ts";
import { CrossEntropyLoss } from "./cross-entropy-loss.ts";
import { FocalLoss } from "./focal-loss.ts";
import { GaussSmoothLoss } from "./gauss-smooth-loss.ts";
import { LabelSmoothLoss } from "./label-smooth-loss.ts";
import type { Loss, LossContext } from "./types.ts";

export const losses = {
  kind: "loss",
  components: { AsymmetricLoss, CrossEntropyLoss, FocalLoss, GaussSmoothLoss, LabelSmoothLoss },
} as const satisfies Table<Loss, LossContext>;
