import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { PetageError } from "#lib/base/errors.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";
import type { Rule, Window } from "./scheduler.ts";

const count = z.number().int().positive();

const schema = z
  .strictObject({
    ...windowFields,
    eta_max: z.number().positive().describe("Highest learning rate."),
    total_steps: count
      .nullish()
      .describe("Steps of the whole cycle; the default is epochs x steps_per_epoch, or the window."),
    epochs: count.nullish().describe("With steps_per_epoch, instead of total_steps."),
    steps_per_epoch: count.nullish().describe("With epochs, instead of total_steps."),
    pct_start: z.number().min(0).max(1).default(0.3).describe("Share of the cycle that climbs."),
    anneal_strategy: z.enum(["cos", "linear"]).default("cos").describe("Shape of the climb and of the fall."),
    div_factor: z.number().positive().default(25).describe("The first learning rate is eta_max / div_factor."),
    final_div_factor: z
      .number()
      .positive()
      .default(1e4)
      .describe("The last learning rate is the first / final_div_factor."),
    three_phase: z.boolean().default(false).describe("Fall back to the first rate before the last descent."),
  })
  .refine(...inOneUnit);

type Config = z.output<typeof schema>;

const ANNEAL: Readonly<Record<Config["anneal_strategy"], (from: number, to: number, share: number) => number>> = {
  cos: (from, to, share) => to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1),
  linear: (from, to, share) => (to - from) * share + from,
};

interface Phase {
  readonly lastStep: number;
  readonly from: number;
  readonly to: number;
}

function firstRate({ eta_max, div_factor }: Config): number {
  return eta_max / div_factor;
}

function phasesOf(config: Config, total: number): Phase[] {
  const first = firstRate(config);
  const last = first / config.final_div_factor;
  const { eta_max: top, pct_start } = config;
  const climb = { lastStep: pct_start * total - 1, from: first, to: top };
  if (!config.three_phase) return [climb, { lastStep: total - 1, from: top, to: last }];
  const back = { lastStep: 2 * pct_start * total - 2, from: top, to: first };
  return [climb, back, { lastStep: total - 1, from: first, to: last }];
}

function totalSteps({ total_steps, epochs, steps_per_epoch }: Config, window: number): number {
  const total = total_steps ?? (epochs && steps_per_epoch ? epochs * steps_per_epoch : window);
  if (window <= total + 1) return total;
  throw new PetageError(
    "CONFIG_INVALID_VALUE",
    `OneCycleLR is active for ${window} steps, but its cycle has ${total}`,
    {
      hint: `Set total_steps=${window}, or an end within the cycle`,
    },
  );
}

function cycle(config: Config, { steps }: Window): Rule {
  const phases = phasesOf(config, totalSteps(config, steps));
  const anneal = ANNEAL[config.anneal_strategy];
  return ({ current, step }) => {
    const index = phases.findIndex(({ lastStep }, at) => step <= lastStep || at === phases.length - 1);
    const phase = phases[index];
    if (!phase) return current;
    const start = phases[index - 1]?.lastStep ?? 0;
    return anneal(phase.from, phase.to, (step - start) / (phase.lastStep - start));
  };
}

/** One climb and one fall of the learning rate (Smith & Topin 2018), phases as torch.optim's OneCycleLR counts them. */
export const OneCycleLR = component({ schema, create: scheduled(cycle, { startsFrom: firstRate }) });
