import { podSelector, workerOf } from "#lib/k8s/job/names.ts";
import { containerOf } from "#lib/k8s/job/pod-log.ts";
import type { ContainerState, Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { isAskedFor, workerLabel } from "#lib/jobs/job-state.ts";
import type { LogQuery } from "./job-api.ts";

/** Selects all pods of a job. */
export function workersSelector({ metadata }: TrainingJobObject): string {
  return podSelector(metadata.uid ?? "");
}

/** `trainer-0`, `data-loader`, as on one machine. */
export function labelOf(pod: Pod): string {
  const worker = workerOf(pod);
  return worker ? workerLabel(worker) : pod.metadata.name;
}

/** The pods of one attempt, the latest one unless another was asked for, in the order of their names. */
export function choosePods(pods: readonly Pod[], { worker, attempt }: LogQuery): Pod[] {
  const attemptOf = (pod: Pod): number => workerOf(pod)?.attempt ?? 0;
  const wanted = attempt ?? Math.max(...pods.map(attemptOf));
  return pods
    .filter((pod) => attemptOf(pod) === wanted && isAskedFor(labelOf(pod), worker))
    .toSorted((a, b) => labelOf(a).localeCompare(labelOf(b), "en", { numeric: true }));
}

/** What a pod without a log waits for. */
export function waitsFor(pod: Pod): string {
  const { reason, message } = stateOf(pod)?.waiting ?? {};
  const scheduling = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const why = [reason, message ?? scheduling?.message].filter((part) => part !== undefined && part !== "");
  return [pod.status?.phase ?? "Pending", ...why].join(": ");
}

function stateOf(pod: Pod): ContainerState | undefined {
  const container = containerOf(pod);
  return pod.status?.containerStatuses?.find(({ name }) => name === container)?.state;
}
