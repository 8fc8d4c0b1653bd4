import type { Log } from "#lib/base/log.ts";
import type { Instant } from "#lib/jobs/job-state.ts";
import { POLL_INTERVAL_MS } from "#lib/jobs/reconcile.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { cleanerOf } from "#lib/k8s/job/cleaner.ts";
import { farewellEvent, finalizersWithout, isHeld, nextFarewell, wantedFinalizers } from "#lib/k8s/job/farewell.ts";
import type { FolderEnd } from "#lib/k8s/job/farewell.ts";
import { podSelector, WORKER_ROLES } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { ALIVE, keyOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import type { EventRecorder } from "./events.ts";
import type { PodTrack, Tracks } from "./tracks.ts";

export interface FarewellOptions {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly settings: JobSettings;
  readonly tracks: Tracks;
  readonly events: Pick<EventRecorder, "tell">;
  readonly log: Log;
  /** Throws when this process may not write any more. */
  mayWrite(): void;
  now(): Instant;
}

/** Sees to it that the folder of a job goes with the job, where the job says so. Everything it does may be done twice. */
export class Farewell {
  readonly #options: FarewellOptions;

  constructor(options: FarewellOptions) {
    this.#options = options;
  }

  /** Before anything of a job is created: whether its deletion is to wait for us. Returns the job as it is then. */
  async hold(job: TrainingJobObject): Promise<TrainingJobObject> {
    const finalizers = wantedFinalizers(job);
    return finalizers === undefined ? job : await this.#setFinalizers(job, finalizers);
  }

  /** One step of a job that is being deleted; says after how long to take the next one, ms, if there is any. */
  async leave(job: TrainingJobObject): Promise<number | undefined> {
    if (!isHeld(job)) return undefined; // its pods go with it
    const { client, tracks, now } = this.#options;
    const { namespace = "", uid = "" } = job.metadata;
    // Asked now: what a watch has not brought yet may be a pod that writes.
    const { items: pods } = await client.list<Pod>(PODS, { namespace, query: { labelSelector: podSelector(uid) } });
    const track = tracks.of(job, pods);
    track.leavingSince ??= now();
    const step = nextFarewell({ job, pods, since: track.leavingSince }, now());
    switch (step.kind) {
      case "wait":
        return step.until - now();
      case "stop":
        await this.#stop(job);
        return POLL_INTERVAL_MS;
      case "clean":
        return await this.#clean(job, step.tried, track);
      case "let-go":
        return await this.#letGo(job, step.folder, track);
    }
  }

  async #stop({ metadata: { namespace = "", uid = "" } }: TrainingJobObject): Promise<void> {
    const labelSelector = podSelector(uid, undefined, WORKER_ROLES);
    const place = { namespace, labelSelector, fieldSelector: ALIVE };
    await this.#write(() => this.#options.client.deleteCollection(PODS, place));
  }

  async #clean(job: TrainingJobObject, tried: number, track: PodTrack): Promise<number | undefined> {
    const { client, settings } = this.#options;
    try {
      await this.#write(() => client.createBriefly(PODS, cleanerOf(job, settings, tried)));
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.isOfEndingNamespace) return await this.#letGo(job, { why: "its namespace is being deleted" }, track);
      if (error.reason !== "AlreadyExists") throw error;
    }
    return POLL_INTERVAL_MS;
  }

  async #letGo(job: TrainingJobObject, folder: FolderEnd, track: PodTrack): Promise<undefined> {
    const { events, log, settings } = this.#options;
    await this.#setFinalizers(job, finalizersWithout(job)).catch(unlessGone);
    const event = farewellEvent(job, folder, settings);
    if (event === undefined) return;
    log[event.type === "Normal" ? "info" : "warn"](event.message, { job: keyOf(job), reason: event.reason });
    events.tell(job, { event, track });
  }

  async #setFinalizers(job: TrainingJobObject, finalizers: readonly string[]): Promise<TrainingJobObject> {
    const { client, jobs } = this.#options;
    const { namespace = "", name, resourceVersion } = job.metadata;
    const patch = { metadata: { resourceVersion, finalizers } };
    const place = { namespace, name };
    const written = await this.#write(() => client.merge<TrainingJobObject>(TRAINING_JOBS, place, { patch }));
    jobs.wrote(written, resourceVersion);
    return jobs.get(keyOf(job)) ?? written;
  }

  async #write<T>(call: () => Promise<T>): Promise<T> {
    this.#options.mayWrite();
    return await call();
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof KubeError) || error.status !== 404) throw error;
}
