import { PetageError } from "#lib/base/errors.ts";
import { withLostSteps } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isTerminal } from "./job-state.ts";
import type { Action, Instant, JobStatus, Observed, WorkerName } from "./job-state.ts";
import { plan, wakeTime } from "./plan.ts";

/** Rounds that one pass may take; more would be a plan that does not settle. */
const MAX_ROUNDS = 16;
/** How often a pass is made over a job that waits for what nobody reports, as room on nodes. */
export const POLL_INTERVAL_MS = 10_000;
/** Phases that a job only passes through. */
const PASSING: ReadonlySet<JobStatus["phase"]> = new Set(["Scheduling", "Starting"]);

/** What is known of a job from one pass to the next besides its resource and its workers. */
export interface Track {
  facts: Facts;
  /** The attempt whose workers are listened to; undefined before the job was seen. */
  attempt: number | undefined;
  /** When there was first something that the kept status may not say yet. */
  unwrittenSince: Instant | undefined;
}

/** One pass over one job. */
export interface Pass {
  readonly name: string;
  readonly track: Track;
  status: JobStatus;
}

/** The place where jobs run, and where their status is kept. Whatever it does may be done twice. */
export interface Launcher<P extends Pass> {
  observe(pass: P): Observed;
  /** The status as it was written last. */
  kept(pass: P): JobStatus;
  write(pass: P): Promise<void>;
  start(pass: P, workers: readonly WorkerName[]): Promise<void>;
  stop(pass: P, workers: readonly WorkerName[]): Promise<void>;
  remove(pass: P, workers: readonly WorkerName[]): Promise<void>;
  /** Lets workers be scheduled, where they are held back. */
  admit?(pass: P, workers: readonly WorkerName[]): Promise<void>;
  /** A new attempt has been written down: what belonged to the one before may go. */
  begin?(pass: P): Promise<void>;
  /** Where ended jobs do not stay listed. */
  deleteJob?(pass: P): Promise<void>;
  /** The status that says why something could not be executed; undefined for what passes by itself. */
  refused?(status: JobStatus, error: PetageError): JobStatus | undefined;
  /** The next moment at which time alone changes what `observe` sees. */
  nextChange?(pass: P): Instant | null;
  now(): Instant;
  /** Changes of a status that nobody waits for are written together, this long after the first of them. */
  readonly writeIntervalMs: number;
}

/** Brings a job to where it should be: observe, plan, execute, write. Says after how long to pass again, ms, if at all. */
export async function reconcile<P extends Pass>(pass: P, launcher: Launcher<P>): Promise<number | undefined> {
  try {
    await settle(pass, launcher);
  } catch (thrown) {
    await report(pass, PetageError.from(thrown), launcher);
    throw thrown;
  }
  const { writeIntervalMs } = launcher;
  const writeInMs = writeDelayMs(pass, launcher.kept(pass), { now: launcher.now(), writeIntervalMs });
  if (writeInMs === 0) await write(pass, launcher);
  return shortest([writeInMs > 0 ? writeInMs : null, ...waits(pass, launcher)]);
}

/** Says in the status what keeps the launcher from doing what it should. */
export async function report<P extends Pass>(pass: P, error: PetageError, launcher: Launcher<P>): Promise<void> {
  const status = launcher.refused?.(pass.status, error);
  if (status === undefined) return;
  pass.status = status;
  await write(pass, launcher);
}

export async function write<P extends Pass>(pass: P, launcher: Launcher<P>): Promise<void> {
  await launcher.write(pass);
  pass.track.unwrittenSince = undefined;
}

/** Observes and executes until there is nothing to do but wait. */
async function settle<P extends Pass>(pass: P, launcher: Launcher<P>): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const actions = plan(launcher.observe(pass), launcher.now());
    const next = actions.find((action) => action.kind === "set-status")?.status;
    if (next) await enter(pass, next, launcher);
    await execute(pass, actions, launcher);
    if (!actions.some(({ kind }) => kind === "set-status" || kind === "start")) return;
  }
  throw new PetageError("INTERNAL", `The plan of job ${pass.name} does not settle`);
}

/** A new attempt is written down before anything of it is created, so that a restart of ours cannot begin it twice. */
async function enter<P extends Pass>(pass: P, next: JobStatus, launcher: Launcher<P>): Promise<void> {
  const isNewAttempt = next.attempt !== pass.status.attempt;
  pass.status = next;
  if (!isNewAttempt) return;
  pass.track.facts = withLostSteps(pass.track.facts);
  pass.track.attempt = next.attempt;
  await write(pass, launcher);
  await launcher.begin?.(pass);
}

async function execute<P extends Pass>(pass: P, actions: readonly Action[], launcher: Launcher<P>): Promise<void> {
  const workers = (kind: Action["kind"]): WorkerName[] =>
    actions.flatMap((action) => (action.kind === kind && "worker" in action ? [action.worker] : []));
  const [starts, admits, stops, removes] = [workers("start"), workers("admit"), workers("stop"), workers("remove")];
  if (starts.length > 0) await launcher.start(pass, starts);
  if (admits.length > 0) await launcher.admit?.(pass, admits);
  // Why they end is written down first: after a restart of ours it would look like a failure.
  const isDecided = pass.status.phase === launcher.kept(pass).phase;
  if (stops.length + removes.length > 0 && !isDecided) await write(pass, launcher);
  if (stops.length > 0) await launcher.stop(pass, stops);
  if (removes.length > 0) await launcher.remove(pass, removes);
  if (actions.some(({ kind }) => kind === "delete-job")) await launcher.deleteJob?.(pass);
}

/** How long the status may wait to be written, ms: counts and wording change many times while workers start. */
export function writeDelayMs(
  { status, track }: Pick<Pass, "status" | "track">,
  kept: Pick<JobStatus, "phase" | "created">,
  { now, writeIntervalMs }: { readonly now: Instant; readonly writeIntervalMs: number },
): number {
  const isUrgent = status.created !== kept.created || (status.phase !== kept.phase && !PASSING.has(status.phase));
  track.unwrittenSince ??= now;
  return isUrgent ? 0 : Math.max(0, track.unwrittenSince + writeIntervalMs - now);
}

/** After how long to pass again though nothing is heard of the job, ms. */
function waits<P extends Pass>(pass: P, launcher: Launcher<P>): (number | null)[] {
  const now = launcher.now();
  const observed = launcher.observe(pass);
  const change = isTerminal(pass.status.phase) ? null : launcher.nextChange?.(pass);
  const moments = [wakeTime(observed, now), change ?? null];
  const delays = moments.map((moment) => (moment === null ? null : moment - now));
  const isShort = observed.fits === false || observed.room === 0;
  return isShort ? [...delays, POLL_INTERVAL_MS] : delays; // room is made by others
}

function shortest(delays: readonly (number | null)[]): number | undefined {
  const known = delays.filter((delay) => delay !== null);
  return known.length > 0 ? Math.min(...known) : undefined;
}
