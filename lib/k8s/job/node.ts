import type { KubeObject } from "#lib/k8s/objects.ts";
import type { Quantities } from "#lib/jobs/training-job.ts";

/** A node as far as the controller reads it. */
export interface Node extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
