import type { PetageError } from "#lib/base/errors.ts";
import type { Instant, JobStatus } from "#lib/jobs/job-state.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** The status that says why nothing can be created; undefined for what passes by itself. What cannot pass ends the job. */
export function statusOfRefusal(status: JobStatus, error: PetageError): JobStatus | undefined {
  const refusal = refusalOf(error);
  if (refusal === undefined) return undefined;
  const { isFinal, reason } = refusal;
  const message = `Cannot create what the job needs: ${error.message}${error.hint ? `. ${error.hint}` : ""}`;
  return { ...status, ...(isFinal && { phase: "Stopping", ending: "Failed" }), reason, message };
}

/** Why the API server does not let the controller do what it should. */
function refusalOf(error: PetageError): { readonly isFinal: boolean; readonly reason: string } | undefined {
  if (!(error instanceof KubeError)) {
    if (error.code === "INVALID_ARGUMENT") return { isFinal: true, reason: "InvalidPod" }; // by what it was admitted with
    if (error.code === "FAILED_PRECONDITION") return { isFinal: false, reason: "GangMissing" };
    return error.code === "ALREADY_EXISTS" ? { isFinal: false, reason: "PodNameTaken" } : undefined;
  }
  if (error.status === 409 || error.status === 429 || error.status >= 500) return undefined;
  if (error.status === 400 || error.status === 422) return { isFinal: true, reason: "InvalidPod" };
  return { isFinal: false, reason: error.isOfQuota ? "QuotaExceeded" : error.reason || "Refused" };
}

/** The status of a job whose config is invalid; it waits for a ConfigMap that is not there yet. */
export function statusWithoutConfig(
  { spec }: Pick<TrainingJobObject, "spec">,
  status: JobStatus,
  { error, now }: { readonly error: PetageError; readonly now: Instant },
): JobStatus {
  const message = error.describe();
  if (error.code === "NOT_FOUND" && spec.config.configMapRef !== undefined) {
    return { ...status, phase: "Pending", reason: "ConfigMapNotFound", message };
  }
  return { ...status, phase: "Failed", reason: "ConfigInvalid", completionTime: now, message };
}
