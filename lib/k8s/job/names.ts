import { workerId } from "#lib/jobs/job-state.ts";
import type { Role, WorkerName } from "#lib/jobs/job-state.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject, OwnerReference } from "#lib/k8s/objects.ts";
import type { TrainingJobObject } from "./training-job.ts";

export const API_VERSION = `${TRAINING_JOBS.group}/${TRAINING_JOBS.version}`;
export const KIND = "TrainingJob";
/** `spec.managedBy` of the jobs that our controller runs. */
export const MANAGED_BY = "petage.dev/controller";
/** Holds pods back until there is room for all of a gang. */
export const GATE = "petage.dev/gang";

/** Where every worker serves, in its own pod. */
export const GRPC_PORT = 50051;
/** Where it answers for its health alone, without TLS, which kubelet does not speak; where TLS is on. */
export const HEALTH_PORT = 50052;
/** The name in the certificate that all workers share: none of them has one of its own. */
export const WORKER_NAME = "petage-worker";

export const LABELS = {
  instance: "petage.dev/instance",
  job: "petage.dev/job",
  uid: "petage.dev/job-uid",
  attempt: "petage.dev/attempt",
  role: "petage.dev/role",
  rank: "petage.dev/rank",
} as const;

/** `quickstart-0-1`, `quickstart-0-data-loader`: the same every time, so that creating one twice is refused. */
export function podName(job: string, worker: WorkerName): string {
  return workerId(job, worker);
}

/** Which worker a pod is; undefined for pods of others. */
export function workerOf({ metadata: { labels = {} } }: KubeObject): WorkerName | undefined {
  const role = labels[LABELS.role];
  const [attempt, rank] = [Number(labels[LABELS.attempt]), Number(labels[LABELS.rank] ?? 0)];
  if (role === undefined || !ROLES.has(role) || !Number.isInteger(attempt) || !Number.isInteger(rank)) return undefined;
  return { role: role as Role, rank, attempt };
}

/** Roles of the pods of a job that train it. */
export const WORKER_ROLES: readonly Role[] = ["data-loader", "evaluator", "trainer"];
const ROLES: ReadonlySet<string> = new Set(WORKER_ROLES);

/** Two jobs of one name, one after the other, share no ConfigMap: the first's may still be on its way out. */
export function configMapName({ metadata: { name, uid = "" } }: TrainingJobObject): string {
  return `${name}-${uid.slice(0, 8)}`;
}

export function podGroupName({ metadata: { name, uid = "" } }: TrainingJobObject, attempt: number): string {
  return `${name}-${uid.slice(0, 8)}-${attempt}`;
}

export function ownerOf({ metadata: { name, uid = "" } }: TrainingJobObject): OwnerReference {
  return { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true };
}

/** What all objects of a job bear. */
export function jobLabels(
  { metadata: { name, uid = "" } }: TrainingJobObject,
  instance: string,
): Record<string, string> {
  return {
    "app.kubernetes.io/name": "petage",
    "app.kubernetes.io/part-of": "petage",
    "app.kubernetes.io/managed-by": "petage-controller",
    [LABELS.instance]: instance,
    [LABELS.job]: name,
    [LABELS.uid]: uid,
  };
}

/** Selects pods of one job: of all attempts, or of one and some roles. */
export function podSelector(uid: string, attempt?: number, roles?: Iterable<Role>): string {
  const parts = [`${LABELS.uid}=${uid}`];
  if (attempt !== undefined) parts.push(`${LABELS.attempt}=${attempt}`);
  if (roles !== undefined) parts.push(`${LABELS.role} in (${[...new Set(roles)].toSorted().join(",")})`);
  return parts.join(",");
}
