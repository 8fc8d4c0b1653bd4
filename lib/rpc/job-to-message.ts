import type {
  CheckpointStatus,
  Condition,
  FailureRuleAction,
  FailureStatus,
  ProgressStatus,
  TrainingJob,
  TrainingJobSpec,
  TrainingJobStatus,
} from "#lib/jobs/training-job.ts";
import type { Checkpoint } from "#proto/petage/v1/Checkpoint.ts";
import type { Condition as ConditionMessage } from "#proto/petage/v1/Condition.ts";
import type { FailureAction } from "#proto/petage/v1/FailureAction.ts";
import type { ResourceRequirements } from "#proto/petage/v1/ResourceRequirements.ts";
import type { TrainingJob as JobMessage } from "#proto/petage/v1/TrainingJob.ts";
import type { TrainingJobSpec as SpecMessage } from "#proto/petage/v1/TrainingJobSpec.ts";
import type { TrainingJobStatus as StatusMessage } from "#proto/petage/v1/TrainingJobStatus.ts";
import type { TrainingProgress } from "#proto/petage/v1/TrainingProgress.ts";
import type { WorkerFailure } from "#proto/petage/v1/WorkerFailure.ts";
import { durationOf, timestampOf } from "./time.ts";

// A job as the message of the gRPC API; job-from-message.ts leads back.

export const ACTIONS: Readonly<Record<FailureRuleAction, FailureAction>> = {
  Restart: "FAILURE_ACTION_RESTART",
  RestartIgnoringLimit: "FAILURE_ACTION_RESTART_IGNORING_LIMIT",
  FailJob: "FAILURE_ACTION_FAIL_JOB",
};

const PHASES: Readonly<Record<string, NonNullable<StatusMessage["phase"]>>> = {
  Pending: "TRAINING_JOB_PHASE_PENDING",
  Queued: "TRAINING_JOB_PHASE_QUEUED",
  Scheduling: "TRAINING_JOB_PHASE_SCHEDULING",
  Starting: "TRAINING_JOB_PHASE_STARTING",
  Running: "TRAINING_JOB_PHASE_RUNNING",
  Stopping: "TRAINING_JOB_PHASE_RUNNING", // the API has no word for it
  Restarting: "TRAINING_JOB_PHASE_RESTARTING",
  Suspended: "TRAINING_JOB_PHASE_SUSPENDED",
  Succeeded: "TRAINING_JOB_PHASE_SUCCEEDED",
  Failed: "TRAINING_JOB_PHASE_FAILED",
  Cancelled: "TRAINING_JOB_PHASE_CANCELLED",
};

/** A job as the API shows it. */
export function jobMessage({ metadata, spec, status }: TrainingJob): JobMessage {
  const { name, uid = "", labels = {}, creationTimestamp, generation = 1 } = metadata;
  return {
    metadata: { name, uid, labels: { ...labels }, generation, ...time("createTime", creationTimestamp) },
    spec: specMessage(spec),
    ...(status ? { status: statusMessage(status) } : { status: { phase: "TRAINING_JOB_PHASE_PENDING" } }),
  };
}

function gpuMessage(gpu: NonNullable<TrainingJobSpec["gpu"]>): NonNullable<SpecMessage["gpu"]> {
  const { resourceName = "", resourceClaimTemplateName = "", count = 1, product = "" } = gpu;
  return { resourceName, resourceClaimTemplateName, count, product };
}

/** A job as a request asks for it. */
export function specMessage(spec: TrainingJobSpec): SpecMessage {
  const { gpu, resources, checkpoint, failurePolicy, runPolicy, image = "", workers = 1, workDir = "" } = spec;
  const { loadFrom = "" } = spec;
  return {
    image,
    workers,
    workDir,
    loadFrom,
    config: configMessage(spec.config),
    ...(gpu && { gpu: gpuMessage(gpu) }),
    ...(resources && { resources: resourcesMessage(resources) }),
    ...(checkpoint && { checkpoint }),
    ...(failurePolicy && { failurePolicy: failurePolicyMessage(failurePolicy) }),
    ...(runPolicy && {
      runPolicy: {
        suspend: runPolicy.suspend ?? false,
        ...duration("activeDeadline", runPolicy.activeDeadlineSeconds),
        ...duration("ttlAfterFinished", runPolicy.ttlSecondsAfterFinished),
      },
    }),
  };
}

