import { currentByLabel, isTerminal, NO_SCHEDULER, rowsOf, sizeOf, workerLabel } from "#lib/jobs/job-state.ts";
import type { Exit, Instant, JobSpec, JobStatus, ObservedWorker, Problem, WorkerState } from "#lib/jobs/job-state.ts";
import { parseTermination } from "#lib/jobs/termination.ts";
import { GATE, GRPC_PORT, podName, workerOf } from "./names.ts";
import type { ContainerStatus, Pod, PodCondition } from "./pod.ts";

/** A pod of which no scheduler has said anything for this long has none. */
export const NO_SCHEDULER_MS = 60_000;
/** A pod that is being deleted and still there this long after its grace is on a node that is gone. */
export const STUCK_TERMINATING_MS = 60_000;

export interface Seen {
  readonly name: string;
  readonly spec: JobSpec;
  readonly status: JobStatus;
  readonly pods: readonly Pod[];
  /** How pods ended that are no longer there, by name. */
  readonly endings: ReadonlyMap<string, Exit>;
}

/**
 * The workers of a job as its pods show them. A pod that was created and is gone has ended: by what was last seen of
 * it, or unknown.
 */
export function observeWorkers({ name, spec, status, pods, endings }: Seen, now: Instant): ObservedWorker[] {
  const found = pods.flatMap((pod): ObservedWorker[] => {
    const worker = workerOf(pod);
    return worker ? [{ ...worker, process: stateOf(pod, now) }] : [];
  });
  if (!status.created || isTerminal(status.phase)) return found;
  const present = currentByLabel({ workers: found, status });
  const lost = rowsOf(spec, sizeOf({ spec, status }))
    .flat()
    .filter((worker) => !present.has(workerLabel(worker)))
    .map((missing): ObservedWorker => {
      const worker = { ...missing, attempt: status.attempt };
      const exit = endings.get(podName(name, worker)) ?? lostExit("Deleted", now);
      return { ...worker, process: { state: "exited", exit } };
    });
  return [...found, ...lost];
}

/** Where a pod stands, in the plan's terms. */
export function stateOf(pod: Pod, now: Instant): WorkerState {
  const exit = exitOf(pod, now);
  if (exit) return { state: "exited", exit };
  const { status = {}, spec, metadata } = pod;
  if (condition(pod, "Ready")?.status === "True" && metadata.deletionTimestamp === undefined) {
    return { state: "ready", address: `${status.podIP}:${GRPC_PORT}` };
  }
  const problem = problemOf(pod) ?? schedulerProblemOf(pod, now);
  const trouble = problem ? { problem } : {};
  if (spec.schedulingGates?.some(({ name }) => name === GATE)) return { state: "starting", waitsFor: "admission" };
  if (spec.nodeName === undefined) return { state: "starting", waitsFor: "node", ...trouble };
  return { state: "starting", waitsFor: "itself", ...trouble };
}

/** How a pod ended; undefined while it lives. */
export function exitOf(pod: Pod, now: Instant): Exit | undefined {
  const { status = {}, metadata } = pod;
  if (status.phase === "Failed" || status.phase === "Succeeded") return finishedExit(pod, now);
  const { deletionTimestamp } = metadata;
  const isStuck = deletionTimestamp !== undefined && now - Date.parse(deletionTimestamp) > STUCK_TERMINATING_MS;
  return isStuck ? { ...lostExit("NodeLost", now), ...placeOf(pod) } : undefined;
}

/** The next moment at which a pod counts as lost with its node, or as one without a scheduler, though nothing is heard of it. */
export function nextStuckTime(pods: readonly Pod[], now: Instant): Instant | null {
  const moments = pods.flatMap((pod) => {
    const { deletionTimestamp, creationTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) return [Date.parse(deletionTimestamp) + STUCK_TERMINATING_MS + 1];
    if (creationTimestamp === undefined || !isUnseen(pod)) return [];
    return [Date.parse(creationTimestamp) + NO_SCHEDULER_MS + 1];
  });
  const next = Math.min(...moments.filter((moment) => moment > now));
  return Number.isFinite(next) ? next : null;
}

function finishedExit(pod: Pod, now: Instant): Exit {
  const { status = {} } = pod;
  const ended = terminationOf(status.containerStatuses) ?? terminationOf(status.initContainerStatuses);
  const reason = status.reason ?? meaningful(ended?.reason);
  return {
    code: ended?.exitCode ?? (status.phase === "Succeeded" ? 0 : null),
    signal: signalOf(ended?.exitCode),
    at: ended?.finishedAt === undefined ? now : Date.parse(ended.finishedAt),
    message: messageOf(ended?.message) || (status.message ?? ""),
    ...(reason !== undefined && { reason }),
    ...placeOf(pod),
  };
}

/** Where a pod ran, and whether it had to go for reasons of the node or of others. */
function placeOf(pod: Pod): Pick<Exit, "disrupted" | "node"> {
  const disrupted = disruptionOf(pod) !== undefined;
  return { ...(disrupted && { disrupted }), ...(pod.spec.nodeName !== undefined && { node: pod.spec.nodeName }) };
}

/** Conditions of a pod that had to make room: Kubernetes' own, and that of Kueue, which takes back what it admitted. */
const DISRUPTIONS = ["DisruptionTarget", "TerminationTarget"];

