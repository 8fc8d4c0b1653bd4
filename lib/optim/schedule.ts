import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { ScheduledValue, Scheduler } from "#lib/optim/schedules/scheduler.ts";
import type { Schedule } from "./types.ts";

export interface StartValues {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** A scheduler on its way: how far it has counted, and what it takes for the config's value. */
interface Running {
  readonly scheduler: Scheduler;
  readonly base: number;
  /** Steps counted in the scheduler's unit. */
  count: number;
  /** Steps taken inside the window. */
  taken: number;
}

const stateSchema = z.strictObject({
  values: z.strictObject({ learningRate: z.number(), weightDecay: z.number() }),
  schedulers: z.array(z.strictObject({ count: z.number().int(), taken: z.number().int() })),
});

/**
 * The chain of schedulers as mmengine runs it: each works on the current value while its own window is open, all take
 * their step 0 before training, and then each steps after every iteration or epoch, in the order of the list.
 */
export function createSchedule(schedulers: readonly Scheduler[], start: StartValues): Schedule {
  const values: Record<ScheduledValue, number> = { ...start };
  const bases: Record<ScheduledValue, number> = { ...start };

  function advance(running: Running): void {
    const { scheduler, base } = running;
    const inside = scheduler.begin <= running.count && running.count < scheduler.end;
    running.count += 1;
    if (!inside) return;
    values[scheduler.drives] = scheduler.rule({ current: values[scheduler.drives], step: running.taken, base });
    running.taken += 1;
  }

  const chain = schedulers.map((scheduler): Running => {
    bases[scheduler.drives] = scheduler.startsFrom ?? bases[scheduler.drives];
    const running = { scheduler, base: bases[scheduler.drives], count: 0, taken: 0 };
    advance(running);
    return running;
  });

  return {
    get learningRate() {
      return values.learningRate;
    },
    get weightDecay() {
      return values.weightDecay;
    },
    afterIteration: () => chain.filter(({ scheduler }) => !scheduler.byEpoch).forEach(advance),
    afterEpoch: () => chain.filter(({ scheduler }) => scheduler.byEpoch).forEach(advance),
    state: () => ({ values: { ...values }, schedulers: chain.map(({ count, taken }) => ({ count, taken })) }),
    restore(state) {
      const parsed = stateSchema.safeParse(state);
      if (!parsed.success || parsed.data.schedulers.length !== chain.length) {
        throw new PetageError("CHECKPOINT_MISMATCH", `The schedule's state is not that of ${chain.length} schedulers`, {
          hint: "Resume with the param_scheduler that the checkpoint was made with",
        });
      }
      Object.assign(values, parsed.data.values);
      chain.forEach((running, index) => Object.assign(running, parsed.data.schedulers[index]));
    },
  };
}
