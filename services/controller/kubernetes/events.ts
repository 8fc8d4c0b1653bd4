import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import type { JobStatus } from "#lib/jobs/job-state.ts";
import type { PodTrack } from "./tracks.ts";

const EVENTS: ResourceType = { group: "", version: "v1", plural: "events" };
/** What the API server takes of a note. */
const MAX_NOTE_CHARACTERS = 1024;

/** What is worth an event: not the straight way of a job, which its status shows, but what leads off it. */
const NORMAL: ReadonlySet<string> = new Set(["Suspended", "Resizing", "Cancelled"]);
const SILENT: ReadonlySet<string> = new Set([
  "Accepted",
  "Resumed",
  "Starting",
  "WaitingForNodes",
  "Training",
  "Restarting",
  "Completed",
]);

export interface EventsOptions {
  readonly client: KubeClient;
  readonly component: string;
  readonly log: Log;
}

/** Records what happened to a job where `kubectl describe` shows it. Failing at it costs nobody anything. */
export async function recordEvent(
  { client, component, log }: EventsOptions,
  job: TrainingJobObject,
  { status: { reason, message, attempt }, track }: { readonly status: JobStatus; readonly track: PodTrack },
): Promise<void> {
  const key = `${attempt} ${reason}`;
  if (SILENT.has(reason) || track.lastEvent === key) return;
  track.lastEvent = key;
  const { namespace = "", name, uid, resourceVersion } = job.metadata;
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid, resourceVersion },
    type: NORMAL.has(reason) ? "Normal" : "Warning",
    reason,
    message: message.slice(0, MAX_NOTE_CHARACTERS),
    source: { component },
    reportingComponent: "petage.dev/controller",
    reportingInstance: component,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
  try {
    await client.create(EVENTS, event as unknown as KubeObject);
  } catch (error) {
    log.debug("Could not record an event", { job: name, reason, error: PetageError.from(error).describe() });
  }
}
