import { createHash } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import { aborted } from "#lib/base/signals.ts";
import type { JobEvent } from "#lib/jobs/job-events.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import { EVENTS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import type { PodTrack } from "./tracks.ts";

/** What the API server takes of a note. */
const MAX_NOTE_CHARACTERS = 1024;
const NAME_DIGITS = 16;
/** Events that wait to be recorded; further ones are lost. */
const MAX_WAITING_EVENTS = 10_000;
/** How long those that wait are still recorded when the controller ends. */
const FLUSH_MS = 2_000;

export interface EventsOptions {
  readonly client: KubeClient;
  readonly component: string;
  readonly log: Log;
}

interface EventObject extends KubeObject {
  readonly count?: number;
}

/** Something that happened to a job, and what the job has been told before. */
export interface Happening {
  readonly event: JobEvent;
  readonly track: Pick<PodTrack, "told">;
}

/**
 * Records what happened to jobs where `kubectl describe` shows it, one after the other, while nobody waits for it: events
 * are for people. What happens again is the same event, counted, also by another controller. Failing at it costs nobody
 * anything.
 */
export class EventRecorder {
  readonly #options: EventsOptions;
  readonly #waiting = new BoundedQueue<() => Promise<void>>(MAX_WAITING_EVENTS);

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  tell(job: KubeObject, { event, track }: Happening): void {
    const told = eventOf(job, event, this.#options);
    if (this.#waiting.offer(() => record(this.#options, told, track))) return;
    const { reason } = event;
    this.#options.log.debug("Lost an event: too many wait", { job: job.metadata.name, reason });
  }

  /** Until the signal aborts; what waits then has a moment to be recorded. */
  async run(signal: AbortSignal): Promise<void> {
    const last = aborted(signal).then(() => {
      this.#waiting.end();
      return performance.now() + FLUSH_MS;
    });
    for await (const write of this.#waiting) {
      if (signal.aborted && performance.now() > (await last)) return;
      await write();
    }
  }
}

async function record(options: EventsOptions, event: Told, track: Happening["track"]): Promise<void> {
  const { reason, involvedObject } = event;
  try {
    track.told.set(reason, await tell(options, event, track.told.get(reason)));
  } catch (thrown) {
    const error = PetageError.from(thrown).describe();
    options.log.debug("Could not record an event", { job: involvedObject.name, reason, error });
  }
}

/** @param known how often it was told before, where that is known. Returns how often it has been told by now. */
async function tell({ client }: EventsOptions, event: Told, known: number | undefined): Promise<number> {
  const { namespace, name } = event.metadata;
  if (known === undefined) {
    const isNew = await client.create<KubeObject>(EVENTS, event).then(() => true, unlessCode("ALREADY_EXISTS"));
    if (isNew) return 1;
  }
  const before = known ?? (await client.get<EventObject>(EVENTS, { namespace, name })).count ?? 1;
  const patch = { count: before + 1, message: event.message, lastTimestamp: event.lastTimestamp };
  const isThere = await client
    .merge<KubeObject>(EVENTS, { namespace, name }, { patch })
    .then(() => true, unlessCode("NOT_FOUND"));
  if (isThere) return before + 1;
  await client.create<KubeObject>(EVENTS, event); // the API server forgets events after an hour
  return 1;
}

function unlessCode(code: PetageError["code"]): (error: unknown) => false {
  return (error) => {
    if (PetageError.from(error).code !== code) throw error;
    return false;
  };
}

type Told = ReturnType<typeof eventOf>;

function eventOf(job: KubeObject, { type, reason, message }: JobEvent, { component }: EventsOptions) {
  const { namespace = "", name, uid = "", resourceVersion } = job.metadata;
  const digits = createHash("sha256").update(`${uid} ${reason}`).digest("hex").slice(0, NAME_DIGITS);
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${digits}`, namespace },
    involvedObject: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: message.slice(0, MAX_NOTE_CHARACTERS),
    source: { component },
    reportingComponent: "petage.dev/controller",
    reportingInstance: component,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
