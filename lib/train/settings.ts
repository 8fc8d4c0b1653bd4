import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { isDict } from "#lib/config/dictionary.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { didYouMean, isAlmost } from "#lib/config/nearest.ts";
import type { ConfigDict, ResolvedConfig } from "#lib/config/value.ts";
import { headNumClasses } from "#lib/data/head-classes.ts";
import { seedOf } from "#lib/data/seed.ts";
import type { Precision } from "#lib/engine/op.ts";
import { metrics } from "#lib/metrics/index.ts";
import type { Direction, Metric } from "#lib/metrics/types.ts";
import { inferenceSettings } from "#lib/model/settings.ts";
import type { InferenceSettings } from "#lib/model/settings.ts";
import type { PretrainedConfig } from "#lib/nn/init-config.ts";
import { autoScaleLrSchema, learningRateFactor } from "#lib/optim/auto-scale-lr.ts";
import { createSchedule } from "#lib/optim/schedule.ts";
import { schedules } from "#lib/optim/schedules/index.ts";
import type { Optimizer, OptimizerWrapper, Schedule } from "#lib/optim/types.ts";
import { wrappers } from "#lib/optim/wrappers/index.ts";
import { hooks } from "#lib/train/hooks/index.ts";
import type { Hook, HookContext } from "./hook.ts";
import { loops } from "#lib/train/loops/index.ts";
import { topLevelWarnings } from "./top-level.ts";
import type { TrainLoop } from "#lib/train/loops/types.ts";

/** What the computing thread needs of a config. */
export interface ModelSettings extends InferenceSettings, OptimizerWrapper {
  readonly pretrained: PretrainedConfig | undefined;
}

/** What the loop needs of a config. */
export interface RunSettings {
  readonly maxEpochs: number;
  readonly seed: number;
  /** Absent when the config has no validation. */
  readonly validation: (TrainLoop["validation"] & { readonly metrics: readonly Metric[] }) | undefined;
  /** In the order in which they run. */
  readonly hooks: readonly Hook[];
}

const TRAINING_KEYS = ["train_dataloader", "train_cfg", "optim_wrapper"] as const;
const VALIDATION_KEYS = ["val_dataloader", "val_cfg", "val_evaluator"] as const;

/** mmengine's default hooks, which `default_hooks` merges into by name; None removes one. */
const DEFAULT_HOOKS: ConfigDict = {
  timer: { type: "IterTimerHook" },
  logger: { type: "LoggerHook" },
  param_scheduler: { type: "ParamSchedulerHook" },
  checkpoint: { type: "CheckpointHook", interval: 1 },
  sampler_seed: { type: "DistSamplerSeedHook" },
};
/** mmengine's `runtime_info` keeps values for other hooks; here the run itself does. */
const IGNORED_HOOKS = new Set(["runtime_info"]);

export function modelSettings(config: ResolvedConfig, build: Build = buildComponent): ModelSettings {
  const wrapper = build(wrappers, configNode(config, "optim_wrapper"), undefined);
  const inference = inferenceSettings(config, build);
  return { ...inference, ...wrapper, pretrained: inference.model.backbone.pretrained };
}

export function runSettings(config: ResolvedConfig, build: Build = buildComponent): RunSettings {
  requireTogether(config, TRAINING_KEYS, { required: true });
  const validates = requireTogether(config, VALIDATION_KEYS, { required: false });
  const { maxEpochs, validation } = build(loops, configNode(config, "train_cfg"), undefined);
  const measured = validates ? evaluatorMetrics(config, "val_evaluator", build) : [];
  return {
    maxEpochs,
    seed: seedOf(config),
    validation: validates ? { ...validation, metrics: measured } : undefined,
    hooks: buildHooks(config, { directions: directionsOf(measured) }, build),
  };
}

/** mmengine's rule: all of a group of keys, or none. Tells whether they are there. */
function requireTogether(
  config: ResolvedConfig,
  keys: readonly string[],
  { required }: { required: boolean },
): boolean {
  const missing = keys.filter((key) => !configNode(config).find(key));
  if (missing.length === 0) return true;
  if (missing.length === keys.length && !required) return false;
  throw new PetageError("CONFIG_INVALID_VALUE", `The config has no ${missing.join(" and no ")}`, {
    hint: [`${keys.join(", ")} belong together`, ...topLevelWarnings(config)].join(". "),
  });
}

/** `val_cfg` and `test_cfg`: there is one way to evaluate. */
const EvaluationKeys = z.strictObject({
  type: z.enum(["ValLoop", "TestLoop"]).optional().describe("Only mmengine's own loop"),
  fp16: z.boolean().default(false).describe("In bfloat16 where that is faster, as mmengine's autocast on processors"),
});

