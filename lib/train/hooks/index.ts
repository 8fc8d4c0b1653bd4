import type { Table } from "#lib/config/component/component.ts";
import type { Hook, HookContext } from "#lib/train/hook.ts";
import { CheckpointHook } from "./checkpoint-hook.ts";
import { DistSamplerSeedHook } from "./dist-sampler-seed-hook.ts";
import { IterTimerHook } from "./iter-timer-hook.ts";
import { LoggerHook } from "./logger-hook.ts";
import { ParamSchedulerHook } from "./param-scheduler-hook.ts";
import { VisualizationHook } from "./visualization-hook.ts";

export const hooks = {
  kind: "hook",
  components: {
    CheckpointHook,
    DistSamplerSeedHook,
    IterTimerHook,
    LoggerHook,
    ParamSchedulerHook,
    VisualizationHook,
  },
} as const satisfies Table<Hook, HookContext>;
