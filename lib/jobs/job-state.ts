/** What the control of a training job observes and decides: plain values, the same on one machine and in a cluster. */

/** Milliseconds since the epoch; the clock is an argument. */
export type Instant = number;

export type Role = "nats-server" | "data-loader" | "evaluator" | "trainer";

/** A process of a job: a child process on one machine, a pod in a cluster. */
export interface WorkerName {
  readonly role: Role;
  /** Its number among those of its role, from 0. */
  readonly rank: number;
  readonly attempt: number;
}

export type WorkerState =
  | {
      readonly state: "starting";
      /** Where it waits: for permission to be scheduled, for a node, or (also when absent) for itself to be ready. */
      readonly waitsFor?: "admission" | "node" | "itself";
      /** What keeps it from starting, when something does. */
      readonly problem?: Problem;
    }
  /** It serves at this address. */
  | { readonly state: "ready"; readonly address: string }
  | { readonly state: "exited"; readonly exit: Exit };

export interface Problem {
  /** One word for programs: "Unschedulable", "ImagePullBackOff". */
  readonly reason: string;
  readonly message: string;
}

/** How a process ended: by itself with a code, by a signal, or (neither is known) with the machine it ran on. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: Instant;
  /** The last thing it said that was an error; empty when it said nothing. */
  readonly message: string;
  /** Kubernetes' word for it, where that says more than code and signal: "OOMKilled", "Evicted", "Deleted". */
  readonly reason?: string;
  /** It was preempted, evicted or drained: nobody's fault. */
  readonly disrupted?: boolean;
  readonly node?: string;
}

/** The reason of those of which nobody says anything: what is said of others comes first. */
export const NO_SCHEDULER = "NoScheduler";

export interface ObservedWorker extends WorkerName {
  readonly process: WorkerState;
}

export type Phase =
  | "Pending"
  | "Queued"
  | "Scheduling"
  | "Starting"
  | "Running"
  | "Restarting"
  | "Stopping"
  | "Suspended"
  | "Succeeded"
  | "Failed"
  | "Cancelled";

/** Where a job that is stopping will end. */
export type Ending = "Failed" | "Cancelled" | "Suspended" | "Queued" | "Restarting";

export interface JobStatus {
  readonly phase: Phase;
  /** One word for programs: why the phase is what it is. */
  readonly reason: string;
  /** One sentence for people. */
  readonly message: string;
  /** Incarnation of the workers, from 0. */
  readonly attempt: number;
  /** Trainers of this attempt; 0 before the first has been sized. */
  readonly workers: number;
  /** What `JobSpec.workers` was when this attempt was sized. */
  readonly sizedFor: number;
  /** Trainers of the next attempt, where it is not to have as many as wanted. */
  readonly nextWorkers: number | null;
  /** Every process of this attempt was started once: one that is missing has been lost. */
  readonly created: boolean;
  /** Restarts that counted, since the last new checkpoint. */
  readonly restarts: number;
  readonly restartsIgnored: number;
  /** Optimizer steps of the checkpoint that this attempt began with. */
  readonly resumedStep: number;
  /** The next attempt does not begin before. */
  readonly nextRetryTime: Instant | null;
  readonly startTime: Instant | null;
  /** When the processes of this attempt were started. */
  readonly attemptTime: Instant | null;
  /** Since when processes of this attempt hold a place; null while all of them wait for one. */
  readonly heldSince: Instant | null;
  readonly completionTime: Instant | null;
  readonly lastFailure: Failure | null;
  readonly ending: Ending | null;
  /** How often a node could not run a process of the job, by its name. */
  readonly nodeFailures: Readonly<Record<string, number>>;
  /** Whether a scheduler has started processes one by one that it was to start together; it is not asked again. */
  readonly gangIgnored: boolean;
}

export interface Failure {
  readonly worker: WorkerName;
  readonly exit: Exit;
  readonly reason: string;
  readonly message: string;
}

export type FailureAction = "Restart" | "RestartIgnoringLimit" | "FailJob";

/** One rule of a failure policy; what it does not name matches anything. */
export interface FailureRule {
  readonly exitCodes?: readonly number[];
  readonly disrupted?: boolean;
  readonly action: FailureAction;
}

