import { isAlmost } from "#lib/config/nearest.ts";
import type { ConfigDict, ResolvedConfig } from "#lib/config/value.ts";

/** Names at the top of a config that mean something to petage, or to mmengine and mmpretrain, whose configs it takes. */
const KNOWN = (
  "model data_preprocessor train_cfg val_cfg test_cfg train_dataloader val_dataloader " +
  "test_dataloader val_evaluator test_evaluator optim_wrapper param_scheduler auto_scale_lr default_hooks " +
  "custom_hooks custom_imports randomness work_dir load_from resume default_scope " +
  "env_cfg log_level log_processor launcher experiment_name visualizer vis_backends " +
  "tta_model tta_pipeline runner_type model_wrapper_cfg find_unused_parameters"
).split(" ");

/** Names of users' own variables that lie near one of those. */
const OWN: ReadonlySet<string> = new Set(["models", "train_pipeline", "val_pipeline", "test_pipeline"]);

const IN_LOOP = "train_cfg=dict(val_interval=...) and val_evaluator";
/** Keys of mmclassification 0.x and of runners before mmengine, by what says it now. */
const REPLACED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    data: "train_dataloader, val_dataloader and test_dataloader (samples_per_gpu is batch_size, workers_per_gpu num_workers)",
    runner: "train_cfg=dict(by_epoch=True, max_epochs=...)",
    total_epochs: "train_cfg=dict(by_epoch=True, max_epochs=...)",
    optimizer: "optim_wrapper=dict(optimizer=...)",
    optimizer_config: "optim_wrapper (grad_clip is clip_grad)",
    lr_config: "param_scheduler",
    lr_scheduler: "param_scheduler",
    momentum_config: "param_scheduler",
    evaluation: IN_LOOP,
    log_config: "default_hooks=dict(logger=dict(interval=...))",
    checkpoint_config: "default_hooks=dict(checkpoint=dict(interval=...))",
    resume_from: "resume=True, with load_from for a checkpoint of another run",
    auto_resume: "resume=True",
    workflow: IN_LOOP,
    dist_params: "env_cfg",
    cudnn_benchmark: "env_cfg",
    opencv_num_threads: "env_cfg",
    mp_start_method: "env_cfg",
    fp16: "optim_wrapper",
    seed: "randomness=dict(seed=...)",
    deterministic: "randomness",
    gpu_ids: "the number of workers of the job",
  }),
);

/** One line for each name at the top that has no effect and looks as if it should have one. */
export function topLevelWarnings({ value }: ResolvedConfig): string[] {
  return Object.keys(value).flatMap((name) => {
    const advice = adviceOn(name, value);
    return advice === undefined ? [] : [`The config's \`${name}\` has no effect: ${advice}`];
  });
}

function adviceOn(name: string, config: ConfigDict): string | undefined {
  if (KNOWN.includes(name) || OWN.has(name)) return undefined;
  const replacement = REPLACED.get(name);
  if (replacement !== undefined) {
    return isHelper(name, config) ? undefined : `it is a key of mmclassification 0.x, now say ${replacement}`;
  }
  const meant = KNOWN.find((known) => isAlmost(name, known));
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** A variable of the user's, from which something else is made: `optim_wrapper = dict(optimizer=optimizer)`. */
function isHelper(name: string, config: ConfigDict): boolean {
  const { [name]: value = null, ...rest } = config;
  const used = typeof value === "object" && value !== null ? JSON.stringify(value) : `${JSON.stringify(name)}:`;
  return JSON.stringify(rest).includes(used);
}
