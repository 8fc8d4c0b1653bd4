import type { Metrics } from "#lib/base/metrics.ts";
import { parseIsoTime } from "#lib/base/iso-time.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { Instant, JobStatus } from "#lib/jobs/job-state.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";

/** A job starts within a second where there is room, and waits for hours in a queue. */
const START_BUCKETS_SECONDS = [1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400];

/** A status that has been written, and the one before it. */
export interface StatusChange {
  readonly job: TrainingJob;
  readonly before: JobStatus;
  readonly now: JobStatus;
  readonly at: Instant;
}

export type OnStatusChange = (change: StatusChange) => void;

/** Measures what becomes of jobs, wherever they run; call the result with every status that has been written. */
export function jobMetrics(metrics: Metrics, jobs: () => Iterable<TrainingJob>): OnStatusChange {
  metrics.gauge({
    name: "petage_controller_jobs",
    help: "Training jobs, by phase",
    labels: ["phase"],
    collect: (gauge) => {
      gauge.reset();
      for (const [phase, count] of countPhases(jobs())) gauge.set(count, { phase });
    },
  });
  const ended = metrics.counter({
    name: "petage_controller_jobs_ended_total",
    help: "Jobs that ended, by the phase that they ended in",
    labels: ["phase"],
  });
  const failures = metrics.counter({
    name: "petage_controller_job_failures_total",
    help: "Attempts of jobs that failed, by reason, whether or not another attempt follows",
    labels: ["reason"],
  });
  const restarts = metrics.counter({
    name: "petage_controller_job_restarts_total",
    help: "Attempts of jobs that were begun after another: after a failure, a preemption or a change of size",
  });
  const start = metrics.histogram({
    name: "petage_controller_job_start_seconds",
    help: "Time from the creation of a job until all its workers train for the first time",
    buckets: START_BUCKETS_SECONDS,
  });
  return ({ job, before, now, at }) => {
    if (isTerminal(now.phase) && !isTerminal(before.phase)) ended.add(1, { phase: now.phase });
    const { lastFailure: failure } = now;
    if (failure && failure.exit.at !== before.lastFailure?.exit.at) failures.add(1, { reason: failure.reason });
    if (now.attempt > before.attempt && now.phase === "Restarting") restarts.add(1);
    const isFirst = now.attempt === 0 && now.phase === "Running" && before.phase !== "Running";
    const { creationTimestamp: created } = job.metadata;
    if (isFirst && created !== undefined) start.observe((at - parseIsoTime(created)) / 1000);
  };
}

/** Measures calls of the API server that failed; call the result with each. */
export function apiMetrics(metrics: Metrics): (method: string, status: number | undefined) => void {
  const errors = metrics.counter({
    name: "petage_controller_api_errors_total",
    help: "Calls that the API server refused, by HTTP status, or that did not reach it (`unreachable`)",
    labels: ["method", "code"],
  });
  return (method, status) => errors.add(1, { method, code: status === undefined ? "unreachable" : String(status) });
}

function countPhases(jobs: Iterable<TrainingJob>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of jobs) {
    const phase = status?.phase ?? "Pending";
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  return counts;
}
