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
import type { FailureRule__Output } from "#proto/petage/v1/FailureRule.ts";
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
  const { gpu, resources, checkpoint, failurePolicy, runPolicy, image, workDir, loadFrom } = spec;
  const { text, name, fileName, cfgOptions } = spec.config ?? {};
  const rules = (failurePolicy?.rules ?? []).map(ruleOf);
  return {
    ...given({ image, workDir, loadFrom }),
    workers: spec.workers || 1,
    config: { ...(text ? given({ inline: text, fileName }) : { name: name ?? "" }), ...given({ cfgOptions }) },
    ...(gpu && { gpu: given({ resourceName: gpu.resourceName, count: gpu.count, product: gpu.product }) }),
    ...(resources && { resources: { requests: resources.requests, limits: resources.limits } }),
    checkpoint: given({ ...checkpoint }),
    failurePolicy: { maxRestarts: failurePolicy?.maxRestarts ?? maxRestarts, ...given({ rules }) },
    runPolicy: {
      suspend: runPolicy?.suspend ?? false,
      ...given({
        activeDeadlineSeconds: Math.ceil((durationMs(runPolicy?.activeDeadline) ?? 0) / 1000),
        ttlSecondsAfterFinished: Math.ceil((durationMs(runPolicy?.ttlAfterFinished) ?? 0) / 1000),
      }),
    },
  };
}

type Rule = NonNullable<NonNullable<TrainingJobSpec["failurePolicy"]>["rules"]>[number];

function ruleOf({ exitCodes, action }: FailureRule__Output): Rule {
  const word = (Object.keys(ACTIONS) as RuleAction[]).find((candidate) => ACTIONS[candidate] === action);
  return { ...given({ exitCodes }), action: word ?? "Restart" };
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** What was set of a message: proto3 has no word for "not set" but "", 0 and an empty list. */
function given<T extends object>(fields: T): Given<T> {
  const isSet = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "" && value !== 0;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value))) as Given<T>;
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
  const { gpu, resources, checkpoint, failurePolicy, runPolicy, image = "", workers = 1, workDir = "" } = spec;
  const { loadFrom = "" } = spec;
  return {
    image,
    workers,
    workDir,
    loadFrom,
    config: configMessage(spec.config),
    ...(gpu && { gpu: { resourceName: gpu.resourceName ?? "", count: gpu.count ?? 1, product: gpu.product ?? "" } }),
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
  const { inline, name, configMapRef, fileName = "", cfgOptions = [] } = config;
  const source = inline === undefined ? { name: name ?? `configmap/${configMapRef?.name}` } : { text: inline };
  return { ...source, fileName, cfgOptions: [...cfgOptions] };
}

function failurePolicyMessage({
  maxRestarts,
  rules = [],
}: NonNullable<TrainingJobSpec["failurePolicy"]>): NonNullable<SpecMessage["failurePolicy"]> {
  return {
    ...(maxRestarts !== undefined && { maxRestarts }),
    rules: rules.map(({ exitCodes = [], action }) => ({ exitCodes: [...exitCodes], action: ACTIONS[action] })),
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
