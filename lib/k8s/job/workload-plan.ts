import { isoTime, parseIsoTime } from "#lib/base/iso-time.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { Instant, JobStatus, Problem } from "#lib/jobs/job-state.ts";
import type { Condition } from "#lib/jobs/training-job.ts";
import { IN_USE } from "./kueue.ts";
import type { Workload } from "./kueue.ts";
import { priorityClassOfWorkload } from "./workload.ts";
import type { PriorityClassRef } from "./workload.ts";

// The job's part of Kueue's contract with those who run jobs of their own kind, pure: from how job and Workload stand to
// what is to be done next. As Kueue's own reconciler (pkg/controller/jobframework) does it for the kinds that it knows.

/** What a job asks of a queue. */
export interface Wanted {
  readonly queue: string;
  readonly trainers: number;
  /** Equal to `trainers` unless the job is elastic. */
  readonly minTrainers: number;
  readonly priorityClass: PriorityClassRef | undefined;
}

export interface WorkloadSeen {
  readonly workload: Workload | undefined;
  /** Undefined where the job wants nothing of a queue, or nothing more. */
  readonly wanted: Wanted | undefined;
  readonly status: Pick<JobStatus, "phase" | "message">;
  /** Whether pods of the job live. */
  readonly isActive: boolean;
}

export type WorkloadStep =
  | { readonly kind: "create" | "update" | "prioritize" | "delete" }
  /** Let it go: nothing of the job uses its quota any more. */
  | { readonly kind: "release" }
  | { readonly kind: "status"; readonly status: object };

/** Where a job stands that asks for a queue: why it may not run, or with how many trainers it may. */
export type Standing = { readonly queued: Problem } | { readonly trainers: number };

/** The next thing to do with the Workload of a job; undefined when there is nothing. Quota is given back after the pods. */
export function planWorkload(seen: WorkloadSeen, now: Instant): WorkloadStep | undefined {
  const { workload, wanted, status, isActive } = seen;
  if (workload === undefined) return wanted && !isActive ? { kind: "create" } : undefined;
  const isHeld = workload.metadata.finalizers?.includes(IN_USE) ?? false;
  const letGo: WorkloadStep | undefined = isHeld ? { kind: "release" } : undefined;
  if (isTerminal(status.phase)) return isTrue(workload, "Finished") ? letGo : finished(workload, status, now);
  if (workload.metadata.deletionTimestamp !== undefined) return isActive ? undefined : letGo;
  const step = planLiving(workload, wanted, now);
  if (step?.kind === "delete" || isEvicted(workload)) return isActive ? undefined : step;
  return step ?? planReadiness(workload, status, now);
}

function planLiving(workload: Workload, wanted: Wanted | undefined, now: Instant): WorkloadStep | undefined {
  if (wanted === undefined || isTrue(workload, "Finished")) return { kind: "delete" };
  if (isReserved(workload)) {
    if (isEvicted(workload)) return requeued(workload, now);
    if (!fits(workload, wanted)) return { kind: "delete" }; // what is admitted cannot be changed
    return isRanked(workload, wanted) ? undefined : { kind: "prioritize" };
  }
  const isSame = workload.spec.queueName === wanted.queue && fits(workload, wanted);
  const isOfClass = JSON.stringify(priorityClassOfWorkload(workload)) === JSON.stringify(wanted.priorityClass);
  return isSame && (isOfClass || wanted.priorityClass === undefined) ? undefined : { kind: "update" };
}

/** Why a job may not run, or with how many trainers. */
export function standingOf(workload: Workload | undefined, wanted: Wanted): Standing {
  const queued = (message: string, reason = "Queued"): Standing => ({ queued: { reason, message } });
  const waiting = `Waits in Kueue's queue ${wanted.queue}`;
  if (workload === undefined) return queued(waiting);
  const { metadata, status = {} } = workload;
  if (metadata.deletionTimestamp !== undefined) return queued("Its Workload was deleted: it queues again", "Requeued");
  if (isTrue(workload, "Finished")) return queued("Its Workload was ended: it queues again", "Requeued");
  const eviction = conditionOf(workload, "Evicted");
  if (isReserved(workload) && eviction?.status === "True") return queued(eviction.message, eviction.reason);
  if (!fits(workload, wanted)) {
    const has = isReserved(workload) ? `, and has quota for ${trainersOf(workload)}: it queues again` : "";
    return queued(`It wants ${wanted.trainers} workers${has}`, isReserved(workload) ? "Requeued" : "Queued");
  }
  if (isTrue(workload, "Admitted")) return { trainers: trainersOf(workload) };
  const checks = (status.admissionChecks ?? []).filter(({ state }) => state !== "Ready");
  if (isReserved(workload) && checks.length > 0) {
    const said = checks.map(({ name, state, message }) => `${name} is ${state}${message ? ` (${message})` : ""}`);
    return queued(`Has quota, and waits for admission checks: ${said.join("; ")}`);
  }
  return queued(conditionOf(workload, "QuotaReserved")?.message || waiting);
}

