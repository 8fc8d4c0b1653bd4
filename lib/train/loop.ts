import { PetageError } from "../base/errors.ts";
import type { Group } from "../collective/types.ts";
import type { Batch, BatchSource } from "../data/types.ts";
import { STOP_INDEX } from "./bucket-plan.ts";
import { checkpointMeta, isComplete } from "./run.ts";
import type { Hook, IterationResult, Stage, TrainingRun, Validation } from "./run.ts";
import type { StepEngine, Validator } from "./ports.ts";

export interface LoopParts {
  readonly step: StepEngine;
  readonly group: Group;
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

/** EpochBasedTrainLoop: trains `run` from where it stands to its last epoch, or until it is told to stop. */
export async function trainLoop(run: TrainingRun, parts: LoopParts): Promise<void> {
  await compareWeights(run, parts);
  await callHooks("beforeRun", run, parts);
  while (!isComplete(run) && !run.stopping) {
    await callHooks("beforeEpoch", run, parts);
    await trainEpoch(run, parts);
    if (run.stopping && run.iteration < run.epochLength) break;
    run.epoch += 1;
    run.iteration = 0;
    await callHooks("afterEpoch", run, parts);
    await compareWeights(run, parts);
    if (parts.validation && validatesAfter(run, parts.validation))
      await validate(run, parts, parts.validation.validate);
  }
  await callHooks("afterRun", run, parts);
}

async function trainEpoch(run: TrainingRun, parts: LoopParts): Promise<void> {
  const { rank, worldSize } = run;
  const { clock } = run.ports;
  const range = { epoch: run.samplerEpoch, rank, worldSize, startStep: run.iteration };
  let waitingSince = clock.nowMs();
  for await (const batch of parts.source.batches(range, parts.signal)) {
    run.last = await trainIteration(run, parts, { batch, waitingSince });
    run.iteration += 1;
    run.step += 1;
    await callHooks("afterIteration", run, parts);
    if (run.stopping) return;
    waitingSince = clock.nowMs();
  }
  if (run.iteration < run.epochLength) {
    const message = `The data ended after ${run.iteration} of ${run.epochLength} batches of epoch ${run.epoch + 1}`;
    throw new PetageError("UNAVAILABLE", message, { hint: "See the data-loader's log" });
  }
}

/** One step, whole: gradients, each bucket averaged as it comes, update. */
async function trainIteration(
  run: TrainingRun,
  { step, group, signal }: LoopParts,
  { batch, waitingSince }: { readonly batch: Batch; readonly waitingSince: number },
): Promise<IterationResult> {
  const { clock } = run.ports;
  const started = clock.nowMs();
  const { learningRate, weightDecay } = run.schedule;
  const reductions: Promise<void>[] = [];
  let votes: Float32Array | undefined;
  for await (const bucket of step.gradients(batch, signal)) {
    if (bucket.index === step.bucketCount - 1) {
      votes = bucket.values;
      votes[STOP_INDEX] = run.stopWanted ? 1 : 0;
    }
    reductions.push(quietly(group.allReduce(bucket, run.step, signal)));
  }
  const computed = clock.nowMs();
  await Promise.all(reductions);
  const reduced = clock.nowMs();
  run.stopping = (votes?.[STOP_INDEX] ?? 0) > 0;
  const { loss, gradNorm } = await step.apply({ learningRate, weightDecay, step: run.step + 1 });
  if (!Number.isFinite(loss)) throw notFinite(run, loss, learningRate);
  return {
    loss,
    ...(gradNorm === undefined ? {} : { gradNorm }),
    learningRate,
    imageCount: batch.labels.length * run.worldSize,
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

function notFinite(run: TrainingRun, loss: number, learningRate: number): PetageError {
  const where = `iteration ${run.iteration + 1} of epoch ${run.epoch + 1}`;
  return new PetageError("NOT_FINITE", `The loss became ${loss} at ${where} (learning rate ${learningRate})`, {
    hint: "Lower the learning rate, warm it up, or set optim_wrapper.clip_grad; then resume from the last checkpoint",
  });
}

async function callHooks(stage: Stage, run: TrainingRun, { hooks }: LoopParts): Promise<void> {
  for (const hook of hooks) await hook[stage]?.(run);
}

/** After a synchronised step all ranks hold the same bits; anything else is a fault that averaging would hide. */
async function compareWeights(run: TrainingRun, { step, group, signal }: LoopParts): Promise<void> {
  if (run.worldSize === 1) return;
  const gathered = await group.allGather(new TextEncoder().encode(await step.hash()), signal);
  const hashes = gathered.map((bytes) => new TextDecoder().decode(bytes).slice(0, 12));
  if (new Set(hashes).size === 1) return;
  const listed = hashes.map((hash, rank) => `rank ${rank}: ${hash}`).join(", ");
  throw new PetageError("WEIGHTS_DIVERGED", `Ranks hold different weights after step ${run.step} (${listed})`, {
    hint: "Resume from the last checkpoint; if it happens again, check the memory of the machines",
  });
}

function validatesAfter(run: TrainingRun, { begin, interval }: ValidationPlan): boolean {
  return run.epoch >= begin && (run.epoch % interval === 0 || run.epoch === run.maxEpochs);
}

/** Rank 0 has the checkpoint measured; all ranks get the result, so that they go on together. */
async function validate(run: TrainingRun, parts: LoopParts, validator: Validator): Promise<void> {
  const own = run.rank === 0 ? await measure(run, validator, parts.signal) : undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(own ?? null));
  const shared = await parts.group.broadcast(bytes, 0, parts.signal);
  run.validation = JSON.parse(new TextDecoder().decode(shared)) as Validation;
  await callHooks("afterValidation", run, parts);
  run.validation = undefined;
}

const VALIDATION_CHECKPOINT = "validating";

/** Uses the checkpoint of this epoch if one was written, else a passing one. */
async function measure(run: TrainingRun, validator: Validator, signal: AbortSignal): Promise<Validation> {
  if (run.saved?.step === run.step) return await validator(run.saved.uri, signal);
  const tensors = await run.ports.exportTensors({ withOptimizer: false });
  const passing = await run.ports.checkpoints.save(VALIDATION_CHECKPOINT, { meta: checkpointMeta(run), ...tensors });
  try {
    return await validator(passing.uri, signal);
  } finally {
    await run.ports.checkpoints.remove(VALIDATION_CHECKPOINT);
  }
}
