import { z } from "zod";
import { PetageError } from "../base/errors.ts";
import { buildComponent, configNode, parseNode } from "../config/build.ts";
import type { ConfigDict, ConfigNode, ConfigValue, ResolvedConfig } from "../config/component.ts";
import { dictionary, isDict } from "../config/dictionary.ts";
import { buildPreprocessor } from "../data/preprocessor.ts";
import { seedOf } from "../data/seed.ts";
import { metrics } from "../metrics/index.ts";
import type { Metric } from "../metrics/types.ts";
import { createClassifier } from "../nn/classifier.ts";
import type { Classifier } from "../nn/classifier.ts";
import { initConfig, pretrainedOf } from "../nn/init-config.ts";
import type { PretrainedConfig } from "../nn/init-config.ts";
import type { Normalization } from "../nn/preprocess.ts";
import { autoScaleLrSchema, learningRateFactor } from "../optim/auto-scale-lr.ts";
import type { AutoScaleLr } from "../optim/auto-scale-lr.ts";
import { clipGradSchema } from "../optim/clip.ts";
import type { ClipGrad } from "../optim/clip.ts";
import { optimizers } from "../optim/optimizers/index.ts";
import { createSchedule } from "../optim/schedule.ts";
import { schedules } from "../optim/schedules/index.ts";
import type { Optimizer, Schedule } from "../optim/types.ts";
import { hooks } from "./hooks/index.ts";
import type { Hook } from "./hook.ts";

/** What the computing thread needs of a config. */
export interface ModelSettings {
  readonly model: Classifier;
  readonly normalization: Normalization;
  readonly optimizer: Optimizer;
  readonly clip: ClipGrad | undefined;
  readonly pretrained: PretrainedConfig | undefined;
}

/** What the loop needs of a config. */
export interface RunSettings {
  readonly maxEpochs: number;
  readonly seed: number;
  /** Absent when the config has no validation. */
  readonly validation:
    { readonly begin: number; readonly interval: number; readonly metrics: readonly Metric[] } | undefined;
  /** In the order in which they run. */
  readonly hooks: readonly Hook[];
}

const TRAINING_KEYS = ["train_dataloader", "train_cfg", "optim_wrapper"] as const;
const VALIDATION_KEYS = ["val_dataloader", "val_cfg", "val_evaluator"] as const;

const optimWrapperSchema = z.strictObject({
  type: z.literal("OptimWrapper").default("OptimWrapper").describe("Only OptimWrapper: float32"),
  optimizer: dictionary.describe("dict(type='SGD', lr=...)"),
  clip_grad: clipGradSchema.nullable().default(null).describe("Clip gradients before the update"),
  accumulative_counts: z.literal(1).default(1).describe("Only 1: no gradient accumulation"),
  paramwise_cfg: z.null().default(null).describe("Not supported yet"),
});

const trainConfigSchema = z.strictObject({
  by_epoch: z.literal(true).default(true).describe("Only True: EpochBasedTrainLoop"),
  type: z.literal("EpochBasedTrainLoop").optional().describe("Only EpochBasedTrainLoop"),
  max_epochs: z.int().positive().describe("Epochs to train"),
  val_begin: z.int().positive().default(1).describe("First epoch after which to validate"),
  val_interval: z.int().positive().default(1).describe("Validate every so many epochs"),
});

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

export function modelSettings(config: ResolvedConfig): ModelSettings {
  const wrapper = parseNode(optimWrapperSchema, configNode(config, "optim_wrapper"));
  const optimizerNode = { config, path: "optim_wrapper.optimizer", value: wrapper.optimizer };
  const model = createClassifier(config);
  return {
    model,
    normalization: normalizationOf(config),
    optimizer: buildComponent(optimizers, optimizerNode, undefined),
    clip: wrapper.clip_grad ?? undefined,
    pretrained: pretrainedSettings(config),
  };
}

/** Model and preprocessing without what only training needs: for evaluation and serving. */
export function inferenceSettings(config: ResolvedConfig): Pick<ModelSettings, "model" | "normalization"> {
  return { model: createClassifier(config), normalization: normalizationOf(config) };
}

function pretrainedSettings(config: ResolvedConfig): PretrainedConfig | undefined {
  const value = getPath(config.value, ["model", "backbone", "init_cfg"]);
  const parsed = initConfig.safeParse(value);
  return parsed.success ? pretrainedOf(parsed.data) : undefined;
}