function disruptionOf(pod: Pod): PodCondition | undefined {
  return DISRUPTIONS.map((type) => condition(pod, type)).find((found) => found?.status === "True");
}

/** Of several containers the one that failed, else the first that ended. */
function terminationOf(statuses: readonly ContainerStatus[] = []) {
  const ended = statuses.flatMap(({ state }) => state?.terminated ?? []);
  return ended.find(({ exitCode }) => exitCode !== 0) ?? ended[0];
}

/** How a pod ended of which nothing is left but this last sight. */
export function endingOf(pod: Pod, now: Instant): Exit {
  const ended = exitOf(pod, now);
  if (ended) return ended;
  const terminated = terminationOf(pod.status?.containerStatuses);
  const disruption = disruptionOf(pod);
  return {
    ...lostExit("Deleted", now),
    ...(terminated && {
      code: terminated.exitCode,
      signal: signalOf(terminated.exitCode),
      message: messageOf(terminated.message),
    }),
    ...(disruption && { reason: disruption.reason ?? "Disrupted" }),
    ...placeOf(pod),
  };
}

/** What a worker said last, if anything: its termination message. */
export function terminationMessage({ status }: Pod): string | undefined {
  return terminationOf(status?.containerStatuses)?.message;
}

function lostExit(reason: string, at: Instant): Exit {
  return { code: null, signal: null, at, message: "", reason };
}

function condition({ status }: Pod, type: string) {
  return status?.conditions?.find((candidate) => candidate.type === type);
}

/** "Error" and "Completed" only repeat the exit code. */
function meaningful(reason: string | undefined): string | undefined {
  return reason === "Error" || reason === "Completed" ? undefined : reason;
}

/** Shells' and container runtimes' way of encoding a signal. 143 is also our own code for a worker that was asked to end. */
function signalOf(code: number | undefined): string | null {
  return code === 137 ? "SIGKILL" : code === 139 ? "SIGSEGV" : code === 134 ? "SIGABRT" : null;
}

const MAX_MESSAGE_CHARACTERS = 1024;

function messageOf(text: string | undefined): string {
  if (text === undefined) return "";
  const report = parseTermination(text);
  if (report) return report.error;
  // The tail of its log: the last line says most.
  const last = text.trim().split("\n").at(-1) ?? "";
  return last.slice(0, MAX_MESSAGE_CHARACTERS);
}

/** Reasons why a container waits that are no trouble. */
const USUAL = new Set(["ContainerCreating", "PodInitializing", ""]);

/** What keeps a pod from starting, in the words of the component that found out. */
function problemOf(pod: Pod): Problem | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const waiting = [...initContainerStatuses, ...containerStatuses]
    .map((status: ContainerStatus) => status.state?.waiting)
    .find((state) => state !== undefined && !USUAL.has(state.reason ?? ""));
  if (waiting) return { reason: waiting.reason ?? "", message: `${waiting.reason}: ${waiting.message ?? ""}` };
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status !== "False" || !scheduled.message) return undefined;
  return { reason: scheduled.reason ?? "Unschedulable", message: scheduled.message.replace(GANG_PREFIX, "") };
}

/** Whether no scheduler has said anything of a pod, not even that it finds no node. */
function isUnseen(pod: Pod): boolean {
  const { nodeName, schedulingGates = [] } = pod.spec;
  return nodeName === undefined && schedulingGates.length === 0 && condition(pod, "PodScheduled") === undefined;
}

function schedulerProblemOf(pod: Pod, now: Instant): Problem | undefined {
  const { creationTimestamp = "" } = pod.metadata;
  if (!isUnseen(pod) || !(now - Date.parse(creationTimestamp) > NO_SCHEDULER_MS)) return undefined;
  const [template] = templatesWithoutClaims(pod);
  if (template !== undefined) {
    const where = `it has to be in namespace ${pod.metadata.namespace}`;
    const late = `No claim has been made from ResourceClaimTemplate ${template} for ${NO_SCHEDULER_MS / 1000} s`;
    return { reason: "NoResourceClaim", message: `${late}: ${where}` };
  }
  const scheduler = (pod.spec["schedulerName"] as string | undefined) ?? "default-scheduler";
  const message = `No scheduler has looked at the pods for ${NO_SCHEDULER_MS / 1000} s: they wait for ${scheduler}, which has to run`;
  return { reason: NO_SCHEDULER, message };
}

/** Templates of which a pod has not got its claims: no scheduler looks at it before. */
function templatesWithoutClaims({ spec: { resourceClaims = [] }, status }: Pod): string[] {
  const made = new Set(status?.resourceClaimStatuses?.map(({ name }) => name));
  return resourceClaims.flatMap(({ name, resourceClaimTemplateName: template }) =>
    template === undefined || made.has(name) ? [] : [template],
  );
}

/**
 * kube-scheduler 1.37 puts it before what keeps a gang waiting, but only of pods that it looked at before the one that
 * found no place: what a job says must not depend on their order. Where it knows topologies, all nodes are one placement.
 */
const GANG_PREFIX = /^(pod group is unschedulable, |0\/1 placements are available, first placement status: )+/;
