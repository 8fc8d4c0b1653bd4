import { PetageError } from "#lib/base/errors.ts";
import { specMessage } from "#lib/rpc/job-to-message.ts";
import type { TrainingJob } from "#proto/petage/v1/TrainingJob.ts";
import type { JobManifest } from "./job-api.ts";

/** What the message does not have: only a cluster heeds it. */
const CLUSTER_ONLY = [
  "elastic",
  "dataLoader",
  "evaluator",
  "dataset",
  "checkpoint.persistentVolumeClaim",
  "failurePolicy.rules.podConditions",
  "schedulingPolicy",
  "runPolicy.cancel",
  "runPolicy.cleanPodPolicy",
  "publish",
  "podTemplate",
  "managedBy",
] as const;

/** The fields of a manifest that its message leaves out: `spec.publish`. */
export function clusterOnlyFields({ spec }: JobManifest): string[] {
  return CLUSTER_ONLY.filter((path) => holds(spec, path.split("."))).map((path) => `spec.${path}`);
}

/** Whether there is anything at a path; in a list at that of any element. */
function holds(value: unknown, path: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((element) => holds(element, path));
  const [key, ...rest] = path;
  if (key === undefined || value === undefined || value === null) return value !== undefined;
  return holds((value as Readonly<Record<string, unknown>>)[key], rest);
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
