/**
 * The control of training jobs, pure: from what is observed to what is to be done. One brain for both launchers, child
 * processes on one machine and pods in a cluster. Level-based: it sees the whole state each time, never at an
 * event, so it may be asked again at any moment and answers with what is still to do.
 */
import { isoTime } from "#lib/base/iso-time.ts";
import { planSize, resizeMoments } from "./elastic.ts";
import { actionFor, backoffMs, blameNode, causeAwaitedUntil, countedRestarts, rootFailure } from "./failure-policy.ts";
import {
  current,
  currentByLabel,
  isAlive,
  isTerminal,
  nameOf,
  NO_SCHEDULER,
  rowsOf,
  sizeOf,
  succeeded,
  USER_ERROR_EXIT_CODE,
  workerLabel,
} from "./job-state.ts";
import type {
  Action,
  Ending,
  Failure,
  Instant,
  JobSpec,
  JobStatus,
  Observed,
  ObservedWorker,
  Problem,
} from "./job-state.ts";

/** How long survivors of a failure may take to notice it, save a checkpoint and end by themselves. */
export const SURVIVOR_GRACE_MS = 3_000;
/** How long a process may take to end when asked to. */
export const STOP_GRACE_MS = 5_000;

/**
 * How long fewer processes than were to start together may hold places while others find none. A scheduler of gangs gives
 * them all their places or none; thousands take it a while.
 */
export const GANG_PATIENCE_MS = 60_000;
const GANG_IGNORED = "GangIgnored";

/** What is to be done now. Total, deterministic, and empty when there is nothing to do but wait. */
export function plan(observed: Observed, now: Instant): readonly Action[] {
  const { spec, status } = observed;
  if (isTerminal(status.phase)) return planEnded(observed, now);
  // Whatever else was asked for meanwhile: the last step is done.
  const trainers = current(observed).filter((worker) => worker.role === "trainer");
  if (trainers.length === sizeOf(observed) && trainers.every(succeeded)) return planSuccess(observed, now);
  if (status.phase === "Stopping") return planStopping(observed, now);
  if (observed.cancelRequested) return [beginStopping(status, "Cancelled", "Cancelled by request")];
  if (observed.suspendRequested) return planSuspended(status);
  if (status.phase === "Suspended")
    return [setStatus(status, { phase: "Pending", reason: "Resumed", message: "Resumed" })];
  if (observed.queued) return planQueued(observed, observed.queued);
  if (status.phase === "Queued")
    return [setStatus(status, { phase: "Pending", reason: "QuotaReserved", message: "Let in by its queue" })];
  if (deadlinePassed(observed, now)) {
    const message = `Ran longer than its deadline of ${(spec.activeDeadlineMs ?? 0) / 1000} s`;
    return [beginStopping(status, "Failed", message, { reason: "DeadlineExceeded" })];
  }
  const failure = rootFailure(observed);
  if (failure) return causeAwaitedUntil(observed, now) === null ? [planFailure(observed, failure, now)] : [];
  return planProgress(observed, now);
}

/** When to plan again though nothing has changed: the next moment at which time alone changes the plan. */
export function wakeTime(observed: Observed, now: Instant): Instant | null {
  const { spec, status } = observed;
  const after = (from: Instant | null | undefined, delayMs: number | null): Instant =>
    from === null || from === undefined || delayMs === null ? Infinity : from + delayMs;
  if (isTerminal(status.phase)) return finite(after(status.completionTime, spec.ttlMs), now);
  const moments = [
    after(status.lastFailure?.exit.at, status.phase === "Stopping" ? SURVIVOR_GRACE_MS : null),
    after(status.nextRetryTime, 0),
    after(status.startTime, spec.activeDeadlineMs === null ? null : spec.activeDeadlineMs + 1),
    after(status.heldSince, spec.startTimeoutMs === null ? null : spec.startTimeoutMs + 1),
    after(status.heldSince, observed.gang ? gangPatienceMs(spec) + 1 : null),
    after(causeAwaitedUntil(observed, now), 0),
    ...resizeMoments({ spec, status }),
  ];
  return finite(Math.min(...moments.filter((moment) => moment > now)), now);
}

function finite(moment: Instant, now: Instant): Instant | null {
  return Number.isFinite(moment) ? Math.max(moment, now) : null;
}

function stop(worker: ObservedWorker): Action {
  return { kind: "stop", worker: nameOf(worker), graceMs: STOP_GRACE_MS };
}

function remove(worker: ObservedWorker): Action {
  return { kind: "remove", worker: nameOf(worker) };
}

