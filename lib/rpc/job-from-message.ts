import { compact } from "#lib/base/compact.ts";
import { PetageError } from "#lib/base/errors.ts";
import { checkJobLimits } from "#lib/jobs/job-limits.ts";
import type {
  Condition,
  FailureRuleAction,
  FailureStatus,
  Retention,
  TrainingJob,
  TrainingJobSpec,
  TrainingJobStatus,
} from "#lib/jobs/training-job.ts";
import type { Timestamp__Output } from "#proto/google/protobuf/Timestamp.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { FailureRule__Output } from "#proto/petage/v1/FailureRule.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import type { TrainingJobSpec__Output } from "#proto/petage/v1/TrainingJobSpec.ts";
import type { TrainingJobStatus__Output } from "#proto/petage/v1/TrainingJobStatus.ts";
import { ACTIONS } from "./job-to-message.ts";
import { durationMs } from "./time.ts";

// A job out of the message of the gRPC API; job-to-message.ts leads back.

/** The job that a message is, or asks for. `maxRestarts` is for one that does not say. */
export function jobOf({ metadata, spec, status }: TrainingJob__Output, maxRestarts?: number): TrainingJob {
  const { name = "", uid = "", labels = {}, createTime, generation = 1 } = metadata ?? {};
  return {
    metadata: { name, uid, labels, generation, ...time("creationTimestamp", createTime) },
    spec: spec ? specOf(spec, maxRestarts) : { config: {} },
    ...(status && { status: statusOf(status) }),
  };
}

/** Longest `request_id`; a UUID has 36. */
const MAX_REQUEST_ID_CHARACTERS = 128;

/** The job that a request asks for. INVALID_ARGUMENT when there is none, or more is asked for than can be. */
export function requestedJob({ job, requestId }: CreateTrainingJobRequest__Output, maxRestarts: number): TrainingJob {
  if (requestId.length > MAX_REQUEST_ID_CHARACTERS) {
    const size = `${requestId.length} characters, expected at most ${MAX_REQUEST_ID_CHARACTERS}`;
    throw new PetageError("INVALID_ARGUMENT", `request_id has ${size}`);
  }
  if (!job?.spec) throw new PetageError("INVALID_ARGUMENT", "The request has no job.spec");
  const metadata = job.metadata && { ...job.metadata, createTime: null };
  const wanted = jobOf({ ...job, metadata, status: null }, maxRestarts); // the rest is for us to say
  checkJobLimits(wanted);
  return wanted;
}

function specOf(spec: TrainingJobSpec__Output, maxRestarts?: number): TrainingJobSpec {
  const { gpu, resources, checkpoint, failurePolicy, runPolicy, image, workDir, loadFrom } = spec;
  const { text, name, path, fileName, cfgOptions } = spec.config ?? {};
  const rules = (failurePolicy?.rules ?? []).map(ruleOf);
  return {
    ...given({ image, workDir, loadFrom }),
    workers: spec.workers || 1,
    config: { ...(text ? given({ inline: text, fileName }) : given({ name, path })), ...given({ cfgOptions }) },
    ...(gpu && { gpu: given({ ...gpu }) }),
    ...(resources && { resources: { requests: resources.requests, limits: resources.limits } }),
    checkpoint: given({ ...checkpoint, retain: checkpoint?.retain as Retention | undefined }), // checked with its limits
    failurePolicy: {
      ...compact({ maxRestarts: failurePolicy?.maxRestarts ?? maxRestarts }),
      ...given({ rules, natsOutageSeconds: Math.ceil((durationMs(failurePolicy?.natsOutage) ?? 0) / 1000) }),
    },
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
  const word = (Object.keys(ACTIONS) as FailureRuleAction[]).find((candidate) => ACTIONS[candidate] === action);
  return { ...given({ exitCodes }), action: word ?? "Restart" };
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** What was set of a message: proto3 has no word for "not set" but "", 0 and an empty list. */
function given<T extends object>(fields: T): Given<T> {
  const isSet = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "" && value !== 0;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value))) as Given<T>;
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
