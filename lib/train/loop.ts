import { PetageError } from "#lib/base/errors.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { Membership } from "#lib/collective/membership.ts";
import type { Group } from "#lib/collective/types.ts";
import type { Batch, BatchSource } from "#lib/data/types.ts";
import { STOP_INDEX } from "#lib/train/step/bucket-plan.ts";
import type { Handlers, Hook, IterationResult, RunState, Share, Stages, Validation } from "./hook.ts";
import { checkpointMeta, isComplete, joinGroup } from "./run.ts";
import type { TrainingRun } from "./run.ts";
import { saveAfterLoss } from "./save-after-loss.ts";
import type { StepEngine, Validator } from "./ports.ts";

export interface TrainParts {
  readonly membership: Membership;
  /** The run, as the ranks of the first group agree to start it. */
  readonly open: (group: Group) => Promise<TrainingRun>;
  readonly step: StepEngine;
  readonly source: BatchSource;
  /** In the order in which they run. */
  readonly hooks: readonly Hook[];
  readonly validation: ValidationPlan | undefined;
  readonly signal: AbortSignal;
}

export interface ValidationPlan {
  readonly validate: Validator;
  /** Validate after this epoch first. */
  readonly begin: number;
  readonly interval: number;
}

interface Training extends Omit<TrainParts, "membership" | "open"> {
  readonly run: TrainingRun;
  readonly group: Group;
}

/**
 * Trains a run from its start to its last epoch, or until somebody ends it. Whether a group that has failed is followed
 * by another is for the membership to say; the steps that were done are saved before.
 */
export async function train({ membership, open, ...parts }: TrainParts): Promise<TrainingRun> {
  let run: TrainingRun | undefined;
  let failure = new PetageError("INTERNAL", "There was no group to train in");
  for await (const group of membership) {
    try {
      const isFirst = run === undefined;
      run ??= await open(group);
      if (!isFirst) joinGroup(run, await shareOf(group, parts));
      await trainIn({ run, group, ...parts }, isFirst);
      return run;
    } catch (thrown) {
      failure = PetageError.from(thrown);
      group.abort(failure);
      if (run) await saveAfterLoss(run, failure);
    }
  }
  throw failure;
}

async function shareOf(
  { rank, size }: Group,
  { source, signal }: Pick<TrainParts, "source" | "signal">,
): Promise<Share> {
  return { rank, worldSize: size, epochLength: (await source.describe(size, signal)).stepsPerEpoch };
}

/** EpochBasedTrainLoop, within one group. */
async function trainIn(training: Training, isFirst: boolean): Promise<void> {
  const { run, validation } = training;
  await compareWeights(training);
  if (isFirst) await callHooks(training, "beforeRun", {});
  while (!isComplete(run.state) && !endsHere(run)) {
    await callHooks(training, "beforeEpoch", {});
    if (!(await trainEpoch(training))) break;
    run.update({ epoch: run.state.epoch + 1, iteration: 0 });
    await callHooks(training, "afterEpoch", {});
    await compareWeights(training);
    if (validation && validatesAfter(run.state, validation)) await validate(training, validation.validate);
  }
  await callHooks(training, "afterRun", {});
}

/** Whether training is to end with the steps that are done. Ranks that are several find out in the next step. */
function endsHere({ state }: TrainingRun): boolean {
  return state.worldSize === 1 && state.stoppedBy !== undefined;
}

/** Trains the rest of the epoch; false when training was ended within it. */
async function trainEpoch(training: Training): Promise<boolean> {
  const { run, source, signal } = training;
  if (endsHere(run)) return false;
  const { clock } = run.ports;
  const { samplerEpoch: epoch, rank, worldSize, iteration: startStep, epochLength } = run.state;
  let waitingSince = clock.nowMs();
  for await (using batch of source.batches({ epoch, rank, worldSize, startStep }, signal)) {
    const result = await trainIteration(training, batch, waitingSince);
    if (!result) return false;
    run.update({ iteration: run.state.iteration + 1, step: run.state.step + 1 });
    await callHooks(training, "afterIteration", { result });
    if (endsHere(run)) break;
    waitingSince = clock.nowMs();
  }
  const { iteration } = run.state;
  if (iteration === epochLength) return true;
  if (endsHere(run)) return false;
  const message = `The data ended after ${iteration} of ${epochLength} batches of epoch ${run.state.epoch + 1}`;
  throw new PetageError("UNAVAILABLE", message, { hint: "See the data-loader's log" });
}

/**
 * One step, whole: gradients, each bucket averaged as it comes, update. Where some rank wants training to end with the
 * steps before this one, all ranks learn it here: nothing is updated, and nothing returned.
 */
