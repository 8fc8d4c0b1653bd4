import { TrainingStep } from "#lib/train/step/training-step.ts";
import { modelSettings } from "#lib/train/settings.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import { createLogger } from "#lib/host/logger.ts";
import { computeOptions } from "#lib/host/compute-options.ts";
import { memoryLimitBytes } from "#lib/host/process/memory.ts";
import { systemClock } from "#lib/system/clock.ts";
import { expose } from "./remote.ts";
import type { TrainingThreadSetup } from "./training.ts";

const log = createLogger({ name: "engine", format: "json", level: "info" });

expose(async ({ config, plugins, ...ofRank }: TrainingThreadSetup) => {
  const { eager } = computeOptions();
  const settings = modelSettings(config, await loadBuild(plugins));
  const runner = { eager, memoryLimitBytes: memoryLimitBytes() };
  return await TrainingStep.open({ settings, ...ofRank, log, clock: systemClock, ...runner });
});
