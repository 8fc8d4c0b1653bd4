import { PetageError } from "#lib/base/errors.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import { POLL_INTERVAL_MS, reconcile, report, write } from "#lib/jobs/reconcile.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { readStatus } from "#lib/jobs/status.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { MANAGED_BY } from "#lib/k8s/job/names.ts";
import { statusWithoutConfig } from "#lib/k8s/job/refusal.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf } from "#lib/k8s/objects.ts";
import { Farewell } from "./farewell.ts";
import type { Kueue } from "./kueue.ts";
import { PodLauncher, UNRESOLVED } from "./launcher.ts";
import type { PodLauncherOptions, PodPass } from "./launcher.ts";
import { ConfigResolver } from "./resolve.ts";
import type { Tracks } from "./tracks.ts";

export interface ReconcilerOptions extends PodLauncherOptions {
  readonly tracks: Tracks;
  readonly kueue: Kueue;
}

/** Brings the jobs of a cluster to where they should be, each by its key. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #launcher: PodLauncher;
  readonly #configs: ConfigResolver;
  readonly #farewell: Farewell;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#launcher = new PodLauncher(options);
    this.#configs = new ConfigResolver(options.client);
    this.#farewell = new Farewell(options);
  }

  /** One pass over one job; says after how long to pass again, ms, if at all. */
  async reconcile(key: string): Promise<number | undefined> {
    const job = this.#options.jobs.get(key);
    if (!job || job.metadata.deletionTimestamp !== undefined) {
      await this.#options.kueue.release(key);
      return job && (await this.#farewell.leave(job));
    }
    if ((job.spec.managedBy ?? MANAGED_BY) !== MANAGED_BY) return undefined;
    return await this.#advance(await this.#farewell.hold(job));
  }

  async #advance(job: TrainingJobObject): Promise<number | undefined> {
    const track = this.#options.tracks.of(job, this.#options.pods.ownedBy(job.metadata.uid ?? ""));
    const pass: PodPass = { name: keyOf(job), job, track, status: readStatus(job), resolved: UNRESOLVED };
    const resolved = await this.#resolve(pass);
    if (resolved === undefined) return this.#launcher.kept(pass).phase === "Failed" ? undefined : POLL_INTERVAL_MS;
    const { kueue } = this.#options;
    if (kueue.queueOf(job) !== undefined && !kueue.isReady(job.metadata.namespace ?? "")) return undefined; // it says when it is
    const queued = { job, resolved, status: pass.status };
    const { admission, failure } = await this.#reporting(pass, () => kueue.sync(queued));
    const known = { ...pass, resolved, admission };
    await this.#reporting(pass, () => this.#launcher.mend(known));
    const waitMs = await reconcile(known, this.#launcher);
    if (failure) throw failure; // it is tried again soon
    return waitMs;
  }

  /** Does something for a job; the job's status says why where that cannot be done. */
  async #reporting<T>(pass: PodPass, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      await report(pass, PetageError.from(thrown), this.#launcher);
      throw thrown;
    }
  }

  /** The config of a job, where one is needed; undefined where it is invalid or not there, as the status says then. */
  async #resolve(pass: PodPass): Promise<ResolvedJob | undefined> {
    const { job, track, status } = pass;
    if (track.resolved) return track.resolved;
    if (isTerminal(status.phase) || job.spec.runPolicy?.cancel === true) return UNRESOLVED;
    try {
      track.resolved = await this.#configs.resolve(job);
      for (const warning of track.resolved.warnings ?? []) this.#options.log.warn(warning, { job: pass.name });
      return track.resolved;
    } catch (thrown) {
      const error = PetageError.from(thrown);
      if (error instanceof KubeError || error.code === "UNAVAILABLE") {
        await report(pass, error, this.#launcher);
        throw error;
      }
      pass.status = statusWithoutConfig(job, status, { error, now: this.#options.now() });
      await write(pass, this.#launcher);
      return undefined;
    }
  }
}
