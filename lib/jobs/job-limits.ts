import { PetageError } from "#lib/base/errors.ts";
import { CONFIG_LIMITS } from "#lib/config/language/budget.ts";
import { RETENTIONS } from "./training-job.ts";
import type { ConfigSource, TrainingJob } from "./training-job.ts";

// What a job may ask for at most, wherever it runs. A cluster's resource has a schema with limits of its own, below these.

/** Trainers of a job, and ranks that a dataset is shared among. */
export const MAX_WORKERS = 1024;
/** Of a job, as the resource's schema has it. */
export const MAX_DATA_LOADERS = 64;
/** Restarts, and checkpoints to keep. */
const MAX_COUNT = 1000;
const MAX_STEPS = 2 ** 31 - 1;
const MAX_GPUS = 1024;
/** Ten years. */
const MAX_SECONDS = 315_360_000;
/** A day. */
const MAX_OUTAGE_SECONDS = 86_400;
const MAX_EXIT_CODE = 255;
/** Names and words: of a job, a config, an image, a label. */
const MAX_WORD_CHARACTERS = 1024;
/** The longest path that Linux takes. */
const MAX_PATH_CHARACTERS = 4096;
const MAX_OPTIONS = 1000;
/** One override: a list with a value for every month of a pet's life has 2 KB. */
const MAX_OPTION_CHARACTERS = 16_384;
const MAX_OPTIONS_CHARACTERS = 262_144;
const MAX_ENTRIES = 64;
const MAX_RULES = 16;
const MAX_EXIT_CODES = 32;

type Wanted = Pick<TrainingJob, "spec"> & Partial<Pick<TrainingJob, "metadata">>;

/** Refuses a job that asks for more than any place can give, before anything of it is evaluated. INVALID_ARGUMENT */
export function checkJobLimits({ metadata, spec }: Wanted): void {
  const { config, gpu, resources, checkpoint, failurePolicy, runPolicy } = spec;
  number("spec.workers", spec.workers, [1, MAX_WORKERS]);
  number("spec.gpu.count", gpu?.count, [0, MAX_GPUS]);
  number("spec.checkpoint.every_steps", checkpoint?.everySteps, [0, MAX_STEPS]);
  number("spec.checkpoint.keep_last", checkpoint?.keepLast, [0, MAX_COUNT]);
  number("spec.failure_policy.max_restarts", failurePolicy?.maxRestarts, [0, MAX_COUNT]);
  number("spec.failure_policy.nats_outage", failurePolicy?.natsOutageSeconds, [0, MAX_OUTAGE_SECONDS]);
  number("spec.run_policy.active_deadline", runPolicy?.activeDeadlineSeconds, [0, MAX_SECONDS]);
  number("spec.run_policy.ttl_after_finished", runPolicy?.ttlSecondsAfterFinished, [0, MAX_SECONDS]);
  text("metadata.name", metadata?.name, MAX_WORD_CHARACTERS);
  entries("metadata.labels", metadata?.labels);
  text("spec.image", spec.image, MAX_WORD_CHARACTERS);
  text("spec.gpu.resource_name", gpu?.resourceName, MAX_WORD_CHARACTERS);
  text("spec.gpu.resource_claim_template_name", gpu?.resourceClaimTemplateName, MAX_WORD_CHARACTERS);
  text("spec.gpu.product", gpu?.product, MAX_WORD_CHARACTERS);
  entries("spec.resources.requests", resources?.requests);
  entries("spec.resources.limits", resources?.limits);
  text("spec.work_dir", spec.workDir, MAX_PATH_CHARACTERS);
  text("spec.load_from", spec.loadFrom, MAX_PATH_CHARACTERS);
  text("spec.checkpoint.resume", checkpoint?.resume, MAX_PATH_CHARACTERS);
  word("spec.checkpoint.retain", checkpoint?.retain, RETENTIONS);
  checkConfig(config);
  for (const { exitCodes } of list("spec.failure_policy.rules", failurePolicy?.rules, MAX_RULES)) {
    const field = "spec.failure_policy.rules.exit_codes";
    for (const code of list(field, exitCodes, MAX_EXIT_CODES)) number(field, code, [0, MAX_EXIT_CODE]);
  }
}

function checkConfig({ inline, name, path, fileName, cfgOptions }: ConfigSource): void {
  text("spec.config.text", inline, CONFIG_LIMITS.fileLength);
  text("spec.config.name", name, MAX_WORD_CHARACTERS);
  text("spec.config.path", path, MAX_PATH_CHARACTERS);
  text("spec.config.file_name", fileName, MAX_WORD_CHARACTERS);
  let characters = 0;
  for (const option of list("spec.config.cfg_options", cfgOptions, MAX_OPTIONS)) {
    text("An option of spec.config.cfg_options", option, MAX_OPTION_CHARACTERS);
    characters += option.length;
  }
  if (characters <= MAX_OPTIONS_CHARACTERS) return;
  throw refused(`spec.config.cfg_options have ${characters} characters, expected at most ${MAX_OPTIONS_CHARACTERS}`);
}

function number(field: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw refused(`${field} is ${value}, expected ${least} to ${most}`);
}

function text(field: string, value: string | undefined, most: number): void {
  if (value === undefined || value.length <= most) return;
  throw refused(`${field} has ${value.length} characters, expected at most ${most}`);
}

function word(field: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw refused(`${field} is ${JSON.stringify(value.slice(0, MAX_WORD_CHARACTERS))}, expected ${known.join(" or ")}`);
}

function list<T>(field: string, value: readonly T[] | undefined, most: number): readonly T[] {
  if (value === undefined || value.length <= most) return value ?? [];
  throw refused(`${field} has ${value.length} entries, expected at most ${most}`);
}

function entries(field: string, value: Readonly<Record<string, string | number>> | undefined): void {
  for (const entry of list(field, value && Object.entries(value), MAX_ENTRIES)) {
    for (const part of entry) text(field, String(part), MAX_WORD_CHARACTERS);
  }
}

function refused(message: string): PetageError {
  return new PetageError("INVALID_ARGUMENT", message);
}
