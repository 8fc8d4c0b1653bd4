import type { StreamMetricsResponse__Output } from "#proto/petage/v1/StreamMetricsResponse.ts";
import type { TrainingProgress } from "#proto/petage/v1/TrainingProgress.ts";
import type { Checkpoint } from "#proto/petage/v1/Checkpoint.ts";
import type { TrainingResult } from "#proto/petage/v1/TrainingResult.ts";
import { maeMonths } from "#lib/metrics/mae-months.ts";
import { checkpointName, isBestCheckpoint } from "#lib/model/checkpoint.ts";
import { timestampOf } from "#lib/base/time.ts";
import type { JobDefinition } from "./local/job-spec.ts";

/** What the trainers told of a job: how far it is, its checkpoints, its best result. */
export class Measurements {
  readonly #maxEpochs: number;
  progress: TrainingProgress | undefined;
  lastCheckpoint: Checkpoint | undefined;
  #bestUri: string | undefined;
  #best: Readonly<Record<string, number>> = {};
  #validation: Readonly<Record<string, number>> = {};

  constructor({ config }: JobDefinition) {
    const training = config.value["train_cfg"] as { readonly max_epochs?: number } | undefined;
    this.#maxEpochs = training?.max_epochs ?? 0;
  }

  /** The checkpoint that a restarted attempt continues. */
  get resumeFrom(): string {
    return this.lastCheckpoint?.uri ?? "";
  }

  /** The best checkpoint of a run that was resumed, and what it measured. */
  recallBest(uri: string, metrics: Readonly<Record<string, number>>): void {
    this.#bestUri = uri;
    this.#best = metrics;
  }

  take(event: StreamMetricsResponse__Output): void {
    if (event.step) this.#takeStep(event.step);
    if (event.checkpoint) this.#takeCheckpoint(event.checkpoint);
    if (event.validation) {
      this.#validation = event.validation.metrics;
      if (event.validation.isBest) this.#best = event.validation.metrics;
      this.progress = { ...this.progress, ...this.#validated() };
    }
  }

  /** The checkpoint to serve and its metrics: the best where the config keeps it, else the last. */
  get result(): TrainingResult {
    const modelUri = this.#bestUri ?? this.lastCheckpoint?.uri ?? "";
    return { modelUri, metrics: { ...(this.#bestUri ? this.#best : this.#validation) } };
  }

  #takeCheckpoint(checkpoint: Checkpoint & { readonly uri: string }): void {
    if (isBestCheckpoint(checkpointName(checkpoint.uri))) this.#bestUri = checkpoint.uri;
    else this.lastCheckpoint = checkpoint;
  }

  #takeStep(step: NonNullable<StreamMetricsResponse__Output["step"]>): void {
    const maxSteps = this.#maxEpochs * step.iterationsPerEpoch;
    this.progress = {
      epoch: step.epoch,
      step: step.step,
      percent: maxSteps > 0 ? (step.step / maxSteps) * 100 : 0,
      eta: step.eta,
      loss: step.loss,
      imagesPerSecond: step.imagesPerSecond,
      updateTime: timestampOf(new Date()),
      maxEpochs: this.#maxEpochs,
      maxSteps,
      learningRate: step.learningRate,
      dataWaitShare: step.dataWaitShare,
      allReduceShare: step.allReduceShare,
      iteration: step.iteration,
      iterationsPerEpoch: step.iterationsPerEpoch,
      ...this.#validated(),
    };
  }

  #validated(): Pick<TrainingProgress, "valMaeMonths" | "validationMetrics"> {
    const mae = maeMonths(this.#validation);
    return { ...(mae === undefined ? {} : { valMaeMonths: mae }), validationMetrics: { ...this.#validation } };
  }
}
