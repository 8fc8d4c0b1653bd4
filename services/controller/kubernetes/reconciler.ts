import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { fitsNow } from "#lib/k8s/job/fit.ts";
import type { Node } from "#lib/k8s/job/fit.ts";
import type { GangName } from "#lib/k8s/job/gang.ts";
import { MANAGED_BY } from "#lib/k8s/job/names.ts";
import { nextStuckTime, observeWorkers } from "#lib/k8s/job/observe.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { AttemptContext } from "#lib/k8s/job/pods.ts";
import { attemptContext, configMapOf, foldersOf } from "#lib/k8s/job/render.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import { jobSpecOf } from "#lib/k8s/job/spec.ts";
import { readStatus, writeStatus } from "#lib/k8s/job/status.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS, keyOf } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import { excludedNodes } from "#lib/jobs/failure-policy.ts";
import { isTerminal, sizeOf } from "#lib/jobs/job-state.ts";
import type { Action, JobStatus, Observed, WorkerName } from "#lib/jobs/job-state.ts";
import { plan, wakeTime } from "#lib/jobs/plan.ts";
import { recordEvent } from "./events.ts";
import { Executor } from "./executor.ts";
import { withLostSteps } from "./facts.ts";
import { ConfigResolver } from "./resolve.ts";
import type { Track, Tracks } from "./tracks.ts";

/** Looks that one reconcile may take; more would be a plan that does not settle. */
const MAX_ROUNDS = 16;
/** What a job waits for that nobody tells us of is looked at so often. */
const POLL_INTERVAL_MS = 10_000;
/** Changes of a status that nobody waits for are written together, so long after the first of them. */
const WRITE_INTERVAL_MS = 1_000;
/** Phases that a job only passes through. */
const PASSING: ReadonlySet<JobStatus["phase"]> = new Set(["Scheduling", "Starting"]);

export interface ReconcilerOptions {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
  /** Undefined where the controller may not read nodes. */
  readonly nodes: Store<Node> | undefined;
  readonly tracks: Tracks;
  readonly settings: JobSettings;
  /** The gang schedulers that the cluster has. */
  gangs(): ReadonlySet<GangName>;
  /** Throws when this process may not write any more. */
  mayWrite(): void;
  /** Name of this replica, for events. */
  readonly component: string;
  readonly log: Log;
  now(): number;
}

interface Look {
  readonly job: TrainingJobObject;
  readonly track: Track;
  readonly resolved: ResolvedJob;
  status: JobStatus;
}

