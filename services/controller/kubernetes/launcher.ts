import type { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import type { Log } from "#lib/base/log.ts";
import { excludedNodes } from "#lib/jobs/failure-policy.ts";
import { jobSpecOf } from "#lib/jobs/job-spec.ts";
import { mayGrow } from "#lib/jobs/elastic.ts";
import { eventsBetween } from "#lib/jobs/job-events.ts";
import { isTerminal, sizeOf } from "#lib/jobs/job-state.ts";
import type { Instant, JobSpec, JobStatus, Observed, ObservedWorker, WorkerName } from "#lib/jobs/job-state.ts";
import type { Launcher, Pass } from "#lib/jobs/reconcile.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { readStatus, writeStatus } from "#lib/jobs/status.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { GANGS, requireGang } from "#lib/k8s/job/gang.ts";
import type { Gang } from "#lib/k8s/job/pod-group.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import { nextStuckTime, observeWorkers } from "#lib/k8s/job/observe.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { podOf } from "#lib/k8s/job/pods.ts";
import type { AttemptContext } from "#lib/k8s/job/pods.ts";
import { statusOfRefusal } from "#lib/k8s/job/refusal.ts";
import { attemptContext, configMapOf, foldersOf } from "#lib/k8s/job/render.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { CONFIG_MAPS, keyOf } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import type { Surroundings } from "./surroundings.ts";
import type { OnStatusChange } from "../metrics.ts";
import type { EventRecorder } from "./events.ts";
import { Executor } from "./executor.ts";
import type { Admission } from "./kueue.ts";
import type { PodTrack } from "./tracks.ts";

const WRITE_INTERVAL_MS = 1_000;

export interface PodLauncherOptions {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
  /** Undefined where the controller may not read nodes. */
  readonly surroundings: Surroundings | undefined;
  readonly settings: JobSettings;
  /** The gangs that the cluster has, the best first. */
  gangs(): readonly Gang[];
  /** Throws when this process may not write any more. */
  mayWrite(): void;
  readonly events: Pick<EventRecorder, "tell">;
  /** A status has been written. */
  readonly onStatus: OnStatusChange;
  readonly log: Log;
  now(): Instant;
}

export interface PodPass extends Pass {
  readonly track: PodTrack;
  /** As it was when the pass began. */
  readonly job: TrainingJobObject;
  readonly resolved: ResolvedJob;
  /** Where it stands in its queue; undefined where it asks for none. */
  readonly admission?: Admission | undefined;
}

/** The launcher of a cluster: workers are pods, and the status is kept by the API server. */
export class PodLauncher implements Launcher<PodPass> {
  readonly #options: PodLauncherOptions;
  readonly #executor: Executor;
  readonly writeIntervalMs = WRITE_INTERVAL_MS;
  /** Jobs whose pods are just being let in. */
  #admissions = 0;

  constructor(options: PodLauncherOptions) {
    this.#options = options;
    this.#executor = new Executor(options);
  }

  now(): Instant {
    return this.#options.now();
  }

  observe(pass: PodPass): Observed {
    const workers = this.#workers(pass);
    const { suspend = false, cancel = false } = this.#current(pass).spec.runPolicy ?? {};
    const spec = this.#spec(pass);
    const { gang, gangContext } = this.#contextOf(pass);
    const isReplaceable = ["Auto", "Kueue"].includes(pass.job.spec.schedulingPolicy?.gang ?? "Auto");
    return {
      spec,
      status: pass.status,
      workers,
      cancelRequested: cancel,
      suspendRequested: suspend,
      ...(gang.needs !== undefined && { gang: { minCount: gangContext.minCount, needs: gang.needs, isReplaceable } }),
      ...(pass.admission?.queued && { queued: pass.admission.queued }),
      checkpointStep: pass.track.facts.lastCheckpoint?.step ?? 0,
      outage: pass.track.facts.outage,
      ...this.#roomFor(pass, { spec, status: pass.status, workers }),
    };
  }

  /** Whether there is room for pods that are held back, or for those that a job would have more. */
  #roomFor(
    pass: PodPass,
    seen: Pick<Observed, "spec" | "status" | "workers">,
  ): Pick<Observed, "fits" | "room" | "shortage"> {
    const { surroundings } = this.#options;
    if (surroundings === undefined) return {};
    const isGated = seen.workers.some(
      ({ process }) => process.state === "starting" && process.waitsFor === "admission",
    );
    if (isGated) {
      if (this.#admissions > 0) return { fits: false };
      const { fits, trainers, shortage } = surroundings.fit(this.#pods(pass), this.now());
      return { fits, room: trainers, ...(shortage && { shortage }) };
    }
    // Of Volcano's queues the quota is not ours to know; what Kueue admitted is all that the job asks for.
    const isQueued = pass.job.spec.schedulingPolicy?.queue !== undefined && pass.admission === undefined;
    if (isQueued || !mayGrow(seen, this.now())) return {};
    return { room: surroundings.fit(this.#further(pass, seen), this.now()).trainers };
  }

  /** The trainers that a job would have besides those that it has, as if they were held back. */
  #further(pass: PodPass, seen: Pick<Observed, "spec" | "status">): readonly Pod[] {
    const context = { ...this.#contextOf(pass), gang: GANGS.Gates };
    const size = sizeOf(seen);
    return Array.from({ length: seen.spec.workers - size }, (_, index) =>
      podOf(context, { role: "trainer", rank: size + index, attempt: seen.status.attempt }),
    );
  }

  kept(pass: PodPass): JobStatus {
    return readStatus(this.#current(pass));
  }

  async write(pass: PodPass): Promise<void> {
    const { log, events } = this.#options;
    const { track, status, resolved } = pass;
    const job = this.#current(pass);
    const before = readStatus(job);
    if (isTerminal(before.phase)) return; // how it ended stays
    const runDir = resolved === UNRESOLVED ? job.status?.workDir : foldersOf(job, resolved).runDir;
    const { facts } = track;
    const next = writeStatus({ job, status, workers: this.#workers(pass), facts, runDir, now: this.now() });
    await this.#executor.writeStatus(job, next);
    this.#options.onStatus({ job, before, now: status, at: this.now() });
    const { phase, reason, message } = status;
    if (phase !== before.phase) log.info(message, { job: pass.name, phase, reason });
    const happened = eventsBetween(
      { status: before, checkpoint: job.status?.lastCheckpoint },
      { status, checkpoint: facts.lastCheckpoint },
    );
    for (const event of happened) events.tell(job, { event, track });
  }

  /** The group of the attempt before goes. */
  async begin(pass: PodPass): Promise<void> {
    const { gang, gangContext, attempt } = this.#contextOf(pass);
    const earlier = gang.group({ ...gangContext, attempt: attempt - 1 });
    if (earlier && gang.type) await this.#executor.delete(gang.type, earlier);
  }

  /** What a start has left out that failed or was broken off: where all pods are there, no other follows. */
  async mend(pass: PodPass): Promise<void> {
    const { phase, created, attempt } = pass.status;
    if (created || isTerminal(phase) || pass.track.preparedAttempt === attempt) return;
    if (this.#pods(pass).some((pod) => workerOf(pod)?.attempt === attempt)) {
      await this.#prepare(pass, this.#contextOf(pass));
    }
  }

  /** All at once: schedulers hold pods back whose group is not there yet, and kubelet those whose config is not. */
  async start(pass: PodPass, workers: readonly WorkerName[]): Promise<void> {
    const context = { ...this.#contextOf(pass), podSets: await pass.admission?.podSets() };
    requireGang(context.gang, this.#options.gangs());
    const isPrepared = pass.track.preparedAttempt === context.attempt;
    const works = [
      ...(isPrepared ? [] : [() => this.#prepare(pass, context)]),
      () => this.#executor.start(context, workers),
    ];
    await mapLimited(works, works.length, (work) => work());
  }

  /** While pods of one job are let in, the others see no room: what is taken shows only afterwards. */
  async admit({ job }: PodPass, workers: readonly WorkerName[]): Promise<void> {
    this.#admissions += 1;
    try {
      await this.#executor.admit(job, workers);
    } finally {
      this.#admissions -= 1;
    }
  }

  async stop({ job }: PodPass, workers: readonly WorkerName[]): Promise<void> {
    await this.#executor.stop(job, workers);
  }

  async remove({ job }: PodPass, workers: readonly WorkerName[]): Promise<void> {
    await this.#executor.remove(job, workers);
  }

  async deleteJob({ job }: PodPass): Promise<void> {
    await this.#executor.deleteJob(job);
  }

  refused(status: JobStatus, error: PetageError): JobStatus | undefined {
    return statusOfRefusal(status, error);
  }

  nextChange(pass: PodPass): Instant | null {
    return nextStuckTime(this.#pods(pass), this.now());
  }

  /** As far as its queue lets it. */
  #spec(pass: PodPass): JobSpec {
    const spec = jobSpecOf(this.#current(pass), pass.resolved);
    return { ...spec, workers: Math.min(spec.workers, pass.admission?.trainers ?? Infinity) };
  }

  #pods({ job }: PodPass): readonly Pod[] {
    return this.#options.pods.ownedBy(job.metadata.uid ?? "");
  }

  #workers(pass: PodPass): readonly ObservedWorker[] {
    const { job, status, track } = pass;
    const { endings } = track;
    const seen = { name: job.metadata.name, spec: this.#spec(pass), status, pods: this.#pods(pass), endings };
    return observeWorkers(seen, this.now());
  }

  /** The newest state of the job that we know; one that was made anew under its name is another. */
  #current({ job }: PodPass): TrainingJobObject {
    const known = this.#options.jobs.get(keyOf(job));
    return known !== undefined && known.metadata.uid === job.metadata.uid ? known : job;
  }

  async #prepare({ job, resolved, track }: PodPass, { gang, gangContext, attempt }: AttemptContext): Promise<void> {
    const group = gang.group(gangContext);
    const config =
      attempt === 0 && resolved.configText ? configMapOf(job, resolved, this.#options.settings.instance) : undefined;
    await Promise.all([
      config && this.#executor.ensure(CONFIG_MAPS, config),
      group && gang.type && this.#executor.ensure(gang.type, group),
    ]);
    track.preparedAttempt = attempt;
  }

  #contextOf(pass: PodPass): AttemptContext {
    const { track, resolved, status } = pass;
    const checkpoint = track.facts.lastCheckpoint?.uri;
    return attemptContext({
      job: this.#current(pass),
      settings: this.#options.settings,
      resolved,
      gangs: this.#options.gangs(),
      isGangIgnored: status.gangIgnored,
      attempt: status.attempt,
      size: sizeOf({ spec: this.#spec(pass), status }),
      ...(status.attempt > 0 && checkpoint !== undefined && { resumeFrom: checkpoint }),
      excludedNodes: excludedNodes(status),
    });
  }
}

/** Of a job that has ended, or whose config is invalid. */
export const UNRESOLVED: ResolvedJob = {
  configName: "",
  configText: "",
  workDir: undefined,
  validates: false,
  maxEpochs: 0,
  resume: false,
  loadFrom: undefined,
};
