import { PetageError } from "#lib/base/errors.ts";
import type { TrainRequest } from "./command-line.ts";
import { checkJobLimits } from "./job-limits.ts";
import type { TrainingJob, TrainingJobSpec } from "./training-job.ts";

// What a job is on one machine, where no schema of a resource has checked it.

/** Restarts allowed to jobs that do not say. */
export const DEFAULT_MAX_RESTARTS = 0;

/** Refuses what one machine cannot do. */
export function checkMachineJob(job: Pick<TrainingJob, "spec"> & Partial<TrainingJob>): void {
  checkJobLimits(job);
  if (job.spec.runPolicy?.suspend) {
    throw new PetageError("INVALID_ARGUMENT", "spec.run_policy.suspend is true, and only a cluster holds a job back", {
      hint: "Leave it out: here a job runs at once",
    });
  }
}

export interface ConfigPlaces {
  /** What the config was asked for by. */
  readonly source: string;
  /** Where its text lies in the run's folder, overrides and all. */
  readonly written: string;
}

/** What a person asks for to continue a job. */
export function continuationOf(spec: TrainingJobSpec, resume: string, { source, written }: ConfigPlaces): TrainRequest {
  const { config, workers = 1, workDir, loadFrom } = spec;
  return {
    ...(config.inline === undefined
      ? { config: source, cfgOptions: config.cfgOptions ?? [] }
      : { config: written, cfgOptions: [] }),
    workers,
    workDir,
    loadFrom,
    resume: resume === "Auto" || resume === "Never" ? true : resume,
  };
}
