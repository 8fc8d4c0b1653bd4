/**
 * The control of training jobs, pure: from what is observed to what is to be done. One brain for both launchers, child
 * processes on one machine and pods in a cluster. Level-based: it looks at the whole state each time, never at an
 * event, so it may be asked again at any moment and answers with what is still to do.
 */

/** Milliseconds since the epoch; the clock is an argument. */
export type Instant = number;

export type Role = "nats-server" | "data-loader" | "evaluator" | "trainer";

/** A process of a job (a pod, in a cluster). */
export interface WorkerName {
  readonly role: Role;
  /** Of a trainer; 0 for the others, of which a job has one each. */
  readonly rank: number;
  readonly attempt: number;
}

export type WorkerState =
  | { readonly state: "starting" }
  /** It serves at this address. */
  | { readonly state: "ready"; readonly address: string }
  | { readonly state: "exited"; readonly exit: Exit };

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: Instant;
  /** The last thing it said that was an error; empty when it said nothing. */
  readonly message: string;
}

export interface ObservedWorker extends WorkerName {
  readonly process: WorkerState;
}

export type Phase =
  "Pending" | "Starting" | "Running" | "Restarting" | "Stopping" | "Succeeded" | "Failed" | "Cancelled";

export interface JobStatus {
  readonly phase: Phase;
  readonly attempt: number;
  readonly restarts: number;
  readonly message: string;
  readonly startTime: Instant | null;
  readonly completionTime: Instant | null;
  readonly lastFailure: Failure | null;
  /** Where a job that is stopping will end. */
  readonly ending: "Failed" | "Cancelled" | "Restarting" | null;
}

export interface Failure {
  readonly worker: WorkerName;
  readonly exit: Exit;
  readonly reason: string;
  readonly message: string;
}

export interface JobSpec {
  readonly name: string;
  readonly workers: number;
  readonly maxRestarts: number;
  /** Whether the job runs its own NATS server; otherwise one was given, or none is needed. */
  readonly ownNatsServer: boolean;
  /** Whether validation needs an evaluator. */
  readonly evaluator: boolean;
  /** Longest run over all attempts, ms; null: no limit. */
  readonly activeDeadlineMs: number | null;
  /** The command that continues a failed job, for its message. */
  readonly resumeCommand: string;
}

export interface Observed {
  readonly spec: JobSpec;
  readonly status: JobStatus;
  readonly workers: readonly ObservedWorker[];
  readonly cancelRequested: boolean;
}

export type Action =
  | { readonly kind: "start"; readonly worker: WorkerName }
  /** Ask a process to end; it is killed when it has not ended after the grace. */
  | { readonly kind: "stop"; readonly worker: WorkerName; readonly graceMs: number }
  | { readonly kind: "set-status"; readonly status: JobStatus };

/** Exit code of a worker that ended because something it needs was lost: never the root of a failure. */
export const COLLATERAL_EXIT_CODE = 75;
/** Exit code of a worker that found its config or data unusable: starting it again would not help. */
export const USER_ERROR_EXIT_CODE = 3;
/** Exit code of a worker that was told to end before its work was done, as shells report SIGTERM. */
export const TERMINATED_EXIT_CODE = 143;
/** Survivors of a failure may notice it, save a checkpoint and end by themselves; after this long they are told to. */
export const SURVIVOR_GRACE_MS = 3_000;
/** How long a process may take to end when asked to. */
export const STOP_GRACE_MS = 5_000;

export const INITIAL_STATUS: JobStatus = {
  phase: "Pending",
  attempt: 0,
  restarts: 0,
  message: "Accepted",
  startTime: null,
  completionTime: null,
  lastFailure: null,
  ending: null,
};

/** What is to be done now. Total, deterministic, and empty when there is nothing to do but wait. */
export function plan(observed: Observed, now: Instant): readonly Action[] {
  const { status } = observed;
  if (isTerminal(status.phase)) return current(observed).filter(isAlive).map(stop);
  if (status.phase === "Stopping") return planStopping(observed, now);
  if (observed.cancelRequested) return [beginStopping(status, "Cancelled", "Cancelled by request")];
  if (deadlinePassed(observed, now)) {
    return [beginStopping(status, "Failed", `Ran longer than its deadline of ${observed.spec.activeDeadlineMs} ms`)];
  }
  const failure = rootFailure(observed);
  if (failure) return [planFailure(observed, failure)];
  if (trainers(observed).length === observed.spec.workers && trainers(observed).every(succeeded)) {
    return planSuccess(observed, now);
  }
  return planProgress(observed, now);
}

export function isTerminal(phase: Phase): boolean {
  return phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
}

/** `trainer-1`; other processes have their role's name. On Kubernetes the job's name and attempt come in front. */
export function workerLabel({ role, rank }: WorkerName): string {
  return role === "trainer" ? `trainer-${rank}` : role;
}

function current({ workers, status }: Observed): ObservedWorker[] {
  return workers.filter((worker) => worker.attempt === status.attempt);
}

function trainers(observed: Observed): ObservedWorker[] {
  return current(observed).filter((worker) => worker.role === "trainer");
}

function isAlive({ process }: ObservedWorker): boolean {
  return process.state !== "exited";
}

function succeeded({ process }: ObservedWorker): boolean {
  return process.state === "exited" && process.exit.code === 0;
}

function nameOf({ role, rank, attempt }: WorkerName): WorkerName {
  return { role, rank, attempt };
}

function stop(worker: WorkerName): Action {
  return { kind: "stop", worker: nameOf(worker), graceMs: STOP_GRACE_MS };
}