function setStatus(status: JobStatus, changes: Partial<JobStatus>): Action {
  return { kind: "set-status", status: { ...status, ...changes } };
}

function change(status: JobStatus, changes: Partial<JobStatus>): Action[] {
  const differs = Object.entries(changes).some(([key, value]) => status[key as keyof JobStatus] !== value);
  return differs ? [setStatus(status, changes)] : [];
}

function beginStopping(status: JobStatus, ending: Ending, message: string, changes: Partial<JobStatus> = {}): Action {
  return setStatus(status, { phase: "Stopping", reason: ending, nextRetryTime: null, ...changes, ending, message });
}

function deadlinePassed({ spec, status }: Observed, now: Instant): boolean {
  return spec.activeDeadlineMs !== null && status.startTime !== null && now - status.startTime > spec.activeDeadlineMs;
}

function planSuspended(status: JobStatus): readonly Action[] {
  return status.phase === "Suspended" ? [] : [beginStopping(status, "Suspended", "Suspended by request")];
}

/** What waits in a queue has no workers: those that it has save a checkpoint and end, which is nobody's failure. */
function planQueued(observed: Observed, { reason, message }: Problem): readonly Action[] {
  const { status } = observed;
  if (status.workers > 0 || current(observed).length > 0) return [beginStopping(status, "Queued", message, { reason })];
  return change(status, { phase: "Queued", reason, message, heldSince: null, startTime: null, nextRetryTime: null });
}

function planFailure(observed: Observed, { exit, ...failure }: Failure, now: Instant): Action {
  const { spec, status } = observed;
  const lastFailure = { ...failure, exit: { ...exit, at: Math.min(exit.at, now) } }; // clocks of machines differ
  const blamed = { ...status, lastFailure, nodeFailures: blameNode(status, lastFailure) };
  const action = actionFor(lastFailure, spec.rules);
  const counted = countedRestarts(observed);
  const { message, reason } = failure;
  if (action === "FailJob" || (action === "Restart" && counted >= spec.maxRestarts)) {
    const limit = action === "Restart" && counted > 0 ? ` (after ${counted} restarts without a new checkpoint)` : "";
    return beginStopping(blamed, "Failed", `${message}${limit}`, { reason });
  }
  const restarts = action === "Restart" ? counted + 1 : counted;
  const waitMs = action === "Restart" ? backoffMs(spec, restarts) : 0;
  return beginStopping(blamed, "Restarting", message, {
    reason,
    restarts,
    restartsIgnored: status.restartsIgnored + (action === "Restart" ? 0 : 1),
    nextRetryTime: waitMs > 0 ? now + waitMs : null,
  });
}

function planProgress(observed: Observed, now: Instant): readonly Action[] {
  const { spec, status } = observed;
  const waitMs = status.nextRetryTime === null ? 0 : status.nextRetryTime - now;
  if (waitMs > 0 && waitMs <= spec.backoff.maximumMs) return []; // longer only where a clock was set back
  const size = sizeOf(observed);
  const strays = current(observed).filter(({ role, rank }) => role === "trainer" && rank >= size);
  if (strays.some(isAlive)) return strays.filter(isAlive).map(stop);
  const present = currentByLabel(observed);
  for (const row of rowsOf(spec, size)) {
    const found = row.map((worker) => present.get(workerLabel(worker)));
    const missing = row.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) return startWorkers(observed, missing, now);
    const waiting = found.filter((worker) => worker?.process.state === "starting") as ObservedWorker[];
    // After the first start, a worker that is briefly not ready has not failed; if it is broken, it will exit.
    const isBlip = spec.startsTogether && status.phase === "Running";
    if (waiting.length > 0 && !isBlip) return spec.startsTogether ? planWaiting(observed, waiting, now) : [];
  }
  return planSize(observed, now) ?? change(status, { phase: "Running", created: true, ...doing(observed) });
}

/** What a job that runs does: it trains, or waits until it can go on. */
function doing({ spec, status, outage }: Observed): Pick<JobStatus, "reason" | "message"> {
  if (outage) {
    const [since, end] = [isoTime(outage.since), isoTime(outage.givesUpAt)];
    return { reason: "WaitingForNats", message: `Waiting for NATS since ${since}, gives up at ${end}` };
  }
  const size = sizeOf({ spec, status });
  return { reason: "Training", message: `Training on ${size} worker${size === 1 ? "" : "s"}` };
}

type Wanted = Pick<ObservedWorker, "role" | "rank">;

