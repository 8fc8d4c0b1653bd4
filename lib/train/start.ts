import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { Group } from "#lib/collective/types.ts";
import type { PretrainedConfig } from "#lib/nn/init-config.ts";
import type { Checkpoint, Progress, StateDict } from "#lib/model/checkpoint.ts";
import { plainName } from "#lib/model/plain-names.ts";
import type { StartWeights } from "./ports.ts";
import { newOrder, requireOptimizer, resumeDifferences, resumeWarning, withDifferences } from "./resume.ts";
import type { TrainingRun } from "./run.ts";

/** What start values need from the training thread. */
export interface StartTarget {
  startFrom(weights: StartWeights): Promise<readonly string[]>;
  restoreOptimizer(state: StateDict, source: string): Promise<void>;
}

export interface StartSources {
  /** `init_cfg` of the backbone. */
  readonly pretrained: PretrainedConfig | undefined;
  /** `load_from`: weights only. */
  readonly loadFrom: string | undefined;
  /** The checkpoint to continue. */
  readonly resumeFrom: string | undefined;
  readWeights(uri: string): Promise<StateDict>;
  readCheckpoint(uri: string): Promise<Checkpoint>;
  readonly log: Log;
}

/** What `PETAGE_RESUME_FROM` says when the newest checkpoint is wanted, if any: of the work dir, or of this job alone. */
export type ResumeScope = "auto" | "run";

export interface ResumeSearch {
  readonly group: Group;
  /** The newest checkpoint that can be resumed; undefined when there is none. */
  find(scope: ResumeScope): Promise<string | undefined>;
  readonly signal: AbortSignal;
}

/**
 * The checkpoint that all ranks continue: where one must be looked for, rank 0 decides, since files may appear at another time for each.
 */
export async function agreeOnResume(
  wanted: string | undefined,
  { group, find, signal }: ResumeSearch,
): Promise<string | undefined> {
  if (wanted !== "auto" && wanted !== "run") return wanted;
  const own = group.rank === 0 ? await find(wanted) : undefined;
  const shared = await group.broadcast(new TextEncoder().encode(own ?? ""), 0, signal);
  return new TextDecoder().decode(shared) || undefined;
}

/**
 * Throws where a checkpoint has been through all epochs already: nothing would be trained. A job's own checkpoint is
 * another matter: an attempt that was lost after the last step ends well the next time.
 */
export function requireWorkLeft({ epoch }: Pick<Progress, "epoch">, maxEpochs: number, source: string): void {
  if (epoch < maxEpochs) return;
  const done = `${source} has done ${epoch} ${epoch === 1 ? "epoch" : "epochs"}`;
  throw new PetageError(
    "CONFIG_INVALID_VALUE",
    `Nothing is left to train: ${done}, and train_cfg.max_epochs is ${maxEpochs}`,
    {
      hint: "Raise it (--cfg-options train_cfg.max_epochs=...), or start anew without resuming",
    },
  );
}

/**
 * Gives a run its start, in mmengine's order: a checkpoint to resume wins, else `load_from` over what `init_cfg` says.
 * Weights that are not resumed are taken as far as they fit, and the rest is told.
 */
export async function startRun(run: TrainingRun, target: StartTarget, sources: StartSources): Promise<void> {
  const { pretrained, loadFrom, resumeFrom, log } = sources;
  if (resumeFrom) return await resume(run, target, { source: resumeFrom, sources });
  if (pretrained) {
    const { checkpoint: source, prefix } = pretrained;
    const weights = await sources.readWeights(source);
    const state = backboneWeights(weights, { source, prefix });
    const problems = await takeFitting(target, { state, source }, () => prefixHint(weights));
    report(
      log,
      source,
      problems.filter((line) => !/head\./.test(line)),
    );
  }
  if (loadFrom) {
    const state = await sources.readWeights(loadFrom);
    report(log, loadFrom, await takeFitting(target, { state, source: loadFrom }, () => backboneHint(state)));
  }
}

/** Takes weights as far as they fit; where none does, how the file's names begin says what to do. */
async function takeFitting(
  target: StartTarget,
  weights: Omit<StartWeights, "strict">,
  advice: () => string,
): Promise<readonly string[]> {
  try {
    return await target.startFrom({ ...weights, strict: false });
  } catch (thrown) {
    const error = PetageError.from(thrown);
    if (error.code !== "CHECKPOINT_MISMATCH") throw thrown;
    throw error.retold({ hint: error.hint ?? advice() });
  }
}

