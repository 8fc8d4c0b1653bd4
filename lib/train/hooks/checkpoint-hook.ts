import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Direction } from "#lib/metrics/types.ts";
import { numberedNames } from "#lib/model/checkpoint.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook, HookContext, RunControl, RunState, Validation } from "#lib/train/hook.ts";
import { stepCount } from "#lib/train/run.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  interval: z.int().default(-1).describe("Save every so many epochs (or iterations); -1: only the last"),
  by_epoch: z.boolean().default(true).describe("Count the interval in epochs"),
  save_optimizer: z.literal(true).default(true).describe("Only True: checkpoints can be resumed"),
  save_param_scheduler: z.literal(true).default(true).describe("Only True: checkpoints can be resumed"),
  out_dir: ignored("checkpoints go to the work dir", z.string().nullable().default(null)),
  max_keep_ckpts: z.int().default(-1).describe("Keep only so many of the newest; -1: all"),
  save_last: z.boolean().default(true).describe("Save after the last epoch whatever the interval"),
  save_best: z
    .string()
    .nullable()
    .default(null)
    .describe("Metric whose best checkpoint is kept; 'auto': the first one"),
  rule: z.enum(["less", "greater"]).nullable().default(null).describe("Which is better; default: as the metric says"),
  save_begin: z.int().min(0).default(0).describe("Save from this epoch (or iteration) on"),
  published_keys: ignored("checkpoints are published whole"),
  priority: prioritySchema.default(PRIORITIES.VERY_LOW).describe("When it runs among the hooks"),
});

type CheckpointConfig = z.output<typeof schema>;

/** Saves checkpoints `epoch_N` or `iter_N` and the best one, on rank 0. */
export const CheckpointHook = component({
  schema,
  create(config, { context }: Builder<HookContext>): Hook {
    if (config.save_best && Object.keys(context?.directions ?? {}).length > 0) watched(config, context);
    const kept: string[] = [];
    const save = async (name: string, control: RunControl): Promise<void> => {
      control.log.info(`Saving checkpoint at ${name.replace(/^(epoch|iter)_(\d+)$/, "$2 $1s")}`);
      await control.save(name);
      if (!kept.includes(name)) kept.push(name);
      while (config.max_keep_ckpts > 0 && kept.length > config.max_keep_ckpts) {
        await control.checkpoints.remove(kept.shift() ?? "");
      }
    };
    return {
      name: "CheckpointHook",
      priority: config.priority,
      async beforeRun({ run }, control) {
        if (run.rank === 0) kept.push(...ownNames(config, run, await control.checkpoints.list()));
        if (!config.save_best) return;
        if (Object.keys(run.directions).length > 0) watched(config, run);
        else if (run.rank === 0) control.log.info("save_best has no effect: this run does not validate");
      },
      async afterIteration({ run }, control) {
        if (run.rank !== 0 || config.by_epoch) return;
        if (due(run.step, stepCount(run), config)) await save(`iter_${run.step}`, control);
      },
      async afterEpoch({ run }, control) {
        if (run.rank !== 0 || !config.by_epoch) return;
        if (due(run.epoch, run.maxEpochs, config)) await save(`epoch_${run.epoch}`, control);
      },
      async afterValidation({ run, validation: { metrics } }, control) {
        if (run.rank !== 0) return;
        if (config.save_best) await keepBest(watched(config, run), { run, metrics, control });
        await control.addMetrics(metrics);
      },
    };
  },
});

function due(
  count: number,
  last: number,
  { interval, save_begin: begin, save_last: saveLast }: CheckpointConfig,
): boolean {
  if (count === last && saveLast) return true;
  return interval > 0 && count >= begin && (count - begin) % interval === 0 && count > 0;
}

/** What earlier attempts of this run have left: it counts for `max_keep_ckpts`. */
function ownNames(config: CheckpointConfig, run: RunState, there: readonly string[]): string[] {
  const last = config.by_epoch ? run.maxEpochs : stepCount(run);
  const numbered = numberedNames(there, config.by_epoch ? "epoch" : "iter");
  return numbered.filter(({ count }) => due(count, last, config)).map(({ name }) => name);
}

interface Watched {
  readonly metric: string;
  readonly rule: Direction;
}

/**
 * The metric that `save_best` names and its direction. mmengine guesses the direction from substrings, and keeps the
 * worst model for `accuracy/top10` in months; here the metric itself knows.
 */
function watched({ save_best: wanted, rule }: CheckpointConfig, run: HookContext): Watched {
  const directions = run?.directions ?? {};
  const known = Object.keys(directions);
  const metric = wanted === "auto" ? known[0] : known.find((name) => name === wanted || name.endsWith(`/${wanted}`));
  if (metric === undefined) {
    throw new PetageError("CONFIG_INVALID_VALUE", `save_best names ${wanted}, which no metric of val_evaluator gives`, {
      hint: `It gives: ${known.join(", ") || "nothing; set val_evaluator"}`,
    });
  }
  return { metric, rule: rule ?? directions[metric] ?? "greater" };
}

interface Validated {
  readonly run: RunState;
  readonly metrics: Validation["metrics"];
  readonly control: RunControl;
}

async function keepBest({ metric, rule }: Watched, { run, metrics, control }: Validated): Promise<void> {
  const { epoch } = run;
  const previous = run.best?.metric === metric ? run.best : null; // a resumed run may watch another one
  const value = metrics[metric];
  if (value === undefined || Number.isNaN(value)) return;
  if (previous && (rule === "less" ? value >= previous.value : value <= previous.value)) return;
  const name = `best_${metric.replaceAll("/", "_")}_epoch_${epoch}`;
  await control.saveBest({ metric, value, name }, metrics);
  if (previous && previous.name !== name) await control.checkpoints.remove(previous.name);
  control.log.info(`The best checkpoint with ${value.toFixed(4)} ${metric} at ${epoch} epoch is saved to ${name}.`);
}