/** What an evaluation computes in, where its config says so. */
export function evaluationPrecision(config: ResolvedConfig, key: "val_cfg" | "test_cfg"): { precision?: Precision } {
  return configNode(config).find(key)?.parse(EvaluationKeys).fp16 ? { precision: "bfloat16" } : {};
}

/** The metrics of `val_evaluator` or `test_evaluator`: one dict or a list of them. */
export function evaluatorMetrics(
  config: ResolvedConfig,
  key: "val_evaluator" | "test_evaluator",
  build: Build = buildComponent,
): Metric[] {
  const root = configNode(config);
  const count = headNumClasses(root) ?? Infinity;
  return root
    .child(key)
    .items()
    .map((node) => {
      const metric = build(metrics, node, undefined);
      const { leastClasses = 1 } = metric;
      if (leastClasses <= count) return metric;
      throw node.fail(`\`${node.path}\` cannot be measured with ${count} classes: it needs ${leastClasses}`, {
        hint: "Lower its topk: the model has model.head.num_classes classes",
      });
    });
}

/** In which direction each figure of these metrics is better. */
export function directionsOf(measured: readonly Metric[]): Readonly<Record<string, Direction>> {
  return Object.fromEntries(measured.flatMap(({ directions }) => Object.entries(directions)));
}

function buildHooks(config: ResolvedConfig, context: HookContext, build: Build): Hook[] {
  const root = configNode(config);
  const given = root.child("default_hooks");
  requireTypes(given);
  const defaults = Object.entries({ ...DEFAULT_HOOKS, ...(isDict(given.value) ? given.value : {}) })
    .filter(([name, value]) => value !== null && !IGNORED_HOOKS.has(name))
    .map(([name, value]) => {
      const fallback = DEFAULT_HOOKS[name];
      return given.child(name).with(isDict(value) && isDict(fallback) ? { ...fallback, ...value } : value);
    });
  const nodes = [...defaults, ...root.child("custom_hooks").items()];
  const built = nodes.map((node) => build(hooks, node, context));
  return built.toSorted((a, b) => a.priority - b.priority); // stable: equal priorities keep their order
}

/** A name that mmengine does not have is another hook, which has a type; without one it is a name misspelt. */
function requireTypes(given: ConfigNode): void {
  const names = [...Object.keys(DEFAULT_HOOKS), ...IGNORED_HOOKS];
  for (const [name, value] of Object.entries(isDict(given.value) ? given.value : {})) {
    if (names.includes(name) || (isDict(value) && value["type"] !== undefined)) continue;
    const listed = `The default hooks are ${names.join(", ")}`;
    throw given.fail(`\`default_hooks\` has no \`${name}\`, and it names no \`type\` of another hook`, {
      at: name,
      hint: [didYouMean(name, names), listed].filter((part) => part !== undefined).join(" "),
      code: "CONFIG_UNKNOWN_KEY",
    });
  }
}

/** One line for each hook beside a default one whose name it almost has: both act, which is hardly meant. */
export function hookWarnings(config: ResolvedConfig): string[] {
  const given = configNode(config).child("default_hooks").value;
  const names = Object.keys(DEFAULT_HOOKS);
  return Object.keys(isDict(given) ? given : {}).flatMap((name) => {
    const meant = names.includes(name) ? undefined : names.find((known) => isAlmost(name, known));
    if (meant === undefined) return [];
    return [`\`default_hooks.${name}\` is a hook besides \`${meant}\`: did you mean \`default_hooks.${meant}\`?`];
  });
}

export interface ScheduleContext {
  readonly epochLength: number;
  readonly maxEpochs: number;
  readonly worldSize: number;
  readonly batchSize: number;
}

/** The learning rate over the run: `param_scheduler` on the optimizer's rate, scaled by `auto_scale_lr` if enabled. */
export function scheduleOf(
  config: ResolvedConfig,
  optimizer: Optimizer,
  { build = buildComponent, ...context }: ScheduleContext & { readonly build?: Build },
): Schedule {
  const root = configNode(config);
  const nodes = root.child("param_scheduler").items();
  const chain = nodes.map((node) => build(schedules, node, context));
  const autoScale = root.find("auto_scale_lr")?.parse(autoScaleLrSchema) ?? { base_batch_size: 1, enable: false };
  const { learningRate, weightDecay } = optimizer;
  return createSchedule(chain, { learningRate: learningRate * learningRateFactor(context, autoScale), weightDecay });
}