export interface JobSpec {
  readonly name: string;
  readonly workers: number;
  /** Minimum number of trainers; equal to `workers` unless the job is elastic. */
  readonly minWorkers: number;
  /** Restarts allowed since the last new checkpoint. */
  readonly maxRestarts: number;
  /** The first that matches decides; then `DEFAULT_RULES`. */
  readonly rules: readonly FailureRule[];
  /** Whether the job runs its own NATS server; otherwise one was given, or none is needed. */
  readonly ownNatsServer: boolean;
  /** Among which the readers are shared out; at least 1. */
  readonly dataLoaders: number;
  /** Whether validation needs an evaluator. */
  readonly evaluator: boolean;
  /** The processes find each other and start at once; otherwise each row waits for the row before. */
  readonly startsTogether: boolean;
  /**
   * How long the processes of an attempt may take to be ready, from when the first of them holds a place, before it is
   * given up and made again later, ms; null: no limit.
   */
  readonly startTimeoutMs: number | null;
  /** Longest run over all attempts, ms; null: no limit. */
  readonly activeDeadlineMs: number | null;
  /** When an ended job is deleted, ms after its end; null: never. */
  readonly ttlMs: number | null;
  /** Which processes go when the job ends. */
  readonly cleanPolicy: "Running" | "All" | "None";
  /** Waits before restarts: none before the first, then these, doubling. */
  readonly backoff: { readonly firstMs: number; readonly maximumMs: number };
  /** What a person does to go on with a job that ended before its last step, for its message. */
  readonly continueHint: string;
}

/** Time in which NATS carries nothing. */
export interface NatsOutage {
  readonly since: Instant;
  /** The trainers give up when it lasts until then. */
  readonly givesUpAt: Instant;
}

export interface Observed {
  readonly spec: JobSpec;
  readonly status: JobStatus;
  /** Of all attempts, as far as they are still known. */
  readonly workers: readonly ObservedWorker[];
  readonly cancelRequested: boolean;
  readonly suspendRequested: boolean;
  /** Why a queue does not let it run now; absent: it may. */
  readonly queued?: Problem;
  /** Optimizer steps of the newest complete checkpoint; 0 without one. */
  readonly checkpointStep: number;
  /** That NATS is away, so that the trainers wait. */
  readonly outage?: NatsOutage | undefined;
  /** Whether the workers that wait for admission would all find a node now; absent: nobody knows. */
  readonly fits?: boolean;
  /** For how many trainers there is room: of those that wait for admission, else besides those that run; absent: nobody knows. */
  readonly room?: number;
  /** What a scheduler was asked to start together; absent: nothing. */
  readonly gang?: GangRequest;
  /** What those that wait for admission want and what there is, where they do not fit. */
  readonly shortage?: string;
}

export interface GangRequest {
  /** Processes that must have places for any of them to have one. */
  readonly minCount: number;
  /** What a scheduler lacks that does otherwise. */
  readonly needs: string;
  /** Whether the launcher may start them together in another way. */
  readonly isReplaceable: boolean;
}

export type Action =
  | { readonly kind: "start"; readonly worker: WorkerName }
  /** Let a process be scheduled that was held back. */
  | { readonly kind: "admit"; readonly worker: WorkerName }
  /** Ask a process to end; it is killed when it has not ended after the grace. */
  | { readonly kind: "stop"; readonly worker: WorkerName; readonly graceMs: number }
  /** Forget a process that has ended, and its log. */
  | { readonly kind: "remove"; readonly worker: WorkerName }
  | { readonly kind: "set-status"; readonly status: JobStatus }
  | { readonly kind: "delete-job" };

/** Exit code of a worker that ended because something it needs was lost: never the root of a failure. */
export const COLLATERAL_EXIT_CODE = 75;
/** Exit code of a worker that found its config or data unusable: starting it again would not help. */
export const USER_ERROR_EXIT_CODE = 3;
/** Exit code of a worker that was asked to end before its work was done, as shells report SIGTERM. */
export const TERMINATED_EXIT_CODE = 143;
/** Exit code of a trainer that a caller stopped before the last step: 0 is for those that did it. */
export const STOPPED_EXIT_CODE = 4;

