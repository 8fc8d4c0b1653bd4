import type {
  CheckpointStatus,
  Condition,
  FailureStatus,
  ProgressStatus,
  TrainingJobObject,
  TrainingJobSpec,
  TrainingJobStatus,
} from "#lib/k8s/job/training-job.ts";
import { durationMs, durationOf, timestampOf } from "#lib/rpc/time.ts";
import type { FailureAction } from "#proto/petage/v1/FailureAction.ts";
import type { ResourceRequirements } from "#proto/petage/v1/ResourceRequirements.ts";
import type { Condition as ConditionMessage } from "#proto/petage/v1/Condition.ts";
import type { TrainingJob, TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import type { Checkpoint } from "#proto/petage/v1/Checkpoint.ts";
import type { WorkerFailure } from "#proto/petage/v1/WorkerFailure.ts";
import type { TrainingProgress } from "#proto/petage/v1/TrainingProgress.ts";
import type { TrainingJobSpec as SpecMessage, TrainingJobSpec__Output } from "#proto/petage/v1/TrainingJobSpec.ts";
import type { TrainingJobStatus as StatusMessage } from "#proto/petage/v1/TrainingJobStatus.ts";

// One job in two languages: the resource, and the message of the gRPC API.

type RuleAction = "Restart" | "RestartIgnoringLimit" | "FailJob";

const ACTIONS: Readonly<Record<RuleAction, FailureAction>> = {
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
  Stopping: "TRAINING_JOB_PHASE_RUNNING", // as on one machine, until it is where it is going
  Restarting: "TRAINING_JOB_PHASE_RESTARTING",
  Suspended: "TRAINING_JOB_PHASE_SUSPENDED",
  Evaluating: "TRAINING_JOB_PHASE_EVALUATING",
  Succeeded: "TRAINING_JOB_PHASE_SUCCEEDED",
  Failed: "TRAINING_JOB_PHASE_FAILED",
  Cancelled: "TRAINING_JOB_PHASE_CANCELLED",
};

export interface NewJob {
  readonly namespace: string;
  readonly name: string;
  /** Restarts allowed where the request does not say. */
  readonly maxRestarts: number;
}

/** The resource that a request asks for. */
export function manifestOf(
  { metadata, spec }: TrainingJob__Output,
  { namespace, name, maxRestarts }: NewJob,
): TrainingJobObject {
  return {
    apiVersion: "petage.dev/v1alpha1",
    kind: "TrainingJob",
    metadata: { name, namespace, labels: metadata?.labels ?? {} },
    spec: specOf(spec as TrainingJobSpec__Output, maxRestarts),
  };
}

function specOf(spec: TrainingJobSpec__Output, maxRestarts: number): TrainingJobSpec {
  const { gpu, resources, checkpoint, failurePolicy, runPolicy } = spec;
  const { text, name, fileName, cfgOptions = [] } = spec.config ?? {};
  const deadlineMs = durationMs(runPolicy?.activeDeadline);
  const ttlMs = durationMs(runPolicy?.ttlAfterFinished);
  const rules = (failurePolicy?.rules ?? []).map(({ exitCodes, action }) => ({
    ...(exitCodes.length > 0 && { exitCodes }),
    action: (Object.keys(ACTIONS) as RuleAction[]).find((word) => ACTIONS[word] === action) ?? ("Restart" as const),
  }));
  return {
    ...(spec.image && { image: spec.image }),
    workers: spec.workers || 1,
    config: {
      ...(text ? { inline: text, ...(fileName && { fileName }) } : { name: name ?? "" }),
      ...(cfgOptions.length > 0 && { cfgOptions }),
    },
    ...(gpu && {
      gpu: {
        ...(gpu.resourceName && { resourceName: gpu.resourceName }),
        ...(gpu.count && { count: gpu.count }),
        ...(gpu.product && { product: gpu.product }),
      },
    }),
    ...(resources && { resources: { requests: resources.requests, limits: resources.limits } }),
    ...(spec.workDir && { workDir: spec.workDir }),
    ...(spec.loadFrom && { loadFrom: spec.loadFrom }),
    checkpoint: {
      ...(checkpoint?.resume && { resume: checkpoint.resume }),
      ...(checkpoint?.everySteps && { everySteps: checkpoint.everySteps }),
      ...(checkpoint?.keepLast && { keepLast: checkpoint.keepLast }),
    },
    failurePolicy: { maxRestarts: failurePolicy?.maxRestarts ?? maxRestarts, ...(rules.length > 0 && { rules }) },
    runPolicy: {
      suspend: runPolicy?.suspend ?? false,
      ...(deadlineMs !== undefined && { activeDeadlineSeconds: Math.ceil(deadlineMs / 1000) }),
      ...(ttlMs !== undefined && { ttlSecondsAfterFinished: Math.ceil(ttlMs / 1000) }),
    },
  };
}

/** A job of the cluster as the API shows it. */
export function jobMessage({ metadata, spec, status }: TrainingJobObject): TrainingJob {
  const { name, uid = "", labels = {}, creationTimestamp, generation = 1 } = metadata;
  return {
    metadata: { name, uid, labels: { ...labels }, generation, ...time("createTime", creationTimestamp) },
    spec: specMessage(spec),
    ...(status ? { status: statusMessage(status) } : { status: { phase: "TRAINING_JOB_PHASE_PENDING" } }),
  };
}

function specMessage(spec: TrainingJobSpec): SpecMessage {
  const { config, gpu, checkpoint, failurePolicy, runPolicy } = spec;
  const { inline, name, configMapRef, fileName, cfgOptions = [] } = config;
  const source = inline === undefined ? { name: name ?? `configmap/${configMapRef?.name}` } : { text: inline };
  return {
    image: spec.image ?? "",
    workers: spec.workers ?? 1,
    ...(gpu && { gpu: { resourceName: gpu.resourceName ?? "", count: gpu.count ?? 1, product: gpu.product ?? "" } }),
    ...(spec.resources && { resources: resourcesMessage(spec.resources) }),
    config: { ...source, fileName: fileName ?? "", cfgOptions: [...cfgOptions] },
    workDir: spec.workDir ?? "",
    loadFrom: spec.loadFrom ?? "",
    ...(checkpoint && { checkpoint }),
    ...(failurePolicy && {
      failurePolicy: {
        ...(failurePolicy.maxRestarts !== undefined && { maxRestarts: failurePolicy.maxRestarts }),
        rules: (failurePolicy.rules ?? []).map(({ exitCodes = [], action }) => ({
          exitCodes: [...exitCodes],
          action: ACTIONS[action],
        })),
      },
    }),
    ...(runPolicy && {
      runPolicy: {
        suspend: runPolicy.suspend ?? false,
        ...duration("activeDeadline", runPolicy.activeDeadlineSeconds),
        ...duration("ttlAfterFinished", runPolicy.ttlSecondsAfterFinished),
      },
    }),
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
