import { PetageError } from "#lib/base/errors.ts";
import type { TrainWish } from "./command-line.ts";
import type { TrainingJob, TrainingJobSpec } from "./training-job.ts";

// What a job is on one machine, where no schema of a resource has checked it.

/** Restarts allowed to jobs that do not say. */
export const DEFAULT_MAX_RESTARTS = 0;
const MAX_WORKERS = 1024;
const NAME = /^[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** Refuses what one machine cannot do. */
export function checkMachineJob({ spec: { workers = 1, runPolicy } }: Pick<TrainingJob, "spec">): void {
  if (runPolicy?.suspend) {
    throw new PetageError("INVALID_ARGUMENT", "spec.run_policy.suspend is true, and only a cluster holds a job back", {
      hint: "Leave it out: here a job runs at once",
    });
  }
  if (workers >= 1 && workers <= MAX_WORKERS) return;
  throw new PetageError("INVALID_ARGUMENT", `spec.workers is ${workers}, expected 1 to ${MAX_WORKERS}`);
}

export function checkJobName(name: string): string {
  if (NAME.test(name)) return name;
  throw new PetageError(
    "INVALID_ARGUMENT",
    `metadata.name is ${JSON.stringify(name)}, expected a-z, 0-9 and '-', at most 45`,
  );
}

/** The beginning of a job's name that reminds of its config's; with numbers after it, it fits into a pod's. */
export function nameLike(configName: string): string {
  const plain = configName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  return plain.slice(0, 30).replace(/-$/, "") || "job";
}

/** `20261123_061500`, as mmengine names runs, in the machine's time. */
export function runName(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** Which checkpoint a job begins with: `Auto`, `Never`, or the checkpoint. The job's own word wins over the config's. */
export function resumeOf({ checkpoint }: TrainingJobSpec, { resume }: { readonly resume: boolean }): string {
  return checkpoint?.resume ?? (resume ? "Auto" : "Never");
}

export interface ConfigPlaces {
  /** What the config was asked for by. */
  readonly source: string;
  /** Where its text lies in the run's folder, overrides and all. */
  readonly written: string;
}

/** What a person asks for to continue a job. */
export function continuationOf(spec: TrainingJobSpec, resume: string, { source, written }: ConfigPlaces): TrainWish {
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
