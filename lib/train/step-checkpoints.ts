import { numberedNames } from "#lib/model/checkpoint.ts";
import { PRIORITIES } from "./hook.ts";
import type { Hook } from "./hook.ts";

export interface StepCheckpointOptions {
  /** Optimizer steps from one checkpoint to the next. */
  readonly everySteps: number;
  /** How many of the newest of these are kept, at least 1. */
  readonly keepLast: number;
}

/** Saves `iter_N` between the checkpoints that the config asks for, on rank 0, so that a failure costs less. */
export function stepCheckpoints({ everySteps, keepLast }: StepCheckpointOptions): Hook {
  const kept = new Set<string>();
  return {
    name: "StepCheckpoints",
    priority: PRIORITIES.VERY_LOW,
    async beforeRun({ run }, control) {
      if (run.rank !== 0) return;
      const there = numberedNames(await control.checkpoints.list(), "iter");
      for (const { name, count } of there) if (count % everySteps === 0) kept.add(name);
    },
    async afterIteration({ run }, control) {
      if (run.rank !== 0 || run.step % everySteps !== 0) return;
      const name = `iter_${run.step}`;
      if (run.saved?.step === run.step) return; // the config asked for this one
      await control.save(name);
      kept.delete(name);
      kept.add(name);
      for (const oldest of [...kept].slice(0, -keepLast)) {
        await control.checkpoints.remove(oldest);
        kept.delete(oldest);
      }
    },
  };
}