function prefixHint(weights: StateDict): string {
  const prefix = prefixOf(weights);
  return `${beginnings(weights)}${prefix === undefined ? "" : `: set prefix='${prefix}'`}`;
}

function backboneHint(weights: StateDict): string {
  const prefix = prefixOf(weights);
  const key = prefix === undefined ? "" : `, prefix='${prefix}'`;
  return `${beginnings(weights)}, the model's with \`backbone.\`: give it as model.backbone.init_cfg=dict(type='Pretrained', checkpoint=...${key})`;
}

function beginnings(weights: StateDict): string {
  const prefix = prefixOf(weights);
  return prefix === undefined
    ? `Its names begin like ${[...weights.keys()].slice(0, 2).join(", ")}`
    : `Its names begin with \`${prefix}.\``;
}

/** What stands before the names of a backbone: `module.backbone` of DDP, `_orig_mod.backbone` of torch.compile, `module`. */
function prefixOf(weights: StateDict): string | undefined {
  const names = [...weights.keys()];
  const backbone = names
    .map((name) => /^(?:.*?\.)?backbone(?=\.)/.exec(name)?.[0])
    .find((prefix) => prefix !== undefined);
  const [first] = names[0]?.split(".") ?? [];
  return backbone ?? (names.every((name) => name.startsWith(`${first}.`)) ? first : undefined);
}

function report(log: Log, source: string, problems: readonly string[]): void {
  if (problems.length === 0) log.info("Loaded weights", { source });
  else log.warn(`Loaded the weights of ${source} that fit; not these: ${listed(problems)}`);
}

/** A model of another width differs in every weight; the first few tell as much. */
const MAX_LISTED_PROBLEMS = 5;

function listed(problems: readonly string[]): string {
  const more = problems.length - MAX_LISTED_PROBLEMS;
  return `${problems.slice(0, MAX_LISTED_PROBLEMS).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

/** Keys below `prefix`, as keys of the backbone (mmengine's PretrainedInit). */
function backboneWeights(
  state: StateDict,
  { source, prefix }: { readonly source: string; readonly prefix: string | undefined },
): StateDict {
  const names = [...state.keys()];
  const starts = prefix === undefined ? [""] : [prefix, plainName(prefix)].map((name) => `${name.replace(/\.$/, "")}.`);
  const start = starts.find((beginning) => names.some((name) => name.startsWith(beginning))) ?? starts[0] ?? "";
  const taken = [...state].filter(([name]) => name.startsWith(start));
  if (taken.length === 0) {
    throw new PetageError("CHECKPOINT_MISMATCH", `${source} has no weight below the prefix ${prefix}`, {
      hint: prefixHint(state),
    });
  }
  return new Map(taken.map(([name, tensor]) => [`backbone.${name.slice(start.length)}`, tensor]));
}

async function resume(
  run: TrainingRun,
  target: StartTarget,
  { source, sources }: { readonly source: string; readonly sources: StartSources },
): Promise<void> {
  const checkpoint = await sources.readCheckpoint(source);
  requireOptimizer(checkpoint, source);
  const found = resumeDifferences(checkpoint.meta.config, run.description.config);
  try {
    await target.startFrom({ state: checkpoint.weights, source, strict: true });
    await target.restoreOptimizer(checkpoint.optimizer, source);
  } catch (thrown) {
    throw withDifferences(thrown, found);
  }
  if (found.length > 0 && run.state.rank === 0) sources.log.warn(resumeWarning(found));
  const { progress } = checkpoint.meta;
  run.schedule.restore(progress.schedule);
  const { epoch, step, best } = progress;
  const { worldSize } = run.state;
  const again = progress.iteration > 0 ? newOrder(progress, { worldSize, found }) : undefined;
  if (again !== undefined) sources.log.warn(`Epoch ${epoch + 1} begins again: ${again}`);
  const iteration = again === undefined ? progress.iteration : 0;
  run.update({ epoch, iteration, step, startStep: step, best });
  sources.log.info(`Resumed from ${source}`, { epoch, iteration, step });
}
