import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { LoadedConfig } from "#lib/config/load.ts";
import type { TrainWish } from "#lib/jobs/command-line.ts";
import type { ConfigSource, TrainingJob } from "#lib/jobs/training-job.ts";
import { jobOf } from "#lib/rpc/job-from-message.ts";
import { modelSettings, runSettings } from "#lib/train/settings.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { loadJobConfig, nameLike } from "#lib/host/job-config.ts";
import type { ConfigWish } from "#lib/host/job-config.ts";
import { checkStartingWeights, resumePoint } from "./start-weights.ts";

/** What a job comes to on this machine: its config and its folders. */
export interface ResolvedRun {
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

/** A checked job, ready to run. */
export interface ResolvedJob {
  readonly job: TrainingJob;
  readonly run: ResolvedRun;
}

const MAX_WORKERS = 1024;
const NAME = /^[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** Checks a request and resolves everything in it. Throws before anything was started or written. */
export async function resolveRun(request: CreateTrainingJobRequest__Output, root: string): Promise<ResolvedJob> {
  const { metadata, spec } = asked(request);
  // The config is read at one go: where its place does not answer, only this call may wait.
  if (spec.config.path) await stat(spec.config.path).catch(() => undefined);
  const { configName, config, source } = loadJobConfig(configWish(spec.config));
  const { validation, maxEpochs } = runSettings(config); // errors in the config are the user's answer now, not a crash later
  const { pretrained } = modelSettings(config);
  const createTime = new Date();
  const uid = randomUUID();
  const name = checkName(metadata.name || `${nameLike(configName)}-${uid.slice(0, 5)}`);
  const workDir = resolve(root, spec.workDir ?? stringOf(config, "work_dir") ?? join("work_dirs", configName));
  const wish = spec.checkpoint?.resume ?? (config.value["resume"] === true ? "Auto" : "Never");
  const resumed = await resumePoint(wish, { workDir, maxEpochs });
  const loadFrom = spec.loadFrom ?? stringOf(config, "load_from");
  if (!resumed.path) await checkStartingWeights(config, { loadFrom, pretrained: pretrained?.checkpoint });
  const run = {
    configName,
    config,
    validates: validation !== undefined,
    workDir,
    runDir: join(workDir, timestamp(createTime)),
    resumeFrom: resumed.path,
    loadFrom,
    continuation: (runDir: string): TrainWish => ({
      ...configAgain(spec.config, { source, written: join(runDir, `${configName}.py`) }),
      workers: spec.workers ?? 1,
      workDir: spec.workDir,
      loadFrom: spec.loadFrom,
      resume: wish === "Auto" || wish === "Never" ? true : wish,
    }),
    warnings: [...config.warnings, ...resumed.warnings],
  };
  const born = { uid, creationTimestamp: createTime.toISOString(), generation: 1 };
  return { job: { metadata: { ...metadata, name, ...born }, spec }, run };
}

function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new PetageError(
    "INVALID_ARGUMENT",
    `metadata.name is ${JSON.stringify(name)}, expected a-z, 0-9 and '-', at most 45`,
  );
}

/** What came as text is a file in the run's folder, overrides and all. */
function configAgain(
  { inline, cfgOptions = [] }: ConfigSource,
  { source, written }: { readonly source: string; readonly written: string },
): Pick<TrainWish, "config" | "cfgOptions"> {
  return inline === undefined ? { config: source, cfgOptions } : { config: written, cfgOptions: [] };
}

/** Restarts allowed to jobs that do not say. */
const DEFAULT_MAX_RESTARTS = 0;

function asked({ job }: CreateTrainingJobRequest__Output): TrainingJob {
  if (!job?.spec) throw new PetageError("INVALID_ARGUMENT", "The request has no job.spec");
  const wanted = jobOf(job, DEFAULT_MAX_RESTARTS);
  if (wanted.spec.runPolicy?.suspend) {
    throw new PetageError("INVALID_ARGUMENT", "spec.run_policy.suspend is true, and only a cluster holds a job back", {
      hint: "Leave it out: here a job runs at once",
    });
  }
  const { workers = 1 } = wanted.spec;
  if (workers >= 1 && workers <= MAX_WORKERS) return wanted;
  throw new PetageError("INVALID_ARGUMENT", `spec.workers is ${workers}, expected 1 to ${MAX_WORKERS}`);
}

function configWish({
  path,
  name,
  inline,
  fileName = "config.py",
  cfgOptions: options = [],
}: ConfigSource): ConfigWish {
  if (path) return { path, options };
  if (name) return { name, options };
  if (inline) return { text: inline, fileName, options };
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
