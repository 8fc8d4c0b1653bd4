import { PetageError } from "#lib/base/errors.ts";
import type { Condition, FailureStatus, TrainingJobObject, TrainingJobStatus } from "#lib/k8s/job/training-job.ts";
import { durationMs, durationOf } from "#lib/rpc/time.ts";
import type { Timestamp__Output } from "#proto/google/protobuf/Timestamp.ts";
import type { FailureAction } from "#proto/petage/v1/FailureAction.ts";
import type { TrainingJob, TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import type { TrainingJobSpec, TrainingJobSpec__Output } from "#proto/petage/v1/TrainingJobSpec.ts";
import type { TrainingJobStatus__Output } from "#proto/petage/v1/TrainingJobStatus.ts";
import type { JobManifest } from "./job-api.ts";

// One job in two languages: the resource of Kubernetes, which people read and write, and the message of the gRPC API.

type FailureRuleAction = "Restart" | "RestartIgnoringLimit" | "FailJob";

const ACTIONS: Readonly<Record<FailureRuleAction, FailureAction>> = {
  Restart: "FAILURE_ACTION_RESTART",
  RestartIgnoringLimit: "FAILURE_ACTION_RESTART_IGNORING_LIMIT",
  FailJob: "FAILURE_ACTION_FAIL_JOB",
};

/** What the message does not have: only a cluster heeds it. */
const CLUSTER_ONLY = [
  "elastic",
  "dataLoader",
  "evaluator",
  "dataset",
  "schedulingPolicy",
  "publish",
  "podTemplate",
] as const;

/** The fields of a manifest that its message leaves out: `spec.publish`. */
export function clusterOnlyFields({ spec }: JobManifest): string[] {
  return CLUSTER_ONLY.filter((field) => spec[field] !== undefined).map((field) => `spec.${field}`);
}

/** A manifest as the message that asks for it. @throws INVALID_ARGUMENT where its config is a ConfigMap */
export function toMessage({ metadata, spec }: JobManifest): TrainingJob {
  return { metadata: { name: metadata.name, labels: { ...metadata.labels } }, spec: specMessage(spec, metadata.name) };
}

function specMessage(spec: TrainingJobObject["spec"], name: string): TrainingJobSpec {
  const { image, workers, gpu, resources, workDir, loadFrom, checkpoint, failurePolicy, runPolicy } = spec;
  return {
    image: image ?? "",
    workers: workers ?? 1,
    workDir: workDir ?? "",
    loadFrom: loadFrom ?? "",
    config: configMessage(spec, name),
    ...(gpu && { gpu }),
    ...(resources && { resources: { requests: texts(resources.requests), limits: texts(resources.limits) } }),
    ...(checkpoint && {
      checkpoint: {
        resume: checkpoint.resume ?? "",
        everySteps: checkpoint.everySteps ?? 0,
        keepLast: checkpoint.keepLast ?? 0,
      },
    }),
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
        ...(runPolicy.activeDeadlineSeconds !== undefined && {
          activeDeadline: durationOf(runPolicy.activeDeadlineSeconds * 1000),
        }),
        ...(runPolicy.ttlSecondsAfterFinished !== undefined && {
          ttlAfterFinished: durationOf(runPolicy.ttlSecondsAfterFinished * 1000),
        }),
      },
    }),
  };
}

function configMessage({ config }: TrainingJobObject["spec"], name: string): NonNullable<TrainingJobSpec["config"]> {
  const { inline, name: configName, fileName, cfgOptions = [] } = config;
  if (inline !== undefined) return { text: inline, fileName: fileName ?? "config.py", cfgOptions: [...cfgOptions] };
  if (configName !== undefined) return { name: configName, cfgOptions: [...cfgOptions] };
  throw new PetageError("INVALID_ARGUMENT", `TrainingJob ${name} names a ConfigMap that is not in the manifest`, {
    hint: "gRPC knows no ConfigMaps: put the text into config.inline, or the ConfigMap into the same file",
  });
}

