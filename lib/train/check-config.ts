import { z } from "zod";
import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { checkLoader } from "#lib/data/loader-settings.ts";
import { LOCATION_HINT, isElsewhere } from "#lib/model/location.ts";
import {
  evaluationPrecision,
  evaluatorMetrics,
  hookWarnings,
  modelSettings,
  runSettings,
  scheduleOf,
} from "./settings.ts";
import type { ModelSettings, RunSettings } from "./settings.ts";
import { topLevelWarnings } from "./top-level.ts";

/** A config of which all is known to be buildable but its data. */
export interface CheckedConfig {
  readonly model: ModelSettings;
  readonly run: RunSettings;
  /** What has no effect and looks as if it should have one, or another one than is written; a line each. */
  readonly warnings: readonly string[];
}

const text = z.string().nullish();
/** What stands at the top and is no component. */
const PLAIN = {
  work_dir: text,
  load_from: text,
  resume: z.boolean().nullish(),
};

const LOADERS = [
  ["train_dataloader", "train"],
  ["val_dataloader", "evaluate"],
  ["test_dataloader", "evaluate"],
] as const;

/**
 * Builds all that will ever be built from a config, and reads no file: what is wrong in any of it is told before
 * anything is started. Throws CONFIG_* with file, line and what was meant.
 */
export function checkConfig(config: ResolvedConfig, build: Build = buildComponent): CheckedConfig {
  const root = configNode(config);
  for (const [key, schema] of Object.entries(PLAIN)) root.child(key).parse(schema);
  requireHere(root.child("load_from"));
  const run = runSettings(config, build);
  const model = modelSettings(config, build);
  if (model.pretrained) requireHere(root.at("model.backbone.init_cfg").with(model.pretrained.checkpoint));
  const notes = LOADERS.flatMap(([key, purpose]) => {
    const node = root.find(key);
    return node ? checkLoader(node, { purpose, seed: run.seed, build }) : [];
  });
  for (const key of ["val_cfg", "test_cfg"] as const) evaluationPrecision(config, key);
  evaluatorMetrics(config, "test_evaluator", build);
  // An epoch has a step at least; what fits the shortest one fits any.
  const shortest = { epochLength: 1, maxEpochs: run.maxEpochs, worldSize: 1, batchSize: 1 };
  scheduleOf(config, model.optimizer, { ...shortest, build });
  return { model, run, warnings: [...topLevelWarnings(config), ...hookWarnings(config), ...notes] };
}

function requireHere(node: ConfigNode): void {
  if (typeof node.value !== "string" || !isElsewhere(node.value)) return;
  throw node.fail(`\`${node.path}\` names ${node.value}, which is neither a path nor a file:// URI`, {
    hint: LOCATION_HINT,
  });
}