/** The model's own data_preprocessor wins over the top-level one. */
function normalizationOf(config: ResolvedConfig): Normalization {
  const inModel = getPath(config.value, ["model", "data_preprocessor"]);
  const path = inModel === undefined ? "data_preprocessor" : "model.data_preprocessor";
  const value = inModel ?? config.value["data_preprocessor"] ?? {};
  return buildPreprocessor({ config, path, value });
}

export function runSettings(config: ResolvedConfig): RunSettings {
  requireTogether(config, TRAINING_KEYS, { required: true });
  const validates = requireTogether(config, VALIDATION_KEYS, { required: false });
  const training = parseNode(trainConfigSchema, configNode(config, "train_cfg"));
  return {
    maxEpochs: training.max_epochs,
    seed: seedOf(config),
    validation: validates
      ? {
          begin: training.val_begin,
          interval: training.val_interval,
          metrics: evaluatorMetrics(config, "val_evaluator"),
        }
      : undefined,
    hooks: buildHooks(config),
  };
}

/** mmengine's rule: all of a group of keys, or none. Tells whether they are there. */
function requireTogether(
  config: ResolvedConfig,
  keys: readonly string[],
  { required }: { required: boolean },
): boolean {
  const present = keys.filter((key) => config.value[key] !== undefined && config.value[key] !== null);
  if (present.length === keys.length) return true;
  if (present.length === 0 && !required) return false;
  const missing = keys.filter((key) => !present.includes(key));
  throw new PetageError("CONFIG_INVALID_VALUE", `The config has no ${missing.join(" and no ")}`, {
    hint: `${keys.join(", ")} belong together`,
  });
}

/** The metrics of `val_evaluator` or `test_evaluator`: one dict or a list of them. */
export function evaluatorMetrics(config: ResolvedConfig, key: "val_evaluator" | "test_evaluator"): Metric[] {
  return nodesOf(config, key).map((node) => buildComponent(metrics, node, undefined));
}

function buildHooks(config: ResolvedConfig): Hook[] {
  const given = config.value["default_hooks"];
  const defaults = Object.entries({ ...DEFAULT_HOOKS, ...(isDict(given) ? given : {}) })
    .filter(([name, value]) => value !== null && !IGNORED_HOOKS.has(name))
    .map(([name, value]): ConfigNode => {
      const fallback = DEFAULT_HOOKS[name];
      const merged = isDict(value) && isDict(fallback) ? { ...fallback, ...value } : value;
      return { config, path: `default_hooks.${name}`, value: merged };
    });
  const nodes = [...defaults, ...nodesOf(config, "custom_hooks")];
  const built = nodes.map((node) => buildComponent(hooks, node, undefined));
  return built.toSorted((a, b) => a.priority - b.priority); // stable: equal priorities keep their order
}

export interface ScheduleContext {
  readonly epochLength: number;
  readonly maxEpochs: number;
  readonly worldSize: number;
  readonly batchSize: number;
}

/** The learning rate over the run: `param_scheduler` on the optimizer's rate, scaled by `auto_scale_lr` if enabled. */
export function scheduleOf(config: ResolvedConfig, optimizer: Optimizer, context: ScheduleContext): Schedule {
  const chain = nodesOf(config, "param_scheduler").map((node) => buildComponent(schedules, node, context));
  const factor = learningRateFactor(context, autoScaleOf(config) ?? { base_batch_size: 1, enable: false });
  const { learningRate, weightDecay } = optimizer;
  return createSchedule(chain, { learningRate: learningRate * factor, weightDecay });
}

function autoScaleOf(config: ResolvedConfig): AutoScaleLr | undefined {
  const value = config.value["auto_scale_lr"];
  return value === undefined || value === null
    ? undefined
    : parseNode(autoScaleLrSchema, configNode(config, "auto_scale_lr"));
}

/** The nodes below a key that holds a dict, a list of them, or nothing. */
function nodesOf(config: ResolvedConfig, key: string): ConfigNode[] {
  const value = config.value[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [{ config, path: key, value }];
  return value.map((entry: ConfigValue, index) => ({ config, path: `${key}.${index}`, value: entry }));
}

function getPath(value: ConfigValue | undefined, path: readonly string[]): ConfigValue | undefined {
  return path.reduce<ConfigValue | undefined>((at, key) => (isDict(at) ? at[key] : undefined), value);
}
