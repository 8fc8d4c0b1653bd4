import { EagerStep } from "#lib/train/step/eager.ts";
import { modelSettings } from "#lib/train/settings.ts";
import { createLogger } from "#lib/host/logger.ts";
import { expose } from "./remote.ts";
import type { TrainingThreadSetup } from "./training.ts";

const log = createLogger({ name: "engine", format: "json", level: "info" });

expose(({ config, seed }: TrainingThreadSetup) => EagerStep.open({ settings: modelSettings(config), seed, log }));
