import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { LoadedConfig } from "#lib/config/load.ts";
import type { TrainWish } from "#lib/jobs/command-line.ts";
import { durationMs } from "#lib/base/time.ts";
import { modelSettings, runSettings } from "#lib/train/settings.ts";
import type { FailureRule } from "#lib/jobs/job-state.ts";
import type { FailureRule__Output } from "#proto/petage/v1/FailureRule.ts";
import type { TrainingJobSpec__Output } from "#proto/petage/v1/TrainingJobSpec.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { loadJobConfig, nameLike } from "#lib/host/job-config.ts";
import type { ConfigWish } from "#lib/host/job-config.ts";
import { checkStartingWeights, resumePoint } from "./start-weights.ts";

/** A checked job, ready to run: what was asked for, with every default filled in. */
export interface JobDefinition {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createTime: Date;
  readonly spec: TrainingJobSpec__Output;
  readonly workers: number;
  readonly maxRestarts: number;
  readonly rules: readonly FailureRule[];
  readonly activeDeadlineMs: number | null;
  readonly configName: string;
  readonly config: LoadedConfig;
  readonly validates: boolean;
  /** `work_dirs/<config>`: what all runs of the config share. */
  readonly workDir: string;
  /** `work_dirs/<config>/<time>`: where this run writes, unless that is taken. */
  readonly runDir: string;
  readonly resumeFrom: string | undefined;
  readonly loadFrom: string | undefined;
  /** What a person asks for to continue this job, given the folder in which it ran. */
  readonly continuation: (runDir: string) => TrainWish;
  /** Lines for the log: what was passed over, what a user should know. */
  readonly warnings: readonly string[];
}

const MAX_WORKERS = 1024;
const NAME = /^[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** Checks a request and resolves everything in it. Throws before anything was started or written. */
export async function defineJob(request: CreateTrainingJobRequest__Output, root: string): Promise<JobDefinition> {
  const { spec, workers } = specOf(request);
  // The config is read at one go: where its place does not answer, only this call may wait.
  if (spec.config?.path) await stat(spec.config.path).catch(() => undefined);
  const { configName, config, source } = loadJobConfig(configWish(spec));
  const { validation, maxEpochs } = runSettings(config); // errors in the config are the user's answer now, not a crash later
  const { pretrained } = modelSettings(config);
  const createTime = new Date();
  const uid = randomUUID();
  const name = nameOf(request, `${nameLike(configName)}-${uid.slice(0, 5)}`);
  const workDir = resolve(root, spec.workDir || stringOf(config, "work_dir") || join("work_dirs", configName));
  const wish = resumeWish(spec, config);
  const resumed = await resumePoint(wish, { workDir, maxEpochs });
  const loadFrom = spec.loadFrom || stringOf(config, "load_from");
  if (!resumed.path) await checkStartingWeights(config, { loadFrom, pretrained: pretrained?.checkpoint });
  return {
    name,
    uid,
    labels: request.job?.metadata?.labels ?? {},
    createTime,
    spec,
    workers,
    maxRestarts: spec.failurePolicy?.maxRestarts ?? 0,
    rules: spec.failurePolicy?.rules.map(failureRule) ?? [],
    activeDeadlineMs: durationMs(spec.runPolicy?.activeDeadline) ?? null,
    configName,
    config,
    validates: validation !== undefined,
    workDir,
    runDir: join(workDir, timestamp(createTime)),
    resumeFrom: resumed.path,
    loadFrom,
    continuation: (runDir) => ({
      ...configAgain(spec, { source, written: join(runDir, `${configName}.py`) }),
      workers,
      workDir: spec.workDir,
      loadFrom: spec.loadFrom,
      resume: wish === "Auto" || wish === "Never" ? true : wish,
    }),
    warnings: [...config.warnings, ...resumed.warnings],
  };
}

/** The name that was asked for, else the one given. */
function nameOf({ job }: CreateTrainingJobRequest__Output, given: string): string {
  const name = job?.metadata?.name || given;
  if (NAME.test(name)) return name;
  throw new PetageError(
    "INVALID_ARGUMENT",
    `metadata.name is ${JSON.stringify(name)}, expected a-z, 0-9 and '-', at most 45`,
  );
}

/** What came as text is a file in the run's folder, overrides and all. */
function configAgain(
  { config }: TrainingJobSpec__Output,
  { source, written }: { readonly source: string; readonly written: string },
): Pick<TrainWish, "config" | "cfgOptions"> {
  return config?.text ? { config: written, cfgOptions: [] } : { config: source, cfgOptions: config?.cfgOptions ?? [] };
}

const FAILURE_ACTIONS: Readonly<Record<string, FailureRule["action"]>> = {
  FAILURE_ACTION_RESTART_IGNORING_LIMIT: "RestartIgnoringLimit",
  FAILURE_ACTION_FAIL_JOB: "FailJob",
};

function failureRule({ exitCodes, action }: FailureRule__Output): FailureRule {
  return { ...(exitCodes.length > 0 && { exitCodes }), action: FAILURE_ACTIONS[action] ?? "Restart" };
}

function specOf({ job }: CreateTrainingJobRequest__Output): { spec: TrainingJobSpec__Output; workers: number } {
  const spec = job?.spec;
  if (!spec) throw new PetageError("INVALID_ARGUMENT", "The request has no job.spec");
  if (spec.runPolicy?.suspend) {
    throw new PetageError("INVALID_ARGUMENT", "spec.run_policy.suspend is true, and only a cluster holds a job back", {
      hint: "Leave it out: here a job runs at once",
    });
  }
  const workers = spec.workers || 1;
  if (workers >= 1 && workers <= MAX_WORKERS) return { spec, workers };
  throw new PetageError("INVALID_ARGUMENT", `spec.workers is ${workers}, expected 1 to ${MAX_WORKERS}`);
}

function configWish({ config: source }: TrainingJobSpec__Output): ConfigWish {
  const options = source?.cfgOptions ?? [];
  if (source?.path) return { path: source.path, options };
  if (source?.name) return { name: source.name, options };
  if (source?.text) return { text: source.text, fileName: source.fileName || "config.py", options };
  throw new PetageError("INVALID_ARGUMENT", "spec.config names no config", {
    hint: "Set one of path (a file), name (a config that comes with petage) and text",
  });
}

function stringOf(config: LoadedConfig, key: string): string | undefined {
  const value = config.value[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `20261123_061500`, as mmengine names runs. */
function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

function resumeWish({ checkpoint }: TrainingJobSpec__Output, config: LoadedConfig): string {
  return checkpoint?.resume || (config.value["resume"] === true ? "Auto" : "Never");
}