function startWorkers({ spec, status }: Observed, missing: readonly Wanted[], now: Instant): readonly Action[] {
  const starts = missing.map((worker): Action => ({
    kind: "start",
    worker: { ...worker, attempt: status.attempt },
  }));
  const started = {
    phase: "Starting",
    reason: "Starting",
    message: `Starting ${listed(missing)}`,
    workers: sizeOf({ spec, status }),
    sizedFor: status.workers === 0 && status.nextWorkers === null ? spec.workers : status.sizedFor,
    nextWorkers: null,
    nextRetryTime: null,
    startTime: status.startTime ?? now,
    attemptTime: status.attemptTime ?? now,
    heldSince: status.heldSince ?? now,
  } as const;
  return [...starts, ...change(status, started)];
}

const MAX_LISTED_WORKERS = 3;

function listed(workers: readonly Wanted[]): string {
  const labels = workers.slice(0, MAX_LISTED_WORKERS).map(workerLabel);
  const more = workers.length - labels.length;
  return `${labels.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** All processes have been made and some are not ready: let them in, say what they wait for, or give the attempt up. */
function planWaiting(observed: Observed, waiting: readonly ObservedWorker[], now: Instant): readonly Action[] {
  const { status } = observed;
  const waitsFor = (what: string): ObservedWorker[] =>
    waiting.filter(({ process }) => process.state === "starting" && process.waitsFor === what);
  const resized = planSize(observed, now);
  if (resized) return resized;
  const heldSince = current(observed).some(holdsPlace) ? (status.heldSince ?? now) : null;
  const trouble = gangTrouble(observed, heldSince, now) ?? troubleOf(waiting);
  const givenUp = planGivingUp(observed, { heldSince, trouble }, now);
  if (givenUp) return [givenUp];
  const gated = waitsFor("admission");
  if (gated.length > 0 && observed.fits !== false) {
    return gated.map((worker): Action => ({ kind: "admit", worker: nameOf(worker) }));
  }
  const homeless = [...gated, ...waitsFor("node")];
  const shortage = gated.length > 0 && observed.shortage ? `Waiting for room: ${observed.shortage}` : "";
  return change(status, {
    phase: homeless.length > 0 ? "Scheduling" : "Starting",
    reason: trouble.reason ?? (homeless.length > 0 ? "WaitingForNodes" : "Starting"),
    message: trouble.message || shortage || `Waiting for ${listed(homeless.length > 0 ? homeless : waiting)}`,
    created: true,
    heldSince,
  });
}

interface Trouble {
  readonly reason?: string;
  readonly message: string;
}

interface Waiting {
  readonly heldSince: Instant | null;
  readonly trouble: Trouble;
}

/** An attempt that holds places and gets nowhere gives them back; where its gang was ignored, the next is begun otherwise. */
function planGivingUp(
  { spec, status, gang }: Observed,
  { heldSince, trouble: { reason, message } }: Waiting,
  now: Instant,
): Action | undefined {
  const restartsIgnored = status.restartsIgnored + 1;
  if (reason === GANG_IGNORED && gang?.isReplaceable) {
    return beginStopping(status, "Restarting", message, { reason, restartsIgnored, gangIgnored: true });
  }
  if (heldSince === null || spec.startTimeoutMs === null || now - heldSince <= spec.startTimeoutMs) return undefined;
  const late = `Not all workers were ready after ${spec.startTimeoutMs / 1000} s${message ? `: ${message}` : ""}`;
  const nextRetryTime = now + backoffMs(spec, restartsIgnored + 1);
  return beginStopping(status, "Restarting", late, { reason: "StartTimeout", restartsIgnored, nextRetryTime });
}

/** What shows that a scheduler starts those one by one that it was to start together; undefined where nothing does. */
function gangTrouble(observed: Observed, heldSince: Instant | null, now: Instant): Trouble | undefined {
  const { spec, gang } = observed;
  const workers = current(observed);
  const placed = workers.filter(holdsPlace).length;
  const isRefused = workers.some(
    ({ process }) => process.state === "starting" && process.waitsFor === "node" && process.problem !== undefined,
  );
  if (!gang || !isRefused || placed >= gang.minCount) return undefined;
  if (heldSince === null || now - heldSince <= gangPatienceMs(spec)) return undefined;
  const seen = `The scheduler gave places to ${placed} of ${gang.minCount} workers that must start together`;
  return { reason: GANG_IGNORED, message: `${seen}: it leaves their group out of account. Groups need ${gang.needs}` };
}

function gangPatienceMs({ startTimeoutMs }: JobSpec): number {
  return Math.min(GANG_PATIENCE_MS, startTimeoutMs ?? Infinity);
}

/** Whether nobody else can have what a worker waits with. In a queue nothing is held, and giving up would lose the place. */
function holdsPlace({ process }: ObservedWorker): boolean {
  return process.state !== "starting" || (process.waitsFor !== "admission" && process.waitsFor !== "node");
}

/** What keeps the first worker that has trouble from starting. Of what is said of a node, all of them wait for one. */
function troubleOf(waiting: readonly ObservedWorker[]): Trouble {
  const troubled = waiting.flatMap(({ process, ...worker }) => {
    if (process.state !== "starting" || process.problem === undefined) return [];
    return [{ worker, waitsFor: process.waitsFor, ...process.problem }];
  });
  const first = troubled.find(({ reason }) => reason !== NO_SCHEDULER) ?? troubled[0];
  if (first === undefined) return { message: "" };
  const { reason, message, waitsFor, worker } = first;
  return { reason, message: waitsFor === "node" ? message : `${workerLabel(worker)}: ${message}` };
}

/** Training is done: the helpers are asked to end, and the job has succeeded when they have. */
function planSuccess(observed: Observed, now: Instant): readonly Action[] {
  const left = current(observed).filter(isAlive);
  const done = {
    phase: "Succeeded",
    reason: "Completed",
    message: "Training is complete",
    completionTime: now,
  } as const;
  if (left.length === 0 || observed.spec.startsTogether) return change(observed.status, done);
  return left.map(stop);
}

/** What an ended job leaves behind goes by its policy, and the job itself when its time is over. */
function planEnded({ spec, status, workers }: Observed, now: Instant): readonly Action[] {
  const { completionTime } = status;
  if (spec.ttlMs !== null && completionTime !== null && now >= completionTime + spec.ttlMs) {
    return [{ kind: "delete-job" }];
  }
  if (spec.cleanPolicy === "None") return [];
  const alive = workers.filter(isAlive).map(stop);
  return spec.cleanPolicy === "All" ? [...alive, ...workers.filter((worker) => !isAlive(worker)).map(remove)] : alive;
}

/**
 * Trainers first: after a failure they get time to save a checkpoint, and for that they need nobody. The others follow,
 * and when all have ended the job has too, or begins its next attempt.
 */
function planStopping(observed: Observed, now: Instant): readonly Action[] {
  const { status, workers } = observed;
  const alive = current(observed).filter(isAlive);
  const trainers = alive.filter((worker) => worker.role === "trainer");
  if (trainers.length > 0) {
    const failedAt = status.lastFailure?.worker.attempt === status.attempt ? status.lastFailure.exit.at : -Infinity;
    const waits = (status.ending === "Failed" || status.ending === "Restarting") && now - failedAt < SURVIVOR_GRACE_MS;
    return waits ? [] : trainers.map(stop);
  }
  if (alive.length > 0) return alive.map(stop);
  const { ending } = status;
  if (ending === "Restarting" || ending === "Suspended" || ending === "Queued") {
    // Logs of the attempt that ended stay, those of earlier ones go.
    const old = workers.filter((worker) => worker.attempt < status.attempt && !isAlive(worker)).map(remove);
    return [...old, setStatus(status, nextAttempt(observed, ending))];
  }
  return [setStatus(status, endOf(observed, now))];
}

function nextAttempt(observed: Observed, phase: "Restarting" | "Suspended" | "Queued"): Partial<JobStatus> {
  const { status, checkpointStep } = observed;
  const next = {
    // An attempt that never began is not used up.
    attempt: status.attempt + (current(observed).length > 0 ? 1 : 0),
    workers: 0,
    created: false,
    attemptTime: null,
    heldSince: null,
    resumedStep: Math.max(status.resumedStep, checkpointStep),
    ending: null,
  };
  if (phase !== "Restarting") return { ...next, phase, startTime: null, nextWorkers: null, gangIgnored: false };
  return { ...next, phase, reason: "Restarting", message: `Restarting after: ${status.message}` };
}

function endOf({ spec, status }: Observed, now: Instant): Partial<JobStatus> {
  const phase = status.ending === "Cancelled" ? "Cancelled" : "Failed";
  const isRefused = status.lastFailure?.exit.code === USER_ERROR_EXIT_CODE; // it would be refused again
  const hint = spec.continueHint && !isRefused ? `. ${spec.continueHint}` : "";
  return { phase, message: `${status.message}${hint}`, completionTime: now };
}