/** Trainers for which there is quota. */
function trainersOf({ spec, status }: Workload): number {
  const assigned = status?.admission?.podSetAssignments?.find(({ name }) => name === "trainer")?.count;
  return assigned ?? spec.podSets.find(({ name }) => name === "trainer")?.count ?? 0;
}

/** Whether a Workload asks for what the job wants. Who wants less than is admitted keeps it. */
function fits(workload: Workload, { trainers, minTrainers }: Wanted): boolean {
  const { count = 0, minCount = count } = workload.spec.podSets.find(({ name }) => name === "trainer") ?? {};
  if (count === trainers && minCount === minTrainers) return true;
  return isReserved(workload) && (count === trainers || trainers <= trainersOf(workload));
}

/** Of what is admitted only the importance to Kueue itself may change. */
function isRanked(workload: Workload, { priorityClass }: Wanted): boolean {
  const has = priorityClassOfWorkload(workload);
  if (priorityClass?.kind !== "WorkloadPriorityClass" || has?.kind !== priorityClass.kind) return true;
  return has.name === priorityClass.name;
}

function finished(workload: Workload, { phase, message }: WorkloadSeen["status"], now: Instant): WorkloadStep {
  const reason = phase === "Succeeded" ? "Succeeded" : "Failed";
  return changed(workload, [{ type: "Finished", status: "True", reason, message }], now);
}

/**
 * Gives the quota of an evicted job back, and says whether it may queue again at once: who was evicted for a reason of
 * its own waits until that is gone.
 */
function requeued(workload: Workload, now: Instant): WorkloadStep {
  const { reason = "", message = "" } = conditionOf(workload, "Evicted") ?? {};
  const isFree = reason === "Preempted" || reason === "NodeFailures";
  const none = { reason: "NoReservation", message: "The workload has no reservation" };
  const admittedAt = parseIsoTime(conditionOf(workload, "Admitted")?.lastTransitionTime ?? "");
  const { accumulatedPastExecutionTimeSeconds: past = 0 } = workload.status ?? {};
  const more = isTrue(workload, "Admitted") ? Math.max(0, Math.floor((now - admittedAt) / 1000)) : 0;
  const step = changed(
    workload,
    [
      { type: "QuotaReserved", status: "False", reason: "Pending", message },
      { type: "Admitted", status: "False", ...none },
      { type: "Requeued", status: isFree ? "True" : "False", reason, message },
    ],
    now,
  );
  const seconds = { accumulatedPastExecutionTimeSeconds: past + more };
  return { ...step, status: { ...step.status, admission: null, ...(more > 0 && seconds) } };
}

/** Kueue takes quota back from who does not use it, where it is told to wait for pods. */
function planReadiness(workload: Workload, { phase }: WorkloadSeen["status"], now: Instant): WorkloadStep | undefined {
  const known = conditionOf(workload, "PodsReady");
  const isReady = phase === "Running" && isTrue(workload, "Admitted");
  if ((known?.status === "True") === isReady) return undefined;
  const hadFailed = known?.reason === "WaitForRecovery" || known?.reason === "Recovered";
  const says = isReady
    ? { reason: hadFailed ? "Recovered" : "Started", message: "All pods reached readiness and the workload is running" }
    : isTrue(workload, "Admitted")
      ? { reason: "WaitForRecovery", message: "At least one pod has failed, waiting for recovery" }
      : { reason: "WaitForStart", message: "Not all pods are ready or succeeded" };
  return changed(workload, [{ type: "PodsReady", status: isReady ? "True" : "False", ...says }], now);
}

type Change = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Its conditions with some of them changed. A list is written whole. */
function changed(
  { metadata, status }: Workload,
  changes: readonly Change[],
  now: Instant,
): Extract<WorkloadStep, { kind: "status" }> {
  const before = status?.conditions ?? [];
  const changedOnes = changes.map((change): Condition => {
    const was = before.find(({ type }) => type === change.type);
    const lastTransitionTime = was?.status === change.status ? was.lastTransitionTime : secondsOf(now);
    return { ...change, lastTransitionTime, observedGeneration: metadata.generation ?? 1 };
  });
  const kept = before.filter(({ type }) => !changes.some((change) => change.type === type));
  return { kind: "status", status: { conditions: [...kept, ...changedOnes] } };
}

/** As metav1.Time has it. */
function secondsOf(now: Instant): string {
  return isoTime(Math.floor(now / 1000) * 1000).replace(".000Z", "Z");
}

function conditionOf({ status }: Workload, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function isTrue(workload: Workload, type: string): boolean {
  return conditionOf(workload, type)?.status === "True";
}

function isReserved(workload: Workload): boolean {
  return isTrue(workload, "QuotaReserved");
}

/** Has to give its quota back. */
function isEvicted(workload: Workload): boolean {
  return isTrue(workload, "Evicted") && isReserved(workload);
}