function texts(quantities: Readonly<Record<string, string | number>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([name, value]) => [name, String(value)]));
}

/** The job of a message as the resource that it would be. */
export function fromMessage({ metadata, spec, status }: TrainingJob__Output): TrainingJobObject {
  const { name = "", uid = "", labels = {}, createTime, generation = 1 } = metadata ?? {};
  return {
    apiVersion: "petage.dev/v1alpha1",
    kind: "TrainingJob",
    metadata: { name, uid, labels, generation, ...time("creationTimestamp", createTime) },
    spec: specOf(spec),
    ...(status && { status: statusOf(status) }),
  };
}

function specOf(spec: TrainingJobSpec__Output | null | undefined): TrainingJobObject["spec"] {
  const { text, path, name, fileName, cfgOptions = [] } = spec?.config ?? {};
  const source = text ? { inline: text, fileName: fileName ?? "" } : { name: name ?? path ?? "" };
  return {
    workers: spec?.workers ?? 1,
    config: { ...source, ...(cfgOptions.length > 0 && { cfgOptions }) },
    ...(spec?.gpu && { gpu: spec.gpu }),
    ...(spec?.workDir && { workDir: spec.workDir }),
    ...(spec?.loadFrom && { loadFrom: spec.loadFrom }),
    ...(spec?.checkpoint?.resume && { checkpoint: { resume: spec.checkpoint.resume } }),
  };
}

function statusOf(status: TrainingJobStatus__Output): TrainingJobStatus {
  const { observedGeneration, message, attempt, restarts, workDir, progress, lastCheckpoint, result } = status;
  return {
    observedGeneration,
    phase: phaseWord(status.phase),
    message,
    attempt,
    restarts,
    workDir,
    conditions: status.conditions.map(({ lastTransitionTime, ...condition }) => ({
      ...condition,
      status: condition.status as Condition["status"],
      lastTransitionTime: timeText(lastTransitionTime) ?? "",
    })),
    ...time("startTime", status.startTime),
    ...time("completionTime", status.completionTime),
    ...(status.workers && { workers: status.workers }),
    ...(progress && { progress: progressOf(progress) }),
    ...(lastCheckpoint && { lastCheckpoint: { ...lastCheckpoint, ...time("time", lastCheckpoint.createTime) } }),
    ...(status.lastFailure && { lastFailure: failureOf(status.lastFailure) }),
    ...(result && { result }),
  };
}

/** `Running` of `TRAINING_JOB_PHASE_RUNNING`. */
function phaseWord(phase: string): string {
  const word = phase.replace("TRAINING_JOB_PHASE_", "").toLowerCase();
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function progressOf(
  progress: NonNullable<TrainingJobStatus__Output["progress"]>,
): NonNullable<TrainingJobStatus["progress"]> {
  const { eta, updateTime, iteration: _iteration, iterationsPerEpoch: _perEpoch, valMaeMonths, ...same } = progress;
  return {
    ...same,
    ...(valMaeMonths !== undefined && { valMaeMonths }),
    etaSeconds: (durationMs(eta) ?? 0) / 1000,
    ...time("updateTime", updateTime),
  };
}

function failureOf(failure: NonNullable<TrainingJobStatus__Output["lastFailure"]>): FailureStatus {
  const { worker, rank, node, exitCode, signal, reason, message } = failure;
  return {
    worker,
    reason,
    message,
    time: timeText(failure.time) ?? "",
    ...(rank !== undefined && { rank }),
    ...(exitCode !== undefined && { exitCode }),
    ...(node && { node }),
    ...(signal && { signal }),
  };
}

function time<Key extends string>(key: Key, value: Timestamp__Output | null | undefined): { [K in Key]?: string } {
  const text = timeText(value);
  return (text === undefined ? {} : { [key]: text }) as { [K in Key]?: string };
}

/** RFC 3339, to the second, as Kubernetes writes times. */
function timeText(value: Timestamp__Output | null | undefined): string | undefined {
  return value ? new Date(value.seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z") : undefined;
}
