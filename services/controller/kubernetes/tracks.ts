import { workerOf } from "#lib/k8s/job/names.ts";
import { endingOf, terminationMessage } from "#lib/k8s/job/observe.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import { factsOf, withTermination } from "#lib/jobs/facts.ts";
import type { Track } from "#lib/jobs/reconcile.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { controllerOf } from "#lib/k8s/objects.ts";
import type { Change } from "#lib/k8s/store.ts";
import type { Exit } from "#lib/jobs/job-state.ts";
import { parseTermination } from "#lib/jobs/termination.ts";

/** Endings of pods that are remembered of one job; an attempt of 1024 workers ends with no more. */
const MAX_ENDINGS = 2048;

/** What the controller knows of a job besides the resource and its pods. Losing it costs a little precision, no more. */
export interface PodTrack extends Track {
  resolved: ResolvedJob | undefined;
  /** The attempt whose config and group have been made. */
  preparedAttempt: number | undefined;
  /** How pods ended that are gone, by name. */
  readonly endings: Map<string, Exit>;
  /** How often events were recorded, by their reasons. */
  readonly told: Map<string, number>;
  /** When the job was first seen being deleted. */
  leavingSince: number | undefined;
}

/** The tracks of all jobs, by uid, fed by what happens to pods. */
export class Tracks {
  readonly #tracks = new Map<string, PodTrack>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param pods all pods of the job; where it is seen for the first time they may know more than its status */
  of({ metadata: { uid = "" }, status }: TrainingJobObject, pods: readonly Pod[]): PodTrack {
    const track = this.#find(uid);
    if (track.attempt !== undefined) return track;
    track.attempt = status?.attempt ?? 0;
    track.facts = factsOf(status);
    for (const pod of pods) listen(track, pod, this.#now());
    return track;
  }

  /** Takes in what a change of a pod shows: the last words of its worker, and how it ended when it is gone. */
  take({ before, after }: Change<Pod>): void {
    const pod = after ?? before;
    const uid = pod && controllerOf(pod);
    if (pod === undefined || uid === undefined) return;
    const track = this.#find(uid);
    const now = this.#now();
    listen(track, pod, now);
    if (after === undefined) track.endings.set(pod.metadata.name, endingOf(pod, now));
    for (const oldest of track.endings.keys()) {
      if (track.endings.size <= MAX_ENDINGS) break;
      track.endings.delete(oldest);
    }
  }

  #find(uid: string): PodTrack {
    const track = this.#tracks.get(uid) ?? {
      resolved: undefined,
      facts: {},
      attempt: undefined,
      preparedAttempt: undefined,
      endings: new Map(),
      told: new Map(),
      leavingSince: undefined,
      unwrittenSince: undefined,
    };
    this.#tracks.set(uid, track);
    return track;
  }

  forget(uid: string): void {
    this.#tracks.delete(uid);
  }
}

/** The last words of a worker of the present attempt; what earlier ones said has been taken in. */
function listen(track: PodTrack, pod: Pod, now: number): void {
  if (workerOf(pod)?.attempt !== track.attempt) return;
  const words = terminationMessage(pod);
  const report = words === undefined ? undefined : parseTermination(words);
  if (report) track.facts = withTermination(track.facts, report, now);
}
