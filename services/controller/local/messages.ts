import { timestampOf } from "#lib/base/time.ts";
import { workerLabel } from "#lib/jobs/job-state.ts";
import type { JobStatus, Phase } from "#lib/jobs/job-state.ts";
import type { TrainingJob } from "#proto/petage/v1/TrainingJob.ts";
import type { TrainingJobStatus } from "#proto/petage/v1/TrainingJobStatus.ts";
import type { Condition } from "#proto/petage/v1/Condition.ts";
import type { Job } from "./job.ts";
import type { JobDefinition } from "./job-spec.ts";

/** A job that is stopping shows what it is on its way to. */
const PHASES: Readonly<Record<Exclude<Phase, "Stopping">, NonNullable<TrainingJobStatus["phase"]>>> = {
  Pending: "TRAINING_JOB_PHASE_PENDING",
  Scheduling: "TRAINING_JOB_PHASE_SCHEDULING",
  Starting: "TRAINING_JOB_PHASE_STARTING",
  Running: "TRAINING_JOB_PHASE_RUNNING",
  Restarting: "TRAINING_JOB_PHASE_RESTARTING",
  Suspended: "TRAINING_JOB_PHASE_SUSPENDED",
  Succeeded: "TRAINING_JOB_PHASE_SUCCEEDED",
  Failed: "TRAINING_JOB_PHASE_FAILED",
  Cancelled: "TRAINING_JOB_PHASE_CANCELLED",
};

export function jobMessage(job: Job): TrainingJob {
  return { ...definitionMessage(job.definition), status: statusMessage(job) };
}

/** A job as it would be: metadata and spec. */
export function definitionMessage({ name, uid, labels, createTime, spec, workers }: JobDefinition): TrainingJob {
  const metadata = { name, uid, labels: { ...labels }, createTime: timestampOf(createTime), generation: 1 };
  return { metadata, spec: { ...spec, workers } };
}

function statusMessage(job: Job): TrainingJobStatus {
  const { status, definition, measurements, workers } = job;
  const trainers = workers.filter(({ role, attempt }) => role === "trainer" && attempt === status.attempt);
  const count = (test: (worker: (typeof trainers)[number]) => boolean): number => trainers.filter(test).length;
  const ready = count(({ process }) => process.state === "ready");
  const exited = (ok: boolean): number =>
    count(({ process }) => process.state === "exited" && (process.exit.code === 0) === ok);
  return {
    observedGeneration: 1,
    phase: PHASES[status.phase === "Stopping" ? "Running" : status.phase],
    message: status.message,
    conditions: conditions(status, definition.createTime),
    attempt: status.attempt,
    restarts: status.restarts,
    workers: {
      desired: definition.workers,
      created: trainers.length,
      ready,
      succeeded: exited(true),
      failed: exited(false),
      summary: `${ready}/${definition.workers}`,
    },
    workDir: definition.runDir,
    ...(status.startTime === null ? {} : { startTime: timestampOf(new Date(status.startTime)) }),
    ...(status.completionTime === null ? {} : { completionTime: timestampOf(new Date(status.completionTime)) }),
    ...(measurements.lastCheckpoint ? { lastCheckpoint: measurements.lastCheckpoint } : {}),
    ...(measurements.progress ? { progress: measurements.progress } : {}),
    ...failureMessage(status),
    ...(status.phase === "Succeeded" ? { result: measurements.result } : {}),
  };
}

function failureMessage({ lastFailure }: JobStatus): Pick<TrainingJobStatus, "lastFailure"> {
  if (!lastFailure) return {};
  const { worker, exit, reason, message } = lastFailure;
  return {
    lastFailure: {
      worker: workerLabel(worker),
      ...(worker.role === "trainer" ? { rank: worker.rank } : {}),
      ...(exit.code === null ? {} : { exitCode: exit.code }),
      signal: exit.signal ?? "",
      reason,
      message: message.slice(0, 1024),
      time: timestampOf(new Date(exit.at)),
    },
  };
}

function conditions({ phase, message, startTime, completionTime }: JobStatus, created: Date): Condition[] {
  const at = (time: number | null) => timestampOf(time === null ? created : new Date(time));
  const condition = (type: string, holds: boolean, time: number | null): Condition => ({
    type,
    status: holds ? "True" : "False",
    reason: phase,
    message,
    lastTransitionTime: at(time),
    observedGeneration: 1,
  });
  return [
    condition("Running", phase === "Running", startTime),
    condition("Complete", phase === "Succeeded", completionTime),
    condition("Failed", phase === "Failed", completionTime),
  ];
}
