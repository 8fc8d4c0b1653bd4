import { PRIORITIES, saveCheckpoint } from "./run.ts";
import type { Hook } from "./run.ts";

export interface StepCheckpointOptions {
  /** Save after every so many optimizer steps. */
  readonly everySteps: number;
  /** Keep only so many of the newest of these, at least 1. */
  readonly keepLast: number;
  /** Checkpoints that are there from attempts before this one, in any order; those of this hook count as its own. */
  readonly existing: readonly string[];
}

/** Saves `iter_N` between the checkpoints that the config asks for, on rank 0, so that a failure costs less. */
export function stepCheckpoints({ everySteps, keepLast, existing }: StepCheckpointOptions): Hook {
  const kept = new Set(ownNames(existing, everySteps));
  return {
    name: "StepCheckpoints",
    priority: PRIORITIES.VERY_LOW,
    async afterIteration(run) {
      if (run.rank !== 0 || run.step % everySteps !== 0) return;
      const name = `iter_${run.step}`;
      if (run.saved?.step === run.step) return; // the config asked for this one
      await saveCheckpoint(run, name);
      kept.delete(name);
      kept.add(name);
      for (const oldest of [...kept].slice(0, -keepLast)) {
        await run.ports.checkpoints.remove(oldest);
        kept.delete(oldest);
      }
    },
  };
}

/** Names that this hook gives, the oldest first. */
function ownNames(names: readonly string[], everySteps: number): string[] {
  const steps = names.map((name) => Number(/^iter_(\d+)$/.exec(name)?.[1] ?? NaN));
  const own = steps.filter((step) => step % everySteps === 0);
  return own.toSorted((a, b) => a - b).map((step) => `iter_${step}`);
}