/** Brings jobs to where they should be: observe, plan, act, and write down how it stands. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #executor: Executor;
  readonly #configs: ConfigResolver;
  /** Jobs whose pods are just being let in. */
  #admissions = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#executor = new Executor(options);
    this.#configs = new ConfigResolver(options.client);
  }

  /** Looks at one job and does what is to be done now; says after how long to look again, ms, if at all. */
  async reconcile(key: string): Promise<number | undefined> {
    const job = this.#options.jobs.get(key);
    if (!job || job.metadata.deletionTimestamp !== undefined) return undefined; // its pods go with it
    if ((job.spec.managedBy ?? MANAGED_BY) !== MANAGED_BY) return undefined;
    const track = this.#options.tracks.of(job, this.#options.pods.ownedBy(job.metadata.uid ?? ""));
    const status = readStatus(job);
    const isOver = isTerminal(status.phase) || job.spec.runPolicy?.cancel === true; // no config is needed for the rest
    const resolved = track.resolved ?? (isOver ? NOTHING : await this.#resolve(job, track));
    if (resolved === undefined) return this.#after(POLL_INTERVAL_MS, job);
    const look: Look = { job, track, resolved, status };
    try {
      await this.#settle(look);
    } catch (thrown) {
      await this.#tell(look, PetageError.from(thrown));
      throw thrown;
    }
    const waitMs = this.#patience(look);
    if (waitMs === 0) await this.#write(look);
    const waits = [...(waitMs > 0 ? [waitMs] : []), ...this.#waits(look)];
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /** After how long to look again though nothing is heard of the job, ms. */
  #waits(look: Look): number[] {
    const now = this.#options.now();
    const observed = this.#observe(look);
    const stuck = nextStuckTime(this.#options.pods.ownedBy(look.job.metadata.uid ?? ""), now);
    const moments = [wakeTime(observed, now), isTerminal(look.status.phase) ? null : stuck];
    const waits = moments.flatMap((moment) => (moment === null ? [] : [moment - now]));
    return observed.fits === false ? [...waits, POLL_INTERVAL_MS] : waits; // room is made by others
  }

  /** How long the status may wait to be written, ms: counts and wording change many times while pods start. */
  #patience({ job, status, track }: Look): number {
    const before = readStatus(this.#current(job));
    const isUrgent = status.created !== before.created || (status.phase !== before.phase && !PASSING.has(status.phase));
    const now = this.#options.now();
    track.unwrittenSince ??= now;
    return isUrgent ? 0 : Math.max(0, track.unwrittenSince + WRITE_INTERVAL_MS - now);
  }

  /** Observes and acts until there is nothing to do but wait. */
  async #settle(look: Look): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const actions = plan(this.#observe(look), this.#options.now());
      const next = actions.find((action) => action.kind === "set-status")?.status;
      if (next) await this.#enter(look, next);
      await this.#act(look, actions);
      if (!actions.some(({ kind }) => kind === "set-status" || kind === "start")) return;
    }
    throw new PetageError("INTERNAL", `The plan of job ${keyOf(look.job)} does not settle`);
  }

  /** A new attempt is written down before anything of it is created, so that a restart of ours cannot begin it twice. */
  async #enter(look: Look, next: JobStatus): Promise<void> {
    const isNewAttempt = next.attempt !== look.status.attempt;
    look.status = next;
    if (!isNewAttempt) return;
    const { gang, gangContext } = this.#contextOf(look);
    look.track.facts = withLostSteps(look.track.facts);
    look.track.attempt = next.attempt;
    await this.#write(look);
    const earlier = gang.group({ ...gangContext, attempt: next.attempt - 1 });
    if (earlier && gang.type) await this.#executor.delete(gang.type, earlier);
  }

  #observe({ job, track, status, resolved }: Look): Observed {
    const { pods, now } = this.#options;
    const spec = jobSpecOf(this.#current(job), resolved);
    const owned = pods.ownedBy(job.metadata.uid ?? "");
    const { name } = job.metadata;
    const workers = observeWorkers({ name, spec, status, pods: owned, endings: track.endings }, now());
    const { suspend = false, cancel = false } = this.#current(job).spec.runPolicy ?? {};
    const isGated = workers.some(({ process }) => process.state === "starting" && process.waitsFor === "admission");
    const { nodes } = this.#options;
    const fits = isGated && nodes ? this.#admissions === 0 && fitsNow(owned, pods.all(), nodes.all()) : undefined;
    return {
      spec,
      status,
      workers,
      cancelRequested: cancel,
      suspendRequested: suspend,
      checkpointStep: track.facts.lastCheckpoint?.step ?? 0,
      ...(fits !== undefined && { fits }),
    };
  }

  /** The newest state of the job that we know. */
  #current(job: TrainingJobObject): TrainingJobObject {
    return this.#options.jobs.get(keyOf(job)) ?? job;
  }

  async #act(look: Look, actions: readonly Action[]): Promise<void> {
    const workers = (kind: Action["kind"]): WorkerName[] =>
      actions.flatMap((action) => (action.kind === kind && "worker" in action ? [action.worker] : []));
    const { job } = look;
    const executor = this.#executor;
    const starts = workers("start");
    if (starts.length > 0) await this.#start(look, starts);
    await this.#admit(job, workers("admit"));
    const [stops, removes] = [workers("stop"), workers("remove")];
    // Why they end is written down first: after a restart of ours it would look like a failure.
    const isDecided = look.status.phase === readStatus(this.#current(job)).phase;
    if (stops.length + removes.length > 0 && !isDecided) await this.#write(look);
    await executor.stop(job, stops);
    await executor.remove(job, removes);
    if (actions.some(({ kind }) => kind === "delete-job")) await executor.deleteJob(job);
  }

  /** While pods of one job are let in, the others see no room: what is taken shows only afterwards. */
  async #admit(job: TrainingJobObject, workers: readonly WorkerName[]): Promise<void> {
    if (workers.length === 0) return;
    this.#admissions += 1;
    try {
      await this.#executor.admit(job, workers);
    } finally {
      this.#admissions -= 1;
    }
  }

  /** The config and the group first: the scheduler holds pods back whose group is not there. */
  async #start(look: Look, workers: readonly WorkerName[]): Promise<void> {
    const context = this.#contextOf(look);
    if (look.track.preparedAttempt !== context.attempt) await this.#prepare(look, context);
    look.track.preparedAttempt = context.attempt;
    await this.#executor.start(context, workers);
  }

  async #prepare({ job, resolved }: Look, { gang, gangContext, attempt }: AttemptContext): Promise<void> {
    const group = gang.group(gangContext);
    const config =
      attempt === 0 && resolved.configText ? configMapOf(job, resolved, this.#options.settings.instance) : undefined;
    await Promise.all([
      config && this.#executor.ensure(CONFIG_MAPS, config),
      group && gang.type && this.#executor.ensure(gang.type, group),
    ]);
  }

  #contextOf({ job, track, resolved, status }: Look): AttemptContext {
    const current = this.#current(job);
    const checkpoint = track.facts.lastCheckpoint?.uri;
    const size = sizeOf({ spec: jobSpecOf(current, resolved), status });
    return attemptContext({
      job: current,
      settings: this.#options.settings,
      resolved,
      gangs: this.#options.gangs(),
      attempt: status.attempt,
      size,
      ...(status.attempt > 0 && checkpoint !== undefined && { resumeFrom: checkpoint }),
      excludedNodes: excludedNodes(status),
    });
  }

  async #resolve(job: TrainingJobObject, track: Track): Promise<ResolvedJob | undefined> {
    try {
      track.resolved = await this.#configs.resolve(job);
      return track.resolved;
    } catch (thrown) {
      const error = PetageError.from(thrown);
      const look = { job, track, resolved: NOTHING, status: readStatus(job) };
      if (error instanceof KubeError || error.code === "UNAVAILABLE") {
        await this.#tell(look, error);
        throw error;
      }
      const isMissing = error.code === "NOT_FOUND" && job.spec.config.configMapRef !== undefined;
      const now = this.#options.now();
      const verdict = isMissing
        ? { phase: "Pending" as const, reason: "ConfigMapNotFound" }
        : { phase: "Failed" as const, reason: "ConfigInvalid", completionTime: now };
      look.status = { ...look.status, ...verdict, message: error.describe() };
      await this.#write(look);
      return undefined;
    }
  }

  /** Says in the status what keeps the controller from doing what it should. What cannot get better ends the job. */
  async #tell(look: Look, error: PetageError): Promise<void> {
    const refusal = refusalOf(error);
    if (refusal === undefined) return;
    const { isFinal, reason } = refusal;
    const message = `Cannot create what the job needs: ${error.message}${error.hint ? `. ${error.hint}` : ""}`;
    const stopping = { phase: "Stopping" as const, ending: "Failed" as const };
    look.status = { ...look.status, ...(isFinal && stopping), reason, message };
    await this.#write(look);
  }

  async #write({ job, track, status, resolved }: Look): Promise<void> {
    const { now, log, component, client, pods } = this.#options;
    const current = this.#current(job);
    const before = readStatus(current);
    if (isTerminal(before.phase)) return; // how it ended stays
    const spec = jobSpecOf(current, resolved);
    const owned = pods.ownedBy(job.metadata.uid ?? "");
    const { name } = job.metadata;
    const workers = observeWorkers({ name, spec, status, pods: owned, endings: track.endings }, now());
    const runDir = resolved === NOTHING ? current.status?.workDir : foldersOf(current, resolved).runDir;
    const next = writeStatus({ job: current, status, workers, facts: track.facts, runDir, now: now() });
    await this.#executor.writeStatus(current, next);
    track.unwrittenSince = undefined;
    const { phase, reason, message } = status;
    if (phase !== before.phase) log.info(message, { job: keyOf(job), phase, reason });
    if (reason === before.reason) return;
    await recordEvent({ client, component, log }, current, { status, track });
  }

  #after(delayMs: number, job: TrainingJobObject): number | undefined {
    const phase = this.#current(job).status?.phase;
    return phase === "Failed" ? undefined : delayMs;
  }
}

/** Why the API server does not let the controller do what it should; undefined for what passes by itself. */
function refusalOf(error: PetageError): { readonly isFinal: boolean; readonly reason: string } | undefined {
  if (!(error instanceof KubeError)) {
    return error.code === "ALREADY_EXISTS" ? { isFinal: false, reason: "PodNameTaken" } : undefined;
  }
  if (error.status === 409 || error.status === 429 || error.status >= 500) return undefined;
  if (error.status === 400 || error.status === 422) return { isFinal: true, reason: "InvalidPod" };
  return { isFinal: false, reason: error.isOfQuota ? "QuotaExceeded" : error.reason };
}

/** Of a job that has ended, or that has no config that is any good. */
const NOTHING: ResolvedJob = {
  configName: "",
  configText: "",
  workDir: undefined,
  validates: false,
  maxEpochs: 0,
  resume: false,
  loadFrom: undefined,
};
