import { compact } from "#lib/base/compact.ts";
import type { Log } from "#lib/base/log.ts";
import { MANAGED_BY } from "#lib/k8s/job/names.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { NOT_WATCHED, unwatched } from "#lib/k8s/job/unwatched.ts";
import { Store } from "#lib/k8s/store.ts";
import { WorkQueue } from "#lib/k8s/work-queue.ts";
import { runWorkers } from "#lib/k8s/workers.ts";
import type { EventRecorder } from "./events.ts";

/** How long a job may be without a status: another controller may be about to give it one. */
const PATIENCE_MS = 30_000;
/** The API server forgets events after an hour. */
const RETELL_MS = 3_000_000;

export interface StrangersOptions {
  /** The namespaces whose jobs are ours. */
  readonly namespaces: readonly string[];
  readonly events: Pick<EventRecorder, "tell">;
  readonly log: Log;
  /** Throws when this process may not write any more. */
  mayWrite(): void;
  now(): number;
}

/** What one of them was told. */
interface Told {
  readonly counts: Map<string, number>;
  at: number;
}

/** Jobs of namespaces that this controller does not watch: where nobody runs them, an event says so. */
export class Strangers implements Disposable {
  readonly #options: StrangersOptions;
  readonly #queue = new WorkQueue();
  /** By uid. */
  readonly #told = new Map<string, Told>();
  /** A reflector fills it. */
  readonly store = new Store<TrainingJobObject>(slim);

  constructor(options: StrangersOptions) {
    this.#options = options;
    this.store.onChange(({ key, before, after }) => {
      if (after) this.#queue.add(key);
      else this.#told.delete(before?.metadata.uid ?? "");
    });
  }

  /** Selects them. */
  get fieldSelector(): string {
    return this.#options.namespaces.map((namespace) => `metadata.namespace!=${namespace}`).join(",");
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    await runWorkers({ queue: this.#queue, count: 1, reconcile: async (key) => this.#tell(key), log }, signal);
  }

  /** Returns after how long to look at it again, ms. */
  #tell(key: string): number | undefined {
    const job = this.store.get(key);
    if (!job || job.status || (job.spec.managedBy ?? MANAGED_BY) !== MANAGED_BY) return undefined; // somebody runs it
    const { namespaces, events, now, mayWrite } = this.#options;
    const { uid = "", namespace = "", creationTimestamp = "" } = job.metadata;
    const told = this.#told.get(uid);
    const dueAt = told ? told.at + RETELL_MS : Date.parse(creationTimestamp) + PATIENCE_MS;
    if (now() < dueAt) return dueAt - now();
    mayWrite();
    const { counts } = told ?? { counts: new Map<string, number>() };
    this.#told.set(uid, { counts, at: now() });
    const { message, hint } = unwatched(namespace, namespaces);
    const event = { type: "Warning", reason: NOT_WATCHED, message: `${message}. ${hint}` } as const;
    events.tell(job, { event, track: { told: counts } });
    return RETELL_MS;
  }

  [Symbol.dispose](): void {
    this.#queue[Symbol.dispose]();
  }
}

function slim({ metadata, spec, status }: TrainingJobObject): TrainingJobObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { managedBy } = spec;
  return {
    metadata: compact({ name, namespace, uid, resourceVersion, creationTimestamp }),
    spec: { config: {}, ...(managedBy !== undefined && { managedBy }) },
    ...(status && { status: {} }),
  };
}
