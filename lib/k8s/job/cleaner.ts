import { defined } from "#lib/base/assert.ts";
import { jobLabels, LABELS, ownerOf } from "./names.ts";
import { baseSpec, CONTAINER_SECURITY, outputOf } from "./pod-base.ts";
import type { Pod } from "./pod.ts";
import { resourcesOf, selectorOf, withShared } from "./pods.ts";
import type { JobSettings } from "./settings.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** The role of the pod that removes the folder of a job. It is no worker: no attempt has it. */
export const CLEANER = "cleaner";
/** How long it may take, s. Folders of a few checkpoints go within seconds. */
export const CLEANING_SECONDS = 600;

/** @param tried how many were made before */
export function cleanerName({ metadata: { name, uid = "" } }: TrainingJobObject, tried: number): string {
  return `${name}-${uid.slice(0, 8)}-clean-${tried}`;
}

/** The pod that removes the folder of a job that is being deleted, with the controller's own image: it has the command. */
export function cleanerOf(job: TrainingJobObject, settings: JobSettings, tried: number): Pod {
  const { name, namespace = "default", uid = "" } = job.metadata;
  const folder = defined(job.status?.workDir, `The work dir of job ${name}`);
  const output = outputOf(job, settings);
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: cleanerName(job, tried),
      namespace,
      labels: {
        ...jobLabels(job, settings.instance),
        "app.kubernetes.io/component": CLEANER,
        [LABELS.role]: CLEANER,
      },
      // Where the deletion waits for all that belongs to the job, it must not wait for this.
      ownerReferences: [{ ...ownerOf(job), blockOwnerDeletion: false }],
    },
    spec: {
      ...baseSpec(settings),
      ...selectorOf({ "kubernetes.io/arch": settings.arch }),
      activeDeadlineSeconds: CLEANING_SECONDS,
      containers: [
        {
          name: CLEANER,
          image: settings.image,
          imagePullPolicy: settings.imagePullPolicy,
          command: ["node", "--import", "tsx", "cli/main.ts", "remove-run", folder, "--uid", uid],
          resources: { ...resourcesOf(job, "data-loader") }, // a quota that lets its helpers in lets this in
          securityContext: CONTAINER_SECURITY,
          terminationMessagePolicy: "FallbackToLogsOnError",
          volumeMounts: [output.mount, { name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [
        { name: "output", ...output.volume },
        { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
      ],
    },
  };
  return withShared(pod, job, ["securityContext"]); // files belong to whom the trainers run as
}
