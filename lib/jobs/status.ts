import { isoTime, parseIsoTime } from "#lib/base/iso-time.ts";
import { compact } from "#lib/base/compact.ts";
import { conditionsOf, MAX_MESSAGE_CHARACTERS, REASON_OF } from "./conditions.ts";
import type { Facts } from "./facts.ts";
import { INITIAL_STATUS, isTerminal, workerId, workerOfId } from "./job-state.ts";
import type { Ending, Failure, Instant, JobStatus, ObservedWorker, Phase } from "./job-state.ts";
import type { FailureStatus, TrainingJob, TrainingJobStatus } from "./training-job.ts";

export interface StatusContext {
  readonly job: TrainingJob;
  readonly status: JobStatus;
  readonly workers: readonly ObservedWorker[];
  readonly facts: Facts;
  /** Undefined as long as the config is not known. */
  readonly runDir: string | undefined;
  readonly now: Instant;
}

/** The plan's status out of the resource's, where it is kept between two passes. */
export function readStatus({ metadata, status = {} }: TrainingJob): JobStatus {
  const { control = {}, lastFailure } = status;
  const condition = status.conditions?.find(({ type }) => type === REASON_OF);
  return {
    phase: (status.phase as Phase | undefined) ?? INITIAL_STATUS.phase,
    reason: condition?.reason ?? INITIAL_STATUS.reason,
    message: status.message ?? INITIAL_STATUS.message,
    attempt: status.attempt ?? 0,
    workers: control.size ?? 0,
    sizedFor: control.sizedFor ?? 0,
    nextWorkers: control.nextSize ?? null,
    created: status.allPodsCreatedTime !== undefined,
    restarts: status.restarts ?? 0,
    restartsIgnored: status.restartsIgnored ?? 0,
    resumedStep: control.resumedStep ?? 0,
    nextRetryTime: instantOf(status.nextRetryTime),
    startTime: instantOf(status.startTime),
    attemptTime: instantOf(control.attemptTime),
    heldSince: instantOf(control.heldTime),
    completionTime: instantOf(status.completionTime),
    lastFailure: lastFailure ? readFailure(metadata.name, lastFailure) : null,
    ending: (control.ending as Ending | undefined) ?? null,
    nodeFailures: control.nodeFailures ?? {},
    gangIgnored: control.gangIgnored ?? false,
  };
}

function instantOf(time: string | undefined): Instant | null {
  return time === undefined ? null : parseIsoTime(time);
}

function readFailure(job: string, failure: FailureStatus): Failure {
  const { node, exitCode = null, signal = null, reason, message, time } = failure;
  const worker = workerOfId(job, failure.worker);
  const exit = {
    code: exitCode,
    signal,
    at: parseIsoTime(time),
    message: "",
    reason,
    ...(node !== undefined && { node }),
  };
  return { worker, exit, reason, message };
}

/** The status for the current state. A timestamp keeps the value of the first status with the same content. */
export function writeStatus({ job, status, workers, facts, runDir, now }: StatusContext): TrainingJobStatus {
  const { name, generation = 1 } = job.metadata;
  const earlier = job.status ?? {};
  const trainers = workers.filter(({ role, attempt }) => role === "trainer" && attempt === status.attempt);
  const count = (test: (worker: ObservedWorker) => boolean): number => trainers.filter(test).length;
  const ready = count(({ process }) => process.state === "ready");
  const ended = (well: boolean): number =>
    count(({ process }) => process.state === "exited" && (process.exit.code === 0) === well);
  const desired = job.spec.workers ?? 1;
  const created = status.created ? (earlier.allPodsCreatedTime ?? timeOf(now)) : undefined;
  return compact({
    observedGeneration: generation,
    phase: status.phase,
    message: status.message,
    conditions: conditionsOf({ status, earlier: earlier.conditions ?? [], now, generation }),
    attempt: status.attempt,
    restarts: status.restarts,
    restartsIgnored: status.restartsIgnored || undefined,
    nextRetryTime: timeOf(status.nextRetryTime),
    startTime: timeOf(status.startTime),
    completionTime: timeOf(status.completionTime),
    allPodsCreatedTime: created,
    workDir: runDir,
    workers: {
      desired,
      created: trainers.length,
      ready,
      succeeded: ended(true),
      failed: ended(false),
      summary: `${ready}/${desired}`,
    },
    lastCheckpoint: facts.lastCheckpoint,
    progress: facts.progress,
    lastFailure: status.lastFailure ? failureStatus(name, status.lastFailure) : undefined,
    result: status.phase === "Succeeded" ? facts.result : undefined,
    control: isTerminal(status.phase) ? undefined : controlOf(status),
  });
}

function timeOf(instant: Instant | null): string | undefined {
  return instant === null ? undefined : isoTime(instant);
}

function controlOf(status: JobStatus): TrainingJobStatus["control"] {
  const { workers, sizedFor, nextWorkers, resumedStep, attemptTime, heldSince, ending, nodeFailures, gangIgnored } =
    status;
  return compact({
    size: workers || undefined,
    sizedFor: sizedFor || undefined,
    nextSize: nextWorkers ?? undefined,
    resumedStep: resumedStep || undefined,
    attemptTime: timeOf(attemptTime),
    heldTime: timeOf(heldSince),
    ending: ending ?? undefined,
    nodeFailures: Object.keys(nodeFailures).length > 0 ? nodeFailures : undefined,
    gangIgnored: gangIgnored || undefined,
  });
}

function failureStatus(job: string, { worker, exit, reason, message }: Failure): FailureStatus {
  return compact({
    worker: workerId(job, worker),
    rank: worker.role === "trainer" ? worker.rank : undefined,
    node: exit.node,
    exitCode: exit.code ?? undefined,
    signal: exit.signal ?? undefined,
    reason,
    message: message.slice(0, MAX_MESSAGE_CHARACTERS),
    time: isoTime(exit.at),
  });
}
