import { PetageError } from "#lib/base/errors.ts";
import { isTerminal } from "./job-state.ts";
import type { Phase } from "./job-state.ts";
import type { TrainingJob } from "./training-job.ts";

/** How much may run at a time. */
export interface Quota {
  readonly jobs: number;
  /** Trainers of all jobs together. */
  readonly workers: number;
}

/** Phases in which a job has no workers, for as long as somebody else decides. */
const RESTING: ReadonlySet<string> = new Set<Phase>(["Suspended", "Queued"]);

type Counted = Pick<TrainingJob, "spec" | "status">;

/** RESOURCE_EXHAUSTED where a job would be one too many, or have too many workers, beside those that run or wait to. */
export function checkQuota(wanted: Counted, others: readonly Counted[], quota: Quota): void {
  const running = others.filter(({ status }) => !isTerminal(status?.phase) && !RESTING.has(status?.phase ?? ""));
  if (running.length >= quota.jobs) {
    throw exhausted(`${running.length} jobs run, and the quota is ${quota.jobs}`, "PETAGE_MAX_RUNNING_JOBS");
  }
  const taken = running.reduce((sum, job) => sum + workersOf(job), 0);
  const more = workersOf(wanted);
  if (taken + more <= quota.workers) return;
  throw exhausted(
    `${taken} workers run, ${more} more are wanted, and the quota is ${quota.workers}`,
    "PETAGE_MAX_RUNNING_WORKERS",
  );
}

/** The most that a job may come to. */
function workersOf({ spec: { workers = 1, elastic } }: Counted): number {
  return Math.max(workers, elastic?.maxWorkers ?? 0);
}

function exhausted(message: string, setting: string): PetageError {
  const hint = `Wait until a job has ended, cancel one, or set ${setting} of the controller`;
  return new PetageError("RESOURCE_EXHAUSTED", message, { hint });
}
