import { compact } from "#lib/base/compact.ts";
import { isoTime } from "#lib/base/iso-time.ts";
import { maeMonths } from "#lib/metrics/mae-months.ts";
import { checkpointName, isBestCheckpoint } from "#lib/model/checkpoint.ts";
import type { Instant, NatsOutage } from "./job-state.ts";
import type { ReportedProgress, TerminationReport } from "./termination.ts";
import type { CheckpointStatus, ProgressStatus, TrainingJobStatus } from "./training-job.ts";

/** What the trainers of a job have reported: how far it is, its checkpoints, its result. */
export interface Facts {
  /** The newest checkpoint that can be resumed. */
  readonly lastCheckpoint?: CheckpointStatus;
  readonly progress?: ProgressStatus;
  readonly result?: Result;
  /** The best model by `save_best`: its metrics come before its checkpoint. */
  readonly best?: { readonly uri?: string; readonly metrics: Metrics };
  /** NATS is away, so that the trainers wait. */
  readonly outage?: NatsOutage;
}

type Metrics = Readonly<Record<string, number>>;
type Result = NonNullable<TrainingJobStatus["result"]>;

/** What one step measured, on the trainer of rank 0. */
export type StepReport = Omit<ProgressStatus, "maxEpochs" | "maxSteps" | "percent" | "valMaeMonths" | "updateTime"> & {
  readonly epoch: number;
  readonly step: number;
};

export interface ValidationReport {
  readonly metrics: Metrics;
  readonly isBest: boolean;
}

/** Where the whole training ends. */
export interface Bounds {
  readonly maxEpochs: number;
  readonly maxSteps: number;
}

/** Where the trainer of rank 0 stands. */
export interface TrainerReport extends Bounds {
  readonly lastStep?: StepReport;
  readonly lastValidation?: ValidationReport;
  readonly lastCheckpoint?: CheckpointStatus;
  readonly outage?: NatsOutage;
}

/** What the status of a job said when it was first seen: another controller may have heard it from the trainers. */
export function factsOf({ lastCheckpoint, progress, result }: TrainingJobStatus = {}): Facts {
  return { ...(lastCheckpoint && { lastCheckpoint }), ...(progress && { progress }), ...(result && { result }) };
}

export function withStep(facts: Facts, step: StepReport, { maxEpochs, maxSteps }: Bounds, now: Instant): Facts {
  const percent = maxSteps > 0 ? (step.step / maxSteps) * 100 : 0;
  const progress = { ...facts.progress, ...step, maxEpochs, maxSteps, percent, updateTime: isoTime(now) };
  return { ...facts, progress };
}

export function withValidation(facts: Facts, { metrics, isBest }: ValidationReport): Facts {
  const mae = maeMonths(metrics);
  const measured = { ...(mae !== undefined && { valMaeMonths: mae }), validationMetrics: metrics };
  return {
    ...facts,
    progress: { ...facts.progress, ...measured },
    ...(isBest && { best: { ...facts.best, metrics } }),
  };
}

/** With a checkpoint that has been written. One that cannot be resumed is the best. */
export function withCheckpoint(facts: Facts, checkpoint: CheckpointStatus): Facts {
  const { uri } = checkpoint;
  if (isBestCheckpoint(checkpointName(uri))) return { ...facts, best: { metrics: facts.best?.metrics ?? {}, uri } };
  const known = facts.lastCheckpoint;
  const isNew = !known || checkpoint.step > known.step || (checkpoint.step === known.step && uri !== known.uri);
  return isNew ? { ...facts, lastCheckpoint: checkpoint } : facts;
}

/** With the best checkpoint of a run that was resumed. */
export function withBest(facts: Facts, best: NonNullable<Facts["best"]>): Facts {
  return { ...facts, best };
}

/** With an outage of NATS that has begun, or none when it is over. */
export function withOutage({ outage: _over, ...facts }: Facts, outage: NatsOutage | undefined): Facts {
  return { ...facts, ...(outage && { outage }) };
}

/** With where the trainer of rank 0 stands now. */
export function withTrainerReport(facts: Facts, report: TrainerReport, now: Instant): Facts {
  const { lastStep, lastValidation, lastCheckpoint, outage } = report;
  let known = withOutage(lastCheckpoint ? withCheckpoint(facts, lastCheckpoint) : facts, outage);
  if (lastStep) known = withStep(known, lastStep, report, now);
  return lastStep && lastValidation ? withValidation(known, lastValidation) : known;
}

/** With the last words of a worker. */
export function withTermination(facts: Facts, report: TerminationReport, now: Instant): Facts {
  const { checkpoint, result, published, step, progress: last } = report;
  let known = checkpoint ? withCheckpoint(facts, { ...checkpoint, time: isoTime(now) }) : facts;
  if (last && last.step >= (facts.progress?.step ?? 0)) known = withLast(known, last, now);
  const progress = step > (known.progress?.step ?? 0) ? { progress: { ...known.progress, step } } : {};
  return {
    ...known,
    ...progress,
    ...(result && { result: { ...result, ...(published !== null && { published }) } }),
  };
}

function withLast(
  facts: Facts,
  { validationMetrics, maxEpochs, maxSteps, ...step }: ReportedProgress,
  now: Instant,
): Facts {
  const known = withStep(facts, compact(step), { maxEpochs, maxSteps }, now);
  return validationMetrics ? withValidation(known, { metrics: validationMetrics, isBest: false }) : known;
}

/** Counts the steps that a new attempt does again because they came after the last checkpoint. */
export function withLostSteps({ progress, outage: _over, ...facts }: Facts): Facts {
  if (!progress) return facts;
  const step = facts.lastCheckpoint?.step ?? 0;
  const lost = Math.max(0, (progress.step ?? 0) - step);
  return { ...facts, progress: { ...progress, step, lostSteps: (progress.lostSteps ?? 0) + lost } };
}

/** The model of a training that went to its end, and what it measured: the best where the config keeps it, else the last. */
export function resultOf({ result, best, lastCheckpoint, progress }: Facts): Result {
  if (result) return result;
  if (best?.uri !== undefined) return { modelUri: best.uri, metrics: best.metrics };
  return { modelUri: lastCheckpoint?.uri ?? "", metrics: progress?.validationMetrics ?? {} };
}
