import { steadyClock } from "#lib/base/clock.ts";
import type { Clock } from "#lib/base/clock.ts";
import type { Log } from "#lib/base/log.ts";
import type { Metrics } from "#lib/base/metrics.ts";
import { SECONDS_BUCKETS } from "#lib/base/metrics.ts";
import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { discoverGangs } from "#lib/k8s/job/gang.ts";
import type { Gang } from "#lib/k8s/job/pod-group.ts";
import { LABELS } from "#lib/k8s/job/names.ts";
import { slimPod } from "#lib/k8s/job/pod.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { Leadership } from "#lib/k8s/lease.ts";
import { ALIVE, ALL_NAMESPACES, NODES, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import type { ReflectorOptions } from "#lib/k8s/reflector.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { Store } from "#lib/k8s/store.ts";
import { WorkQueue } from "#lib/k8s/work-queue.ts";
import { runWorkers } from "#lib/k8s/workers.ts";
import type { Access } from "#lib/rpc/access/access.ts";
import { systemClock } from "#lib/system/clock.ts";
import { EventRecorder } from "./events.ts";
import { jobMetrics } from "../metrics.ts";
import { followProgress } from "./progress.ts";
import { Kueue } from "./kueue.ts";
import { Reconciler } from "./reconciler.ts";
import { Strangers } from "./strangers.ts";
import { Surroundings } from "./surroundings.ts";
import { Tracks } from "./tracks.ts";

/** Jobs that are reconciled at a time: two keep the API server busy, more wait for each other's writes. */
const WORKERS = 2;
/** Pods of a job change together: one pass for all that happens to them within this time. */
const POD_CHANGES_MS = 50;
/** How often all jobs are reconciled, though nothing was heard of them. */
const RESYNC_INTERVAL_MS = 600_000;
/** A cluster gets a scheduler of gangs now and then. */
const DISCOVERY_INTERVAL_MS = 600_000;
/** Watches that bring nothing for longer, not even a bookmark, are dead and the stores stale. */
export const MAX_SILENCE_MS = 180_000;

export interface KubernetesOptions {
  readonly client: KubeClient;
  readonly settings: JobSettings;
  /** Where jobs are; each has its own watches, as has `ALL_NAMESPACES`. */
  readonly namespaces: readonly string[];
  /** Whether it may list the jobs of other namespaces, to tell them that nobody runs them; by default it may not. */
  readonly readJobs?: boolean;
  readonly readNodes: boolean;
  /** Whether it may list the pods of others, too; by default it may not. */
  readonly readPods?: boolean;
  /** Whether it may use Kueue's Workloads; by default it may not. */
  readonly useKueue?: boolean;
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string };
  /** How the trainers of jobs are asked. */
  readonly access?: Access;
  readonly log: Log;
  readonly metrics: Metrics;
  /** By default the system's. */
  readonly clock?: Clock;
}

type Watched = Pick<Reflector<KubeObject>, "run" | "synced" | "answered" | "silenceMs" | "isForbidden" | "lists">;

/** The controller of a cluster: watches jobs and pods, and where it leads, runs the jobs. */
export class KubernetesController implements Disposable {
  readonly #options: KubernetesOptions;
  readonly jobs = new Store<TrainingJobObject>();
  readonly pods = new Store<Pod>(slimPod);
  readonly #now: () => number;
  readonly #tracks: Tracks;
  readonly #queue = new WorkQueue();
  readonly #reflectors: Watched[] = [];
  /** Those of each namespace with jobs: it is left alone until all that is in it has been seen. */
  readonly #sights = new Map<string, readonly Watched[]>();
  /** Jobs of others; undefined where it may not see them, or where there are none. */
  readonly #strangers: Strangers | undefined;
  readonly #leadership: Leadership;
  readonly #kueue: Kueue;
  readonly #reconciler: Reconciler;
  readonly #events: EventRecorder;
  readonly #reconciled: (seconds: number) => void;
  #gangs: readonly Gang[] = [];

