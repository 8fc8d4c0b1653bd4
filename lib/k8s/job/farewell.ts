import type { JobEvent } from "#lib/jobs/job-events.ts";
import type { Instant } from "#lib/jobs/job-state.ts";
import { controllerOf } from "#lib/k8s/objects.ts";
import { CLEANER } from "./cleaner.ts";
import { LABELS, MANAGED_BY, workerOf } from "./names.ts";
import { exitOf, nextStuckTime } from "./observe.ts";
import type { Pod } from "./pod.ts";
import type { JobSettings } from "./settings.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** Keeps a job there, once it is deleted, until its folder has been removed. */
export const CHECKPOINTS_FINALIZER = "petage.dev/checkpoints";
/** Bears it what `kubectl delete --cascade=orphan` deletes, until the garbage collector has freed what belongs to it. */
const ORPHAN_FINALIZER = "orphan";
/** How often its removal is tried. */
export const MAX_CLEANERS = 3;
/** How long a deleted job waits for the end of its pods and for its folder, as far as this controller has seen it. */
export const FAREWELL_MS = 900_000;

export interface Leaving {
  readonly job: TrainingJobObject;
  /** All that bear the job's uid, as the API server has them now. */
  readonly pods: readonly Pod[];
  /** Since when this controller sees the job being deleted. */
  readonly since: Instant;
}

/** What is next for a job that is being deleted. */
export type FarewellStep =
  /** Its pods have to end, or its folder is being removed: until then, or until something happens. */
  | { readonly kind: "wait"; readonly until: Instant }
  | { readonly kind: "stop" }
  /** Its folder is to be removed; so many tries went before. */
  | { readonly kind: "clean"; readonly tried: number }
  /** Nothing keeps it any longer. */
  | { readonly kind: "let-go"; readonly folder: FolderEnd };

/** What has become of the folder: there was none to remove, it is gone, or it stays. */
export type FolderEnd = "none" | "removed" | { readonly why: string };

/** Whether the job's folder goes with it; not that of a job that somebody else runs. */
export function leavesNothing({ spec }: TrainingJobObject): boolean {
  return spec.checkpoint?.retain === "Never" && (spec.managedBy ?? MANAGED_BY) === MANAGED_BY;
}

export function isHeld({ metadata }: TrainingJobObject): boolean {
  return metadata.finalizers?.includes(CHECKPOINTS_FINALIZER) ?? false;
}

/** The job's finalizers as they should be while it lives; undefined where they are so. */
export function wantedFinalizers(job: TrainingJobObject): readonly string[] | undefined {
  if (leavesNothing(job) === isHeld(job)) return undefined;
  return isHeld(job) ? finalizersWithout(job) : [...(job.metadata.finalizers ?? []), CHECKPOINTS_FINALIZER];
}

export function finalizersWithout({ metadata }: TrainingJobObject): readonly string[] {
  return (metadata.finalizers ?? []).filter((finalizer) => finalizer !== CHECKPOINTS_FINALIZER);
}

/** The folder is removed only when every worker has ended: it must not come back. */
export function nextFarewell({ job, pods, since }: Leaving, now: Instant): FarewellStep {
  if (!leavesNothing(job) || !hasWritten(job, pods)) return { kind: "let-go", folder: "none" };
  const cleaners = pods.filter(({ metadata }) => metadata.labels?.[LABELS.role] === CLEANER);
  if (cleaners.some(({ status }) => status?.phase === "Succeeded")) return { kind: "let-go", folder: "removed" };
  const keep = (why: string): FarewellStep => ({ kind: "let-go", folder: { why } });
  const workers = pods.filter((pod) => workerOf(pod) && exitOf(pod, now) === undefined);
  const areSpared = job.metadata.finalizers?.includes(ORPHAN_FINALIZER) ?? false;
  if (workers.some((pod) => areSpared || controllerOf(pod) !== job.metadata.uid)) {
    return keep("its pods were to outlive it");
  }
  const until = since + FAREWELL_MS;
  if (workers.length > 0) {
    if (now >= until) return keep(`${workers.length} of its pods have not ended after ${FAREWELL_MS / 60_000} minutes`);
    if (workers.some(({ metadata }) => metadata.deletionTimestamp === undefined)) return { kind: "stop" };
    return { kind: "wait", until: Math.min(until, nextStuckTime(workers, now) ?? until) };
  }
  const failed = cleaners.flatMap((pod) => exitOf(pod, now) ?? []);
  const [last] = failed.toSorted((one, other) => other.at - one.at);
  if (failed.length >= MAX_CLEANERS) return keep(`${failed.length} tries failed: ${last?.message || last?.reason}`);
  if (now >= until) return keep(`it could not be removed within ${FAREWELL_MS / 60_000} minutes`);
  return failed.length < cleaners.length ? { kind: "wait", until } : { kind: "clean", tried: cleaners.length };
}

/** Whether there may be a folder: any of its pods began, or is there yet. */
function hasWritten({ status = {} }: TrainingJobObject, pods: readonly Pod[]): boolean {
  if (status.workDir === undefined) return false;
  return pods.length > 0 || status.startTime !== undefined || (status.attempt ?? 0) > 0;
}

/** What people should know of the end of a folder, with where to find one that stays. */
export function farewellEvent(job: TrainingJobObject, folder: FolderEnd, settings: JobSettings): JobEvent | undefined {
  const { workDir = "" } = job.status ?? {};
  if (folder === "none") return undefined;
  if (folder === "removed") {
    return { type: "Normal", reason: "CheckpointsRemoved", message: `${workDir} has been removed` };
  }
  const { claimName = settings.outputClaim } = job.spec.checkpoint?.persistentVolumeClaim ?? {};
  const message = `${workDir} stays on the claim ${claimName}: ${folder.why}. Remove it by hand`;
  return { type: "Warning", reason: "CheckpointsKept", message };
}