function configMessage(config: TrainingJobSpec["config"]): NonNullable<SpecMessage["config"]> {
  const { inline, path, name, configMapRef, fileName = "", cfgOptions = [] } = config;
  const other = path === undefined ? { name: name ?? `configmap/${configMapRef?.name}` } : { path };
  const source = inline === undefined ? other : { text: inline };
  return { ...source, fileName, cfgOptions: [...cfgOptions] };
}

function failurePolicyMessage({
  maxRestarts,
  natsOutageSeconds,
  rules = [],
}: NonNullable<TrainingJobSpec["failurePolicy"]>): NonNullable<SpecMessage["failurePolicy"]> {
  return {
    ...(maxRestarts !== undefined && { maxRestarts }),
    ...duration("natsOutage", natsOutageSeconds),
    // A rule that asks for conditions of pods, which the message has not, would match any failure without them.
    rules: rules
      .filter(({ podConditions = [] }) => podConditions.length === 0)
      .map(({ exitCodes = [], action }) => ({ exitCodes: [...exitCodes], action: ACTIONS[action] })),
  };
}

function resourcesMessage({
  requests = {},
  limits = {},
}: NonNullable<TrainingJobSpec["resources"]>): ResourceRequirements {
  const texts = (quantities: Readonly<Record<string, string | number>>): Record<string, string> =>
    Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));
  return { requests: texts(requests), limits: texts(limits) };
}

function statusMessage(status: TrainingJobStatus): StatusMessage {
  const { observedGeneration = 0, phase = "Pending", message = "", attempt = 0, restarts = 0, workDir = "" } = status;
  const { workers, progress, lastCheckpoint, lastFailure, result, conditions = [] } = status;
  return {
    observedGeneration,
    phase: PHASES[phase] ?? "TRAINING_JOB_PHASE_UNSPECIFIED",
    message,
    conditions: conditions.map(conditionMessage),
    attempt,
    restarts,
    workDir,
    ...(workers && { workers }),
    ...time("startTime", status.startTime),
    ...time("completionTime", status.completionTime),
    ...(lastCheckpoint && { lastCheckpoint: checkpointMessage(lastCheckpoint) }),
    ...(progress && { progress: progressMessage(progress) }),
    ...(lastFailure && { lastFailure: failureMessage(lastFailure) }),
    ...(result && { result: { modelUri: result.published ?? result.modelUri, metrics: { ...result.metrics } } }),
  };
}

function failureMessage({ time: at, ...same }: FailureStatus): WorkerFailure {
  return { ...same, ...time("time", at) };
}

function checkpointMessage({ time: at, ...same }: CheckpointStatus): Checkpoint {
  return { ...same, ...time("createTime", at) };
}

function progressMessage({ etaSeconds, updateTime, validationMetrics, ...same }: ProgressStatus): TrainingProgress {
  return {
    ...same,
    validationMetrics: { ...validationMetrics },
    ...duration("eta", etaSeconds),
    ...time("updateTime", updateTime),
  };
}

function conditionMessage({ lastTransitionTime, ...condition }: Condition): ConditionMessage {
  return { ...condition, ...time("lastTransitionTime", lastTransitionTime) };
}

type Times<Key extends string> = { [K in Key]?: ReturnType<typeof timestampOf> };

function time<Key extends string>(key: Key, text: string | undefined): Times<Key> {
  return (text === undefined ? {} : { [key]: timestampOf(new Date(text)) }) as Times<Key>;
}

function duration<Key extends string>(key: Key, seconds: number | undefined): Times<Key> {
  return (seconds === undefined ? {} : { [key]: durationOf(seconds * 1000) }) as Times<Key>;
}
