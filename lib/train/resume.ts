import { PetageError } from "#lib/base/errors.ts";
import { describeDifference, differences } from "#lib/config/differences.ts";
import type { Difference } from "#lib/config/differences.ts";
import type { ConfigDict, ConfigValue, ResolvedConfig } from "#lib/config/value.ts";
import type { Checkpoint, Progress } from "#lib/model/checkpoint.ts";
import { fitOptimizer, fitWeights } from "#lib/model/fit.ts";
import { modelSettings } from "./settings.ts";

/** Keys of a config that decide how a training goes on. */
const DECISIVE = [
  "model",
  "data_preprocessor",
  "train_dataloader",
  "optim_wrapper",
  "param_scheduler",
  "auto_scale_lr",
  "randomness",
];
/** They decide how fast batches come, not what is in them. */
const HARMLESS = /^train_dataloader\.(num_workers|persistent_workers|pin_memory|prefetch_factor)\b/;
/** What decides which samples a step of an epoch sees. */
const ORDER = /^(randomness|train_dataloader\.(?!dataset\.pipeline))/;
/** What a schedule is begun with; it goes on from the checkpoint's values. */
const SCHEDULED = /^(param_scheduler|auto_scale_lr|optim_wrapper\.optimizer\.(lr|weight_decay)$)/;
const MAX_LISTED = 5;

/** In what the config of a checkpoint differs from the one that goes on from it. */
export function resumeDifferences(before: ConfigDict, now: ConfigDict): readonly Difference[] {
  const plain = JSON.parse(JSON.stringify(now)) as ConfigDict; // as it would come back from a checkpoint
  return DECISIVE.flatMap((key) => differences(valueOf(before, key), valueOf(plain, key), key)).filter(
    ({ key }) => !HARMLESS.test(key),
  );
}

/** None is the same as no such key. */
function valueOf(config: ConfigDict, key: string): ConfigValue | undefined {
  return config[key] ?? undefined;
}

/** One line that tells what is other than before, and what comes of it. */
export function resumeWarning(found: readonly Difference[]): string {
  const lines = found.map(describeDifference);
  const more = lines.length > MAX_LISTED ? `; and ${lines.length - MAX_LISTED} more` : "";
  const schedule = found.some(({ key }) => SCHEDULED.test(key))
    ? ". Learning rate and weight decay go on from the checkpoint's values"
    : "";
  return `The config is not the checkpoint's: ${lines.slice(0, MAX_LISTED).join("; ")}${more}${schedule}`;
}

/** Why the epoch in progress must begin again: its steps would see other samples. Undefined where they do not. */
export function newOrder(
  { worldSize: before }: Pick<Progress, "worldSize">,
  { worldSize, found }: { readonly worldSize: number; readonly found: readonly Difference[] },
): string | undefined {
  if (before !== worldSize) return `it was written by ${before} workers, now there are ${worldSize}`;
  const other = found.find(({ key }) => ORDER.test(key));
  return other && describeDifference(other);
}

/** Throws CHECKPOINT_MISMATCH for a checkpoint that nothing can go on from. */
export function requireOptimizer({ optimizer }: Pick<Checkpoint, "optimizer">, source: string): void {
  if (optimizer.size > 0) return;
  throw new PetageError("CHECKPOINT_MISMATCH", `${source} holds weights only and cannot be resumed`, {
    hint: "Resume from epoch_N or iter_N, or start anew from it with load_from",
  });
}

/** Throws CHECKPOINT_MISMATCH where the model or the optimizer of a config cannot go on from a checkpoint. */
export function requireFit(checkpoint: Checkpoint, config: ResolvedConfig, source: string): void {
  const { model, optimizer } = modelSettings(config);
  try {
    fitWeights(model.parameters, checkpoint.weights, { source, strict: true });
    fitOptimizer(model.parameters, checkpoint.optimizer, { source, slotNames: optimizer.slotNames });
  } catch (thrown) {
    throw withDifferences(thrown, resumeDifferences(checkpoint.meta.config, config.value));
  }
}

/** An error about what does not fit, with the keys of the config that explain it. */
export function withDifferences(thrown: unknown, found: readonly Difference[]): PetageError {
  const names = found.filter(({ key }) => /^(model|optim_wrapper)\b/.test(key)).map(describeDifference);
  const hint = names.length > 0 ? `The config differs: ${names.slice(0, MAX_LISTED).join("; ")}` : undefined;
  return PetageError.from(thrown).retold({ hint });
}
