import type { Table } from "#lib/config/component/component.ts";
import { ConstantLR } from "./constant-lr.ts";
import { CosineAnnealingLR, CosineAnnealingWeightDecay } from "./cosine-annealing.ts";
import { CosineRestartLR } from "./cosine-restart-lr.ts";
import { ExponentialLR } from "./exponential-lr.ts";
import { LinearLR } from "./linear-lr.ts";
import { MultiStepLR } from "./multi-step-lr.ts";
import { OneCycleLR } from "./one-cycle-lr.ts";
import { PolyLR } from "./poly-lr.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";
import { StepLR } from "./step-lr.ts";

export const schedules = {
  kind: "parameter scheduler",
  components: {
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWeightDecay,
    CosineRestartLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolyLR,
    StepLR,
  },
} as const satisfies Table<Scheduler, ScheduleContext>;
