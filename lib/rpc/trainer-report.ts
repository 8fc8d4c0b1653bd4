import type { StepReport, TrainerReport } from "#lib/jobs/facts.ts";
import type { NatsOutage } from "#lib/jobs/job-state.ts";
import type { CheckpointStatus } from "#lib/jobs/training-job.ts";
import type { Checkpoint__Output } from "#proto/petage/v1/Checkpoint.ts";
import type { GetStatusResponse__Output } from "#proto/petage/v1/GetStatusResponse.ts";
import type { NatsOutage__Output } from "#proto/petage/v1/NatsOutage.ts";
import type { StepMetrics__Output } from "#proto/petage/v1/StepMetrics.ts";
import { durationMs, instantOf, timeText } from "./time.ts";

// What a trainer says of itself, as jobs keep it.

export function trainerReport(said: GetStatusResponse__Output): TrainerReport {
  const { lastStep, lastValidation, lastCheckpoint, maxEpochs, maxSteps } = said;
  return {
    maxEpochs,
    maxSteps,
    ...(lastStep && { lastStep: stepReport(lastStep) }),
    ...(lastValidation && { lastValidation }),
    ...(lastCheckpoint && { lastCheckpoint: checkpointReport(lastCheckpoint) }),
    ...outageReport(said.natsOutage),
  };
}

/** Nothing where the outage is over. */
export function outageReport(outage: NatsOutage__Output | null): { readonly outage?: NatsOutage } {
  const { since, givesUpAt } = outage ?? {};
  return since && givesUpAt ? { outage: { since: instantOf(since), givesUpAt: instantOf(givesUpAt) } } : {};
}

export function stepReport({ eta, gradNorm: _norm, ...step }: StepMetrics__Output): StepReport {
  return { ...step, etaSeconds: (durationMs(eta) ?? 0) / 1000 };
}

export function checkpointReport({ uri, epoch, step, sha256, createTime }: Checkpoint__Output): CheckpointStatus {
  const time = timeText(createTime);
  return { uri, epoch, step, sha256, ...(time !== undefined && { time }) };
}