  constructor(options: KubernetesOptions) {
    const { client, settings, namespaces, readNodes, readPods = false, lease, log, metrics } = options;
    const mayWrite = (): void => this.#mayWrite();
    this.#options = options;
    this.#now = steadyClock(options.clock ?? systemClock);
    this.#tracks = new Tracks(this.#now);
    const ours = `${LABELS.instance}=${settings.instance}`;
    for (const namespace of namespaces) {
      this.#see(namespace, [
        this.#reflect(TRAINING_JOBS, this.jobs, { namespace }),
        this.#reflect(PODS, this.pods, { namespace, labelSelector: ours }),
      ]);
    }
    const surroundings = readNodes ? new Surroundings(this.pods) : undefined;
    if (surroundings) {
      this.#reflect(NODES, surroundings.nodes, {});
      const others = { labelSelector: `${LABELS.instance}!=${settings.instance}`, fieldSelector: ALIVE };
      if (readPods) this.#reflect(PODS, surroundings.others, others);
    }
    this.#events = new EventRecorder({ client, component: lease.identity, log });
    if (options.readJobs && !namespaces.includes(ALL_NAMESPACES)) {
      const { fieldSelector, store } = (this.#strangers = new Strangers({
        namespaces,
        events: this.#events,
        log,
        mayWrite,
        now: this.#now,
      }));
      this.#reflect(TRAINING_JOBS, store, { fieldSelector });
    }
    this.#leadership = new Leadership({ client, log, ...lease });
    const writing = { mayWrite, now: this.#now };
    this.#kueue = new Kueue({
      client,
      isAllowed: options.useKueue ?? false,
      namespaces,
      pods: this.pods,
      settings,
      gangs: () => this.#gangs,
      log,
      ...writing,
    });
    this.#reconciler = new Reconciler({
      client,
      jobs: this.jobs,
      pods: this.pods,
      surroundings,
      tracks: this.#tracks,
      settings,
      kueue: this.#kueue,
      gangs: () => this.#gangs,
      events: this.#events,
      onStatus: jobMetrics(metrics, () => (this.isLeader ? this.jobs.all() : [])),
      log,
      ...writing,
    });
    this.#enqueueChanges();
    this.#reconciled = this.#measure(metrics);
  }

  /** Whether this replica runs the jobs now. */
  get isLeader(): boolean {
    return this.#leadership.held;
  }

  /** Whether the stores can be believed: false when nothing was heard from the API server for minutes. */
  get isAlive(): boolean {
    return this.#reflectors.every(({ silenceMs }) => silenceMs < MAX_SILENCE_MS);
  }

  /** Resolves when all stores have been filled, as far as the cluster lets it. */
  async synced(signal: AbortSignal): Promise<void> {
    await abortable(Promise.all(this.#reflectors.map(({ answered }) => answered)), signal);
  }

  /** Runs until the signal aborts. Throws UNAVAILABLE when leadership was lost: the process should end then. */
  async run(signal: AbortSignal): Promise<void> {
    const watching = Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
    await this.synced(signal);
    await this.#leadership.run(signal, (leading) => this.#lead(leading));
    await watching;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { access, log } = this.#options;
    const { jobs, pods } = this;
    await this.#discover(signal);
    const discovery = setInterval(() => void this.#discover(signal), DISCOVERY_INTERVAL_MS);
    const resync = setInterval(() => this.#enqueueAll(), RESYNC_INTERVAL_MS);
    this.#enqueueAll();
    const reconcile = (key: string): Promise<number | undefined> => this.#reconcile(key);
    const onChange = (key: string): void => this.#queue.add(key);
    try {
      await Promise.all([
        runWorkers({ queue: this.#queue, count: WORKERS, reconcile, log }, signal),
        this.#strangers?.run(signal),
        this.#events.run(signal),
        this.#kueue.run(signal, () => this.#enqueueAll()),
        followProgress({ jobs, pods, tracks: this.#tracks, access, log, now: this.#now, onChange }, signal),
      ]);
    } finally {
      clearInterval(discovery);
      clearInterval(resync);
    }
  }

  async #reconcile(key: string): Promise<number | undefined> {
    const sight = this.#sights.get(key.slice(0, key.indexOf("/"))) ?? this.#sights.get(ALL_NAMESPACES) ?? [];
    if (sight.some(({ lists }) => lists === 0)) return undefined; // it comes again once all of its namespace is seen
    const startedAt = performance.now();
    try {
      return await this.#reconciler.reconcile(key);
    } finally {
      this.#reconciled((performance.now() - startedAt) / 1000);
    }
  }

  async #discover(signal: AbortSignal): Promise<void> {
    try {
      this.#gangs = await discoverGangs(this.#options.client, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#options.log.warn("Cannot see which schedulers there are", { error: PetageError.from(thrown).describe() });
    }
  }

  #mayWrite(): void {
    if (this.#leadership.held) return;
    throw new PetageError("UNAVAILABLE", "This replica does not lead any more; it writes nothing");
  }

  #reflect<T extends KubeObject>(
    type: ResourceType,
    store: Store<T>,
    place: Pick<ReflectorOptions<T>, "namespace" | "labelSelector" | "fieldSelector">,
  ): Watched {
    const { client, log } = this.#options;
    const reflector = new Reflector<T>({ client, type, store, log, ...place });
    this.#reflectors.push(reflector);
    return reflector;
  }

  /** Begins with the jobs of a namespace when all that it needs of that has been seen. */
  #see(namespace: string, reflectors: readonly Watched[]): void {
    this.#sights.set(namespace, reflectors);
    void Promise.all(reflectors.map(({ synced }) => synced)).then(() => this.#enqueueAll());
  }

  #enqueueChanges(): void {
    this.jobs.onChange(({ key, before, after }) => {
      if (after) this.#queue.add(key);
      else if (before) this.#tracks.forget(before.metadata.uid ?? "");
    });
    this.#kueue.onChange((key) => this.#queue.add(key));
    this.pods.onChange((change) => {
      this.#tracks.take(change);
      const { namespace, labels = {} } = (change.after ?? change.before)?.metadata ?? {};
      const [job, uid = ""] = [labels[LABELS.job], labels[LABELS.uid]];
      if (job === undefined) return;
      const key = `${namespace}/${job}`;
      this.#queue.addAfter(key, POD_CHANGES_MS);
      if (!change.after && this.jobs.get(key)?.metadata.uid !== uid) this.#tracks.forget(uid); // its job went before
    });
  }

  #enqueueAll(): void {
    for (const job of this.jobs.all()) this.#queue.add(`${job.metadata.namespace}/${job.metadata.name}`);
  }

  #measure(metrics: Metrics): (seconds: number) => void {
    metrics.gauge({
      name: "petage_controller_queue_length",
      help: "Jobs that wait to be looked at",
      collect: (gauge) => gauge.set(this.#queue.depth),
    });
    metrics.gauge({
      name: "petage_controller_namespace_forbidden",
      help: "Whether it may not watch this namespace, whose jobs it leaves alone",
      labels: ["namespace"],
      collect: (gauge) => {
        for (const [namespace, reflectors] of this.#sights) {
          gauge.set(reflectors.some(({ isForbidden }) => isForbidden) ? 1 : 0, { namespace: namespace || "*" });
        }
      },
    });
    metrics.gauge({
      name: "petage_controller_leader",
      help: "Whether this replica leads",
      collect: (gauge) => gauge.set(this.isLeader ? 1 : 0),
    });
    metrics.gauge({
      name: "petage_controller_watch_silence_seconds",
      help: "Longest time for which a watch has brought nothing, bookmarks included",
      collect: (gauge) => gauge.set(Math.max(0, ...this.#reflectors.map(({ silenceMs }) => silenceMs)) / 1000),
    });
    const histogram = metrics.histogram({
      name: "petage_controller_reconcile_seconds",
      help: "Time that one look at a job took, with what it led to",
      buckets: SECONDS_BUCKETS,
    });
    return (seconds) => histogram.observe(seconds);
  }

  [Symbol.dispose](): void {
    this.#queue[Symbol.dispose]();
    this.#strangers?.[Symbol.dispose]();
  }
}
