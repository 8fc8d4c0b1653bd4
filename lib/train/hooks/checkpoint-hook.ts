import { z } from "zod";
import { component } from "../../config/component.ts";
import { ignored } from "#lib/config/ignored.ts";
import { PetageError } from "../../base/errors.ts";
import type { Direction } from "../../metrics/types.ts";
import { numberedNames } from "#lib/model/checkpoint.ts";
import { PRIORITIES, checkpointMeta, saveCheckpoint } from "../run.ts";
import type { Hook, TrainingRun } from "../run.ts";
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
  create(config): Hook {
    const kept: string[] = [];
    const save = async (run: TrainingRun, name: string): Promise<void> => {
      run.ports.log.info(`Saving checkpoint at ${name.replace(/^(epoch|iter)_(\d+)$/, "$2 $1s")}`);
      await saveCheckpoint(run, name);
      if (!kept.includes(name)) kept.push(name);
      while (config.max_keep_ckpts > 0 && kept.length > config.max_keep_ckpts) {
        await run.ports.checkpoints.remove(kept.shift() ?? "");
      }
    };
    return {
      name: "CheckpointHook",
      priority: config.priority,
      async beforeRun(run) {
        if (run.rank === 0) kept.push(...(await ownNames(config, run)));
        if (!config.save_best) return;
        if (Object.keys(run.directions).length > 0) watched(config, run);
        else if (run.rank === 0) run.ports.log.info("save_best has no effect: this run does not validate");
      },
      async afterIteration(run) {
        if (run.rank !== 0 || config.by_epoch) return;
        if (due(run.step, run.maxEpochs * run.epochLength, config)) await save(run, `iter_${run.step}`);
      },
      async afterEpoch(run) {
        if (run.rank !== 0 || !config.by_epoch) return;
        if (due(run.epoch, run.maxEpochs, config)) await save(run, `epoch_${run.epoch}`);
      },
      async afterValidation(run) {
        if (run.rank !== 0) return;
        if (config.save_best) await keepBest(config, run);
        if (run.saved?.step === run.step) await run.ports.checkpoints.amend(run.saved.name, checkpointMeta(run));
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
async function ownNames(config: CheckpointConfig, run: TrainingRun): Promise<string[]> {
  const epochs = config.by_epoch;
  const last = epochs ? run.maxEpochs : run.maxEpochs * run.epochLength;
  const there = numberedNames(await run.ports.checkpoints.list(), epochs ? "epoch" : "iter");
  return there.filter(({ count }) => due(count, last, config)).map(({ name }) => name);
}

/**
 * The metric that `save_best` names and its direction. mmengine guesses the direction from substrings, and keeps the
 * worst model for `accuracy/top10` in months; here the metric itself knows.
 */
function watched({ save_best: wanted, rule }: CheckpointConfig, run: TrainingRun): { metric: string; rule: Direction } {
  const known = Object.keys(run.directions);
  const metric = wanted === "auto" ? known[0] : known.find((name) => name === wanted || name.endsWith(`/${wanted}`));
  if (metric === undefined) {
    throw new PetageError("CONFIG_INVALID_VALUE", `save_best names ${wanted}, which no metric of val_evaluator gives`, {
      hint: `It gives: ${known.join(", ") || "nothing; set val_evaluator"}`,
    });
  }
  return { metric, rule: rule ?? run.directions[metric] ?? "greater" };
}

async function keepBest(config: CheckpointConfig, run: TrainingRun): Promise<void> {
  const { metric, rule } = watched(config, run);
  const value = run.validation?.metrics[metric];
  if (value === undefined || Number.isNaN(value)) return;
  const previous = run.best;
  if (previous && (rule === "less" ? value >= previous.value : value <= previous.value)) return;
  const name = `best_${metric.replaceAll("/", "_")}_epoch_${run.epoch}`;
  run.best = { metric, value, name };
  const tensors = await run.ports.exportTensors({ withOptimizer: false });
  const meta = checkpointMeta(run);
  run.ports.onCheckpoint(await run.ports.checkpoints.save(name, { meta, ...tensors }), meta.progress);
  if (previous) await run.ports.checkpoints.remove(previous.name);
  const at = `at ${run.epoch} epoch is saved to ${name}`;
  run.ports.log.info(`The best checkpoint with ${value.toFixed(4)} ${metric} ${at}.`);
}
