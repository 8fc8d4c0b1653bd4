import { compact } from "#lib/base/compact.ts";
import type { ProgressStatus, TrainingJobStatus } from "#lib/jobs/training-job.ts";
import { LABELS } from "./names.ts";
import type { TrainingJobObject } from "./training-job.ts";

/** What the schema of the resource takes of a message. */
const MAX_MESSAGE_CHARACTERS = 4096;

/** A status as the API server keeps it: what only a cluster has in it, and numbers no finer than people read them. */
export function resourceStatus(job: TrainingJobObject, status: TrainingJobStatus): TrainingJobStatus {
  const { uid = "" } = job.metadata;
  return compact({
    ...status,
    message: status.message?.slice(0, MAX_MESSAGE_CHARACTERS),
    selector: `${LABELS.uid}=${uid},${LABELS.role}=trainer`,
    progress: status.progress && resourceProgress(job.status?.progress ?? {}, status.progress),
  });
}

/** JSON has no NaN and no infinity: a number that is neither stays as it was. */
function resourceProgress(before: ProgressStatus, progress: ProgressStatus): ProgressStatus {
  const { iteration: _iteration, iterationsPerEpoch: _perEpoch, ...numbers } = progress;
  const { percent, etaSeconds, validationMetrics } = numbers;
  return compact({
    ...numbers,
    ...finite({ ...numbers }, before),
    percent: percent === undefined ? undefined : Math.round(percent * 10) / 10,
    etaSeconds: etaSeconds === undefined ? undefined : Math.round(etaSeconds),
    validationMetrics: validationMetrics && compact({ ...validationMetrics, ...finite(validationMetrics, {}) }),
  });
}

/** For the numbers that JSON does not have, those of `before`. */
function finite(values: object, before: object): Record<string, number | undefined> {
  const known = new Map<string, number | undefined>(Object.entries(before));
  const others = Object.entries(values).filter(([, value]) => typeof value === "number" && !Number.isFinite(value));
  return Object.fromEntries(others.map(([name]) => [name, known.get(name)]));
}
