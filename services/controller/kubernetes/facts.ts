import type { CheckpointStatus, ProgressStatus, TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { Facts } from "#lib/k8s/job/status.ts";
import { durationMs } from "#lib/base/time.ts";
import type { TerminationReport } from "#lib/jobs/termination.ts";
import type { GetStatusResponse__Output } from "#proto/petage/v1/GetStatusResponse.ts";
import { maeMonths } from "#lib/metrics/mae-months.ts";

/** What the status of a job said when it was first seen: the trainers may have told it to another controller. */
export function factsOf({ lastCheckpoint, progress, result }: TrainingJobStatus = {}): Facts {
  return { ...(lastCheckpoint && { lastCheckpoint }), ...(progress && { progress }), ...(result && { result }) };
}

/** With what the trainer of rank 0 says now. */
export function withTrainerStatus(facts: Facts, said: GetStatusResponse__Output, now: number): Facts {
  const { lastStep, lastValidation, lastCheckpoint, maxEpochs, maxSteps } = said;
  const checkpoint = lastCheckpoint && {
    uri: lastCheckpoint.uri,
    epoch: lastCheckpoint.epoch,
    step: lastCheckpoint.step,
    sha256: lastCheckpoint.sha256,
    time: new Date(now).toISOString(),
  };
  return {
    ...facts,
    ...newest(facts.lastCheckpoint, checkpoint ?? undefined),
    ...(lastStep && {
      progress: {
        ...facts.progress,
        epoch: lastStep.epoch,
        maxEpochs,
        step: lastStep.step,
        maxSteps,
        percent: percentOf(lastStep.step, maxSteps),
        etaSeconds: Math.round((durationMs(lastStep.eta) ?? 0) / 1000),
        ...finite({
          loss: lastStep.loss,
          learningRate: lastStep.learningRate,
          imagesPerSecond: lastStep.imagesPerSecond,
          dataWaitShare: lastStep.dataWaitShare,
          allReduceShare: lastStep.allReduceShare,
        }),
        ...(lastValidation && validated(lastValidation.metrics)),
        updateTime: new Date(now).toISOString(),
      },
    }),
  };
}

/** With the last words of a worker. */
export function withReport(facts: Facts, report: TerminationReport, now: number): Facts {
  const { checkpoint, result, published, step } = report;
  const time = new Date(now).toISOString();
  const progress = step > (facts.progress?.step ?? 0) ? { progress: { ...facts.progress, step } } : {};
  return {
    ...facts,
    ...newest(facts.lastCheckpoint, checkpoint ? { ...checkpoint, time } : undefined),
    ...progress,
    ...(result && { result: { ...result, ...(published !== null && { published }) } }),
  };
}

/** Counts the steps that a new attempt does again because they came after the last checkpoint. */
export function withLostSteps({ progress, ...facts }: Facts): Facts {
  if (!progress) return facts;
  const lost = Math.max(0, (progress.step ?? 0) - (facts.lastCheckpoint?.step ?? 0));
  const step = facts.lastCheckpoint?.step ?? 0;
  return { ...facts, progress: { ...progress, step, lostSteps: (progress.lostSteps ?? 0) + lost } };
}

function newest(
  known: CheckpointStatus | undefined,
  told: CheckpointStatus | undefined,
): Pick<Facts, "lastCheckpoint"> {
  const isNewer = told && told.step > (known?.step ?? -1);
  const checkpoint = isNewer ? told : known;
  return checkpoint ? { lastCheckpoint: checkpoint } : {};
}

function percentOf(step: number, maxSteps: number): number {
  return maxSteps > 0 ? Math.round((step / maxSteps) * 1000) / 10 : 0;
}

function validated(metrics: Readonly<Record<string, number>>): ProgressStatus {
  const mae = maeMonths(metrics);
  return { ...(mae !== undefined && { valMaeMonths: mae }), validationMetrics: finite(metrics) };
}

/** JSON has no NaN and no infinity. */
function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
