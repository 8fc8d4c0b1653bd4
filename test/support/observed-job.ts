import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { Exit, JobSpec, JobStatus, Observed, ObservedWorker, Role, WorkerState } from "#lib/jobs/job-state.ts";

/** Now, in what is observed here. */
export const NOW = 1_000_000;

/** A job of two pods that trains, and its data-loader. */
export const POD_SPEC: JobSpec = {
  name: "job",
  workers: 2,
  minWorkers: 2,
  maxRestarts: 3,
  rules: [],
  ownNatsServer: false,
  dataLoaders: 1,
  evaluator: false,
  startsTogether: true,
  startTimeoutMs: 600_000,
  activeDeadlineMs: null,
  ttlMs: null,
  cleanPolicy: "Running",
  backoff: { firstMs: 10_000, maximumMs: 360_000 },
  continueHint: "",
};

export const ready: WorkerState = { state: "ready", address: "10.0.0.1:50051" };
export const starting = { state: "starting", waitsFor: "itself" } as const satisfies WorkerState;
export const homeless = { state: "starting", waitsFor: "node" } as const satisfies WorkerState;
export const gated = { state: "starting", waitsFor: "admission" } as const satisfies WorkerState;

export function exited(exit: Partial<Exit> = {}): WorkerState {
  return { state: "exited", exit: { code: 1, signal: null, at: NOW - 100, message: "", ...exit } };
}

export interface Situation {
  readonly spec?: Partial<JobSpec>;
  readonly status?: Partial<JobStatus>;
  /** Trainers by rank. */
  readonly trainers?: readonly WorkerState[];
  readonly dataLoader?: WorkerState;
  readonly rest?: Partial<Observed>;
}

/** A running job of the first attempt, but for what is said to be otherwise. */
export function observed({ spec, status, trainers = [ready, ready], dataLoader = ready, rest }: Situation): Observed {
  const attempt = status?.attempt ?? 0;
  const worker = (role: Role, rank: number, process: WorkerState): ObservedWorker => ({ role, rank, attempt, process });
  const running = { phase: "Running", reason: "Training", message: "Training on 2 workers", created: true } as const;
  const sized = { workers: 2, sizedFor: 2, startTime: NOW - 1_000, attemptTime: NOW - 1_000 };
  const heldSince = status?.attemptTime ?? sized.attemptTime;
  return {
    spec: { ...POD_SPEC, ...spec },
    status: { ...INITIAL_STATUS, ...running, ...sized, heldSince, ...status },
    workers: [
      worker("data-loader", 0, dataLoader),
      ...trainers.map((process, rank) => worker("trainer", rank, process)),
    ],
    cancelRequested: false,
    suspendRequested: false,
    checkpointStep: 0,
    ...rest,
  };
}
