import { PetageError } from "#lib/base/errors.ts";
import type { WorkerLabel } from "#lib/jobs/job-state.ts";

const JOB_NAME = /^[A-Za-z0-9_-]{1,128}$/;

/** The subjects of one generation of a ring. A new generation has new ones, so a left-over rank talks to nobody. */
export interface RingSubjects {
  /** What the rank before sends to this one. */
  data(rank: number): string;
  /** What the rank after tells this one about the data that it got. */
  credit(rank: number): string;
  /** What any rank tells all. */
  readonly control: string;
}

/**
 * The one place where subjects are named: this, and where a service of an attempt is asked for its address.
 * @throws INVALID_ARGUMENT for a job name that cannot be part of a subject.
 */
export function ringSubjects(job: string, generation: number): RingSubjects {
  checkParts(job, generation);
  const ring = `petage.${job}.ring.${generation}`;
  return {
    data: (rank) => `${ring}.${rank}`,
    credit: (rank) => `${ring}.credit.${rank}`,
    control: `${ring}.control`,
  };
}

/** Services that say where they are: `data-loader`, a second one `data-loader-1`. */
export type Announced = WorkerLabel<"data-loader" | "evaluator">;

/** Where a service is asked for its address: `petage.<job>.<attempt>.address.<label>`. Throws as `ringSubjects` does. */
export function addressSubject(job: string, attempt: number, label: Announced): string {
  checkParts(job, attempt);
  return `petage.${job}.${attempt}.address.${label}`;
}

function checkParts(job: string, generation: number): void {
  if (!JOB_NAME.test(job)) {
    throw new PetageError("INVALID_ARGUMENT", `Cannot use "${job}" as a job name`, {
      hint: "A name has 1 to 128 letters, digits, hyphens or underscores",
    });
  }
  if (!Number.isInteger(generation) || generation < 0 || generation > 0xffffffff) {
    throw new PetageError("INVALID_ARGUMENT", `Cannot use ${generation} as a generation, expected 0..2^32-1`);
  }
}
