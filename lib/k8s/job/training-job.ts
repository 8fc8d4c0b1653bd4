import type { TrainingJob } from "#lib/jobs/training-job.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";

/** A job as the API server keeps it: checked, and filled with the defaults of its schema. */
export interface TrainingJobObject extends KubeObject, Pick<TrainingJob, "spec" | "status"> {}