function deadlinePassed({ spec, status }: Observed, now: Instant): boolean {
  return spec.activeDeadlineMs !== null && status.startTime !== null && now - status.startTime > spec.activeDeadlineMs;
}

/** Which processes a job needs, in the order in which they start: a row starts when the row before is ready. */
function rows({ ownNatsServer, evaluator, workers }: JobSpec): readonly (readonly Omit<WorkerName, "attempt">[])[] {
  const one = (role: Role): Omit<WorkerName, "attempt"> => ({ role, rank: 0 });
  return [
    ownNatsServer ? [one("nats-server"), one("data-loader")] : [one("data-loader")],
    evaluator ? [one("evaluator")] : [], // it asks the data-loader
    Array.from({ length: workers }, (_, rank) => ({ role: "trainer" as const, rank })),
  ];
}

function planProgress(observed: Observed, now: Instant): readonly Action[] {
  const { spec, status } = observed;
  for (const row of rows(spec)) {
    const found = row.map((wanted) =>
      current(observed).find((have) => have.role === wanted.role && have.rank === wanted.rank),
    );
    const missing = row.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) {
      const starts = missing.map((worker): Action => ({
        kind: "start",
        worker: { ...worker, attempt: status.attempt },
      }));
      const starting = {
        phase: "Starting" as const,
        message: `Starting ${missing.map((w) => workerLabel({ ...w, attempt: 0 })).join(", ")}`,
      };
      return [...starts, ...change(status, { ...starting, startTime: status.startTime ?? now })];
    }
    if (found.some((worker) => worker?.process.state === "starting")) return [];
  }
  return change(status, {
    phase: "Running",
    message: `Training on ${spec.workers} worker${spec.workers === 1 ? "" : "s"}`,
  });
}

function change(status: JobStatus, changes: Partial<JobStatus>): Action[] {
  const differs = Object.entries(changes).some(([key, value]) => status[key as keyof JobStatus] !== value);
  return differs ? [{ kind: "set-status", status: { ...status, ...changes } }] : [];
}

/** Training is done: the helpers are told to end, and the job has succeeded when they have. */
function planSuccess(observed: Observed, now: Instant): readonly Action[] {
  const left = current(observed).filter(isAlive);
  if (left.length > 0) return left.map(stop);
  return change(observed.status, { phase: "Succeeded", message: "Training is complete", completionTime: now });
}

/** The first process that ended badly and was not itself a victim; a victim only when there is nobody else to blame. */
function rootFailure(observed: Observed): ObservedWorker | undefined {
  const done = current(observed).some((worker) => worker.role === "trainer" && succeeded(worker));
  const failed = current(observed).filter(({ role, process }) => {
    if (process.state !== "exited") return false;
    return role === "trainer" ? process.exit.code !== 0 : !done;
  });
  const byTime = failed.toSorted((a, b) => exitOf(a).at - exitOf(b).at);
  return byTime.find((worker) => exitOf(worker).code !== COLLATERAL_EXIT_CODE) ?? byTime[0];
}

function exitOf({ process }: ObservedWorker): Exit {
  return process.state === "exited" ? process.exit : { code: null, signal: null, at: Infinity, message: "" };
}

function planFailure({ spec, status }: Observed, worker: ObservedWorker): Action {
  const exit = exitOf(worker);
  const reason = exit.signal ? "Killed" : exit.code === COLLATERAL_EXIT_CODE ? "PeerLost" : "Error";
  const restart = status.restarts < spec.maxRestarts && exit.code !== USER_ERROR_EXIT_CODE;
  const failure: Failure = { worker: nameOf(worker), exit, reason, message: describeExit(worker, exit) };
  return beginStopping({ ...status, lastFailure: failure }, restart ? "Restarting" : "Failed", failure.message);
}

function describeExit(worker: WorkerName, { code, signal, message }: Exit): string {
  const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
  return `${workerLabel(worker)} ${how}${message ? `: ${message}` : ""}`;
}

function beginStopping(status: JobStatus, ending: NonNullable<JobStatus["ending"]>, message: string): Action {
  return { kind: "set-status", status: { ...status, phase: "Stopping", ending, message } };
}

/**
 * Trainers first: after a failure they get time to save a checkpoint, and for that they need nobody. The others follow,
 * and when all have ended the job has too, or begins its next attempt.
 */
function planStopping(observed: Observed, now: Instant): readonly Action[] {
  const { spec, status } = observed;
  const alive = current(observed).filter(isAlive);
  const aliveTrainers = alive.filter((worker) => worker.role === "trainer");
  const since = status.lastFailure?.exit.at ?? 0;
  if (aliveTrainers.length > 0) {
    const waits = status.ending !== "Cancelled" && now - since < SURVIVOR_GRACE_MS;
    return waits ? [] : aliveTrainers.map(stop);
  }
  if (alive.length > 0) return alive.map(stop);
  if (status.ending === "Restarting") {
    const next = {
      phase: "Restarting" as const,
      attempt: status.attempt + 1,
      restarts: status.restarts + 1,
      ending: null,
    };
    return change(status, { ...next, message: `Restarting after: ${status.message}` });
  }
  const phase = status.ending === "Cancelled" ? "Cancelled" : "Failed";
  const isRefused = status.lastFailure?.exit.code === USER_ERROR_EXIT_CODE; // it would be refused again
  const hint = spec.resumeCommand && !isRefused ? `. Continue with: ${spec.resumeCommand}` : "";
  return change(status, { phase, message: `${status.message}${hint}`, completionTime: now });
}