export const INITIAL_STATUS: JobStatus = {
  phase: "Pending",
  reason: "Accepted",
  message: "Accepted",
  attempt: 0,
  workers: 0,
  sizedFor: 0,
  nextWorkers: null,
  created: false,
  restarts: 0,
  restartsIgnored: 0,
  resumedStep: 0,
  nextRetryTime: null,
  startTime: null,
  attemptTime: null,
  heldSince: null,
  completionTime: null,
  lastFailure: null,
  ending: null,
  nodeFailures: {},
  gangIgnored: false,
};

export function isTerminal(phase: string | undefined): phase is "Succeeded" | "Failed" | "Cancelled" {
  return phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
}

/** `trainer-1`, `data-loader`: see `workerLabel`. */
export type WorkerLabel<R extends Role = Role> = R | `${R}-${number}`;

/**
 * `trainer-0`, `trainer-1`; the first of other roles has its role's name: `data-loader`, `data-loader-1`. On Kubernetes
 * the job's name and attempt come in front.
 */
export function workerLabel<R extends Role>({
  role,
  rank,
}: {
  readonly role: R;
  readonly rank: number;
}): WorkerLabel<R> {
  return role === "trainer" || rank > 0 ? `${role}-${rank}` : role;
}

/** Whether a label is what somebody asks for: the worker itself, all of a role, or, where it is empty, any. */
export function isAskedFor(label: string, wanted = ""): boolean {
  return wanted === "" || label === wanted || label.startsWith(`${wanted}-`);
}

/** `quickstart-0-1`, `quickstart-0-data-loader`: the name of a worker among those of all jobs and attempts. */
export function workerId(job: string, { role, rank, attempt }: WorkerName): string {
  return `${job}-${attempt}-${role === "trainer" ? rank : workerLabel({ role, rank })}`;
}

const WORKER_ID = /-(?<attempt>\d+)-((?<role>nats-server|data-loader|evaluator)(-(?=\d)|$))?(?<rank>\d*)$/;

/** The worker of such a name. */
export function workerOfId(job: string, id: string): WorkerName {
  const { attempt = "0", rank = "0", role = "trainer" } = WORKER_ID.exec(id.slice(job.length))?.groups ?? {};
  return { role: role as Role, rank: Number(rank), attempt: Number(attempt) };
}

export function nameOf({ role, rank, attempt }: WorkerName): WorkerName {
  return { role, rank, attempt };
}

export function isAlive({ process }: ObservedWorker): boolean {
  return process.state !== "exited";
}

export function succeeded({ process }: ObservedWorker): boolean {
  return process.state === "exited" && process.exit.code === 0;
}

/** The processes of the present attempt. */
export function current({ workers, status }: Pick<Observed, "workers" | "status">): ObservedWorker[] {
  return workers.filter((worker) => worker.attempt === status.attempt);
}

/** The processes of the present attempt, by `workerLabel`. */
export function currentByLabel(observed: Pick<Observed, "workers" | "status">): ReadonlyMap<string, ObservedWorker> {
  return new Map(current(observed).map((worker) => [workerLabel(worker), worker]));
}

/** Trainers that the present attempt has. */
export function sizeOf({ spec, status }: Pick<Observed, "spec" | "status">): number {
  return status.workers || status.nextWorkers || spec.workers;
}

/** Which processes a job needs, in the order in which they start: a row starts when the row before is ready. */
export function rowsOf(
  { ownNatsServer, dataLoaders, evaluator, startsTogether }: JobSpec,
  size: number,
): readonly (readonly Omit<WorkerName, "attempt">[])[] {
  const several = (role: Role, count: number): Omit<WorkerName, "attempt">[] =>
    Array.from({ length: count }, (_, rank) => ({ role, rank }));
  const rows = [
    [...several("nats-server", ownNatsServer ? 1 : 0), ...several("data-loader", dataLoaders)],
    several("evaluator", evaluator ? 1 : 0), // it asks a data-loader
    several("trainer", size),
  ];
  return startsTogether ? [rows.flat()] : rows;
}
