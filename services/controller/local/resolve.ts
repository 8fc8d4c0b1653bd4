import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { dumpPython } from "#lib/config/print/dump.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import { nearestPosition } from "#lib/config/value.ts";
import { localPath } from "#lib/model/location.ts";
import type { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { loadJobConfig, portableConfig } from "#lib/host/files/job-config.ts";
import type { ConfigRequest } from "#lib/host/files/job-config.ts";
import { resumeOf } from "#lib/jobs/job-spec.ts";
import { checkMachineJob, DEFAULT_MAX_RESTARTS } from "#lib/jobs/machine-job.ts";
import { checkJobName, nameLike, runName } from "#lib/jobs/names.ts";
import { resolveJob } from "#lib/jobs/resolved-job.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { ConfigSource, TrainingJob } from "#lib/jobs/training-job.ts";
import { requestedJob } from "#lib/rpc/job-from-message.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import { checkStartingWeights, resumePoint } from "#lib/store/start-weights.ts";
import type { Reach } from "./reach.ts";

/** What a job comes to on this machine: its config and its folders; plain data, which crosses threads. */
export interface ResolvedRun extends Pick<ResolvedJob, "configName" | "configText" | "validates" | "loadFrom"> {
  /** The resolved config, as people read it. */
  readonly python: string;
  /** What a person would write for the config on a command line. */
  readonly source: string;
  /** `checkpoint.resume`: Auto, Never or a checkpoint. */
  readonly resume: string;
  /** `work_dirs/<config>`: what all runs of the config share. */
  readonly workDir: string;
  /** `work_dirs/<config>/<time>`: where this run writes, unless that is taken. */
  readonly runDir: string;
  readonly resumeFrom: string | undefined;
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
  const { configName, config, source } = loadJobConfig(configRequest(spec.config), reach.config);
  const resolved = resolveJob({ name: configName, config });
  const createTime = new Date();
  const uid = randomUUID();
  const name = checkJobName(metadata.name || `${nameLike(configName)}-${uid.slice(0, 5)}`);
  const workDir = resolve(root, spec.workDir ?? resolved.workDir ?? join("work_dirs", configName));
  admit(reach.writes, workDir, config, spec.workDir ? "" : "work_dir");
  const resume = resumeOf(spec, resolved);
  if (resume !== "Auto" && resume !== "Never") reach.reads.reached(localPath(resume));
  const resumed = await resumePoint(resume, { workDir, maxEpochs: resolved.maxEpochs, config });
  if (resumed.path) reach.reads.reached(localPath(resumed.path)); // a file of the work dir may have named it
  const loadFrom = spec.loadFrom ?? resolved.loadFrom;
  if (loadFrom) admit(reach.reads, loadFrom, config, spec.loadFrom ? "" : "load_from");
  if (resolved.pretrained) admit(reach.reads, resolved.pretrained, config, "model.backbone.init_cfg.checkpoint");
  if (!resumed.path) await checkStartingWeights(config, { loadFrom, pretrained: resolved.pretrained });
  const run = {
    ...resolved,
    python: dumpPython(config.python),
    source,
    resume,
    workDir,
    runDir: join(workDir, runName(createTime)),
    resumeFrom: resumed.path,
    loadFrom,
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
    throw PetageError.from(thrown).retold({ position: key ? nearestPosition(positions, key) : undefined });
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
