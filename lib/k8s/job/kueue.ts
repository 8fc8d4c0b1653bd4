import type { Condition } from "#lib/jobs/training-job.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";

// Kueue's API (https://kueue.sigs.k8s.io/docs/concepts/workload), as far as jobs need it.

export const KUEUE_GROUP = "kueue.x-k8s.io";
export type KueueVersion = "v1beta2" | "v1beta1";
/** Those that we write, the best first. */
export const KUEUE_VERSIONS: readonly KueueVersion[] = ["v1beta2", "v1beta1"];

/** What Kueue's users put on jobs. */
export const KUEUE_LABELS = {
  queue: "kueue.x-k8s.io/queue-name",
  priorityClass: "kueue.x-k8s.io/priority-class",
  maximumSeconds: "kueue.x-k8s.io/max-exec-time-seconds",
} as const;

/** Keeps a Workload, and with it the quota, until the job's pods are gone. */
export const IN_USE = "kueue.x-k8s.io/resource-in-use";

export interface PodSet {
  readonly name: string;
  readonly count: number;
  readonly minCount?: number;
  readonly template?: object;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** What an admission check wants the pods of a set to have besides. */
export interface PodSetUpdate {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
}

export interface Workload extends KubeObject {
  readonly spec: {
    readonly queueName?: string;
    readonly podSets: readonly PodSet[];
    readonly priority?: number;
    /** v1beta2 */
    readonly priorityClassRef?: { readonly group: string; readonly kind: string; readonly name: string };
    /** v1beta1 */
    readonly priorityClassName?: string;
    readonly priorityClassSource?: string;
    readonly maximumExecutionTimeSeconds?: number;
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly admission?: {
      readonly clusterQueue: string;
      readonly podSetAssignments?: readonly {
        readonly name: string;
        readonly count?: number;
        readonly flavors?: Readonly<Record<string, string>>;
      }[];
    };
    readonly admissionChecks?: readonly {
      readonly name: string;
      readonly state: string;
      readonly message?: string;
      readonly podSetUpdates?: readonly PodSetUpdate[];
    }[];
    readonly accumulatedPastExecutionTimeSeconds?: number;
  };
}

export function workloadsOf(version: KueueVersion): ResourceType {
  return { group: KUEUE_GROUP, version, plural: "workloads" };
}

/** The same every time. One of an earlier job of this name has to go first, as its pods have. */
export function workloadName(job: string): string {
  return `trainingjob-${job}`;
}

/** The job that a Workload is of, by its name; undefined for those of others. */
export function jobOfWorkload({ metadata: { ownerReferences = [] } }: Workload): string | undefined {
  return ownerReferences.find(({ controller, kind }) => controller && kind === "TrainingJob")?.name;
}
