import { z } from "zod";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";

/** What a scheduler drives. */
export type ScheduledValue = "learningRate" | "weightDecay";

export interface RuleInput {
  /** The value as it stands: schedulers chain by each working on the current one. */
  readonly current: number;
  /** Steps since the scheduler's window began, from 0. */
  readonly step: number;
  /** The value of the config, before any schedule. */
  readonly base: number;
}

/** The value at a step inside the window. */
export type Rule = (input: RuleInput) => number;

/** One entry of `param_scheduler`: active while `begin <= count < end`, counted in its own unit. */
export interface Scheduler {
  readonly drives: ScheduledValue;
  readonly byEpoch: boolean;
  readonly begin: number;
  readonly end: number;
  /** Stands in for the config's value, from here on in the chain (OneCycleLR starts from its own). */
  readonly startsFrom: number | undefined;
  readonly rule: Rule;
}

export interface ScheduleContext {
  /** Iterations per epoch. */
  readonly epochLength: number;
  readonly maxEpochs: number;
}

/** The keys that every scheduler has. */
export const windowFields = {
  by_epoch: z.boolean().default(true).describe("Count in epochs; otherwise in iterations."),
  begin: z.number().int().min(0).default(0).describe("First step of the window, in the scheduler's own unit."),
  end: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("Step after the last of the window; the default is the end of the training."),
  convert_to_iter_based: z.boolean().default(false).describe("Written in epochs, stepped in iterations."),
  last_step: z.literal(-1).default(-1).describe("Only -1: a resumed run restores the schedule's state."),
  verbose: ignored("the log shows the learning rate anyway", z.boolean().default(false)),
};

interface WindowConfig {
  readonly by_epoch: boolean;
  readonly begin: number;
  readonly end?: number | undefined;
  readonly convert_to_iter_based: boolean;
}

export interface Window {
  /** Length of the window, in the unit that the scheduler steps in. */
  readonly steps: number;
  /** How many of those steps the config's unit stands for: the epoch length after `convert_to_iter_based`, else 1. */
  readonly scale: number;
}

/** Arguments of `refine` for schemas that spread `windowFields`. */
export const inOneUnit: [(config: WindowConfig) => boolean, { path: string[]; error: string }] = [
  (config) => config.by_epoch || !config.convert_to_iter_based,
  { path: ["convert_to_iter_based"], error: "False, or by_epoch=True" },
];

export interface SchedulerOptions<Config> {
  readonly drives?: ScheduledValue;
  readonly startsFrom?: (config: Config) => number;
}

/**
 * The `create` of a scheduler that has this rule: places its window as mmengine's Runner does.
 * @param rule checks the config against its window.
 */
export function scheduled<Config extends WindowConfig>(
  rule: (config: Config, window: Window) => Rule,
  { drives = "learningRate", startsFrom }: SchedulerOptions<Config> = {},
): (config: Config, builder: Builder<ScheduleContext>) => Scheduler {
  return (config, { context: { epochLength, maxEpochs } }) => {
    const scale = config.convert_to_iter_based ? epochLength : 1;
    const trainingEnd = config.by_epoch ? maxEpochs : maxEpochs * epochLength;
    const begin = config.begin * scale;
    const end = (config.end ?? trainingEnd) * scale;
    return {
      drives,
      byEpoch: config.by_epoch && !config.convert_to_iter_based,
      begin,
      end,
      startsFrom: startsFrom?.(config),
      rule: rule(config, { steps: end - begin, scale }),
    };
  };
}
