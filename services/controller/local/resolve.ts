import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import { nearestPosition } from "#lib/config/value.ts";
import { localPath } from "#lib/model/location.ts";
import type { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { loadJobConfig, portableConfig } from "#lib/host/files/job-config.ts";
import type { ConfigRequest } from "#lib/host/files/job-config.ts";
import type { TrainRequest } from "#lib/jobs/command-line.ts";
import { resumeOf } from "#lib/jobs/job-spec.ts";
import { checkMachineJob, continuationOf, DEFAULT_MAX_RESTARTS } from "#lib/jobs/machine-job.ts";
import { checkJobName, nameLike, runName } from "#lib/jobs/names.ts";
import { resolveJob } from "#lib/jobs/resolved-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { ConfigSource, TrainingJob } from "#lib/jobs/training-job.ts";
import { requestedJob } from "#lib/rpc/job-from-message.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { checkStartingWeights, resumePoint } from "#lib/store/start-weights.ts";
import type { Reach } from "./reach.ts";

/** What a job comes to on this machine: its config and its folders. */
export interface ResolvedRun extends Pick<ResolvedJob, "configName" | "configText" | "validates" | "loadFrom"> {
  readonly config: LoadedConfig;
  /** `work_dirs/<config>`: what all runs of the config share. */
  readonly workDir: string;
  /** `work_dirs/<config>/<time>`: where this run writes, unless that is taken. */
  readonly runDir: string;
  readonly resumeFrom: string | undefined;
  /** What a person asks for to continue this job, given the folder in which it ran. */
  readonly continuation: (runDir: string) => TrainRequest;
  /** Lines for the log: what was passed over, what a user should know. */
  readonly warnings: readonly string[];
}

/** A checked job, ready to run. */
export interface MachineJob {
  readonly job: TrainingJob;
  readonly run: ResolvedRun;
}

export interface ResolveOptions {
  /** Folder that relative paths start from. */
  readonly root: string;
  readonly reach: Reach;
}

/** Checks a request and resolves everything in it. Throws before anything was started or written. */
export async function resolveRequest(
  request: CreateTrainingJobRequest__Output,
  { root, reach }: ResolveOptions,
): Promise<MachineJob> {
  const { metadata, spec } = requestedJob(request, DEFAULT_MAX_RESTARTS);
  checkMachineJob({ spec });
  // The config is read at one go: where its place does not answer, only this call may wait.
  if (spec.config.path) await stat(reach.reads.named(spec.config.path)).catch(() => undefined);
  const { configName, config, source } = loadJobConfig(configRequest(spec.config), reach.config);
  const resolved = resolveJob({ name: configName, config });
  const createTime = new Date();
  const uid = randomUUID();
  const name = checkJobName(metadata.name || `${nameLike(configName)}-${uid.slice(0, 5)}`);
  const workDir = resolve(root, spec.workDir ?? resolved.workDir ?? join("work_dirs", configName));
  admit(reach.writes, workDir, config, spec.workDir ? "" : "work_dir");
  const resume = resumeOf(spec, resolved);
  if (resume !== "Auto" && resume !== "Never") reach.reads.reached(localPath(resume));
  const resumed = await resumePoint(resume, { workDir, maxEpochs: resolved.maxEpochs });
  if (resumed.path) reach.reads.reached(localPath(resumed.path)); // a file of the work dir may have named it
  const loadFrom = spec.loadFrom ?? resolved.loadFrom;
  if (loadFrom) admit(reach.reads, loadFrom, config, spec.loadFrom ? "" : "load_from");
  if (resolved.pretrained) admit(reach.reads, resolved.pretrained, config, "model.backbone.init_cfg.checkpoint");
  if (!resumed.path) await checkStartingWeights(config, { loadFrom, pretrained: resolved.pretrained });
  const run = {
    ...resolved,
    config,
    workDir,
    runDir: join(workDir, runName(createTime)),
    resumeFrom: resumed.path,
    loadFrom,
    continuation: (runDir: string): TrainRequest =>
      continuationOf(spec, resume, { source, written: join(runDir, `${configName}.py`) }),
    warnings: [...config.warnings, ...(resolved.warnings ?? []), ...resumed.warnings],
  };
  const born = { uid, creationTimestamp: createTime.toISOString(), generation: 1 };
  return { job: { metadata: { ...metadata, name, ...born }, spec }, run };
}

/** Refuses a place that callers do not reach; what stands at `key` of the config is told of where it stands. */
function admit(folders: AllowedFolders, place: string, { positions }: LoadedConfig, key: string): void {
  try {
    folders.reached(localPath(place));
  } catch (thrown) {
    const { code, message, hint } = PetageError.from(thrown);
    const position = key ? nearestPosition(positions, key) : undefined;
    throw new PetageError(code, message, {
      cause: thrown,
      ...(position && { position }),
      ...(hint !== undefined && { hint }),
    });
  }
}

function configRequest(config: ConfigSource): ConfigRequest {
  const { path, cfgOptions: options = [] } = config;
  const request = path ? { path, options } : portableConfig(config);
  if (request) return request;
  throw new PetageError("INVALID_ARGUMENT", "spec.config names no config", {
    hint: "Set one of path (a file), name (a config that comes with petage) and text",
  });
}
