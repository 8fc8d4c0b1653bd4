import { PetageError } from "#lib/base/errors.ts";
import { specMessage } from "#lib/k8s/job/messages.ts";
import type { TrainingJob } from "#proto/petage/v1/TrainingJob.ts";
import type { JobManifest } from "./job-api.ts";

/** What the message does not have: only a cluster heeds it. */
const CLUSTER_ONLY = [
  "elastic",
  "dataLoader",
  "evaluator",
  "dataset",
  "schedulingPolicy",
  "publish",
  "podTemplate",
] as const;

/** The fields of a manifest that its message leaves out: `spec.publish`. */
export function clusterOnlyFields({ spec }: JobManifest): string[] {
  return CLUSTER_ONLY.filter((field) => spec[field] !== undefined).map((field) => `spec.${field}`);
}

/** A manifest as the message that asks for it. @throws INVALID_ARGUMENT where its config is a ConfigMap */
export function toMessage({ metadata, spec }: JobManifest): TrainingJob {
  if (spec.config.configMapRef) {
    const what = `TrainingJob ${metadata.name} names a ConfigMap that is not in the manifest`;
    throw new PetageError("INVALID_ARGUMENT", what, {
      hint: "A controller on one machine knows no ConfigMaps: put the text into config.inline, or the ConfigMap into the same file",
    });
  }
  return { metadata: { name: metadata.name, labels: { ...metadata.labels } }, spec: specMessage(spec) };
}