async function trainIteration(
  { run, step, group, signal }: Training,
  batch: Batch,
  waitingSince: number,
): Promise<IterationResult | undefined> {
  const { clock } = run.ports;
  const { learningRate, weightDecay } = run.schedule;
  const { step: stepsDone, worldSize } = run.state;
  const started = clock.nowMs();
  const reductions: Promise<void>[] = [];
  let votes: Float32Array | undefined;
  for await (const bucket of step.gradients(batch)) {
    if (signal.aborted) throw abortReason(signal);
    if (bucket.isLast) {
      votes = bucket.values;
      votes[STOP_INDEX] = run.state.stoppedBy === undefined ? 0 : 1;
    }
    reductions.push(quietly(group.allReduce(bucket, stepsDone, signal)));
  }
  const computed = clock.nowMs();
  await Promise.all(reductions);
  const reduced = clock.nowMs();
  if ((votes?.[STOP_INDEX] ?? 0) > 0) return await shareReason(run, group, signal);
  const { loss, gradNorm } = await step.apply({ learningRate, weightDecay, step: stepsDone + 1 });
  if (!Number.isFinite(loss)) throw notFinite(run.state, loss, learningRate);
  return {
    loss,
    ...(gradNorm === undefined ? {} : { gradNorm }),
    learningRate,
    imageCount: batch.labels.length * (batch.views ?? 1) * worldSize,
    totalMs: clock.nowMs() - waitingSince,
    dataMs: started - waitingSince,
    allReduceMs: reduced - computed,
    skippedIds: batch.skippedIds,
  };
}

/** Lets a promise be awaited later without counting as unhandled when it fails before that. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Every rank gets to know who ends training. */
async function shareReason(run: TrainingRun, group: Group, signal: AbortSignal): Promise<undefined> {
  const own = new TextEncoder().encode(run.state.stoppedBy ?? "");
  const gathered = (await group.allGather(own, signal)).map((bytes) => new TextDecoder().decode(bytes));
  run.control.stop(gathered.find((by) => by !== "") ?? "");
}

function notFinite({ iteration, epoch }: RunState, loss: number, learningRate: number): PetageError {
  const where = `iteration ${iteration + 1} of epoch ${epoch + 1}`;
  return new PetageError("NOT_FINITE", `The loss became ${loss} at ${where} (learning rate ${learningRate})`, {
    hint: "Lower the learning rate, warm it up, or set optim_wrapper.clip_grad; then resume from the last checkpoint",
  });
}

/** Each hook gets the run as the ones before it have left it. */
async function callHooks<S extends keyof Stages>({ run, hooks }: Training, stage: S, data: Stages[S]): Promise<void> {
  for (const hook of hooks) {
    const handlers: Handlers = hook;
    await handlers[stage]?.({ ...data, run: run.state }, run.control);
  }
}

/** After a synchronised step all ranks hold the same bits; anything else is a fault that averaging would hide. */
async function compareWeights({ run, step, group, signal }: Training): Promise<void> {
  if (run.state.worldSize === 1) return;
  const gathered = await group.allGather(new TextEncoder().encode(await step.hash()), signal);
  const hashes = gathered.map((bytes) => new TextDecoder().decode(bytes).slice(0, 12));
  if (new Set(hashes).size === 1) return;
  const listed = hashes.map((hash, rank) => `rank ${rank}: ${hash}`).join(", ");
  throw new PetageError("WEIGHTS_DIVERGED", `Ranks hold different weights after step ${run.state.step} (${listed})`, {
    hint: "Resume from the last checkpoint; if it happens again, check the memory of the machines",
  });
}

function validatesAfter({ epoch, maxEpochs }: RunState, { begin, interval }: ValidationPlan): boolean {
  return epoch >= begin && (epoch % interval === 0 || epoch === maxEpochs);
}

/** Rank 0 has the checkpoint measured; all ranks get the result, so that they go on together. */
async function validate(training: Training, validator: Validator): Promise<void> {
  const { run, group, signal } = training;
  const own = run.state.rank === 0 ? await measure(run, validator, signal) : undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(own ?? null));
  const shared = new TextDecoder().decode(await group.broadcast(bytes, 0, signal));
  const orNaN = (_key: string, value: unknown): unknown => value ?? NaN; // JSON has no NaN
  await callHooks(training, "afterValidation", { validation: JSON.parse(shared, orNaN) as Validation });
}

const VALIDATION_CHECKPOINT = "validating";

/** Uses the checkpoint of this epoch if one was written, else a passing one. */
async function measure(run: TrainingRun, validator: Validator, signal: AbortSignal): Promise<Validation> {
  const { saved, step } = run.state;
  if (saved?.step === step) return await validator(saved.uri, signal);
  const { checkpoints, exportTensors } = run.ports;
  const tensors = await exportTensors({ withOptimizer: false });
  const passing = await checkpoints.save(VALIDATION_CHECKPOINT, { meta: checkpointMeta(run), ...tensors });
  try {
    return await validator(passing.uri, signal);
  } finally {
    await checkpoints.remove(VALIDATION_CHECKPOINT);
  }
}
