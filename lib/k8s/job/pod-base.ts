import type { PodSpec } from "./pod.ts";
import type { JobSettings } from "./settings.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** Where every pod of a job that reads or writes results has the output volume. */
export const WORK_DIRS = "/var/lib/petage/work_dirs";

export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

/** What all pods of jobs have in common: they run once, as a plain user, and may do nothing with the cluster. */
export function baseSpec({
  serviceAccount,
  pullSecrets,
  runAsUser,
  fsGroup,
}: JobSettings): Omit<PodSpec, "containers"> {
  return {
    restartPolicy: "Never",
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    securityContext: {
      runAsNonRoot: true,
      ...(runAsUser !== undefined && { runAsUser }),
      ...(fsGroup !== undefined && { fsGroup, fsGroupChangePolicy: "OnRootMismatch" }),
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** The volume that a job writes its results to. */
export function outputOf({ spec }: TrainingJobObject, settings: JobSettings): { mount: Mount; volume: object } {
  const { claimName = settings.outputClaim, subPath } = spec.checkpoint?.persistentVolumeClaim ?? {};
  return {
    mount: { name: "output", mountPath: WORK_DIRS, ...(subPath && { subPath }) },
    volume: { persistentVolumeClaim: { claimName } },
  };
}
