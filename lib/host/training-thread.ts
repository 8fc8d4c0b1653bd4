import { defined } from "#lib/base/assert.ts";
import { createTrainingEngine } from "#lib/train/training-engine.ts";
import type { StartWeights, TrainingEngine } from "#lib/train/training-engine.ts";
import type { Checkpoint, StateDict } from "#lib/train/checkpoint.ts";
import type { StepScalars } from "#lib/train/ports.ts";
import { modelSettings } from "#lib/train/settings.ts";
import type { AppliedStep } from "#lib/train/step.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Batch } from "#lib/data/types.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { createLogger } from "./logger.ts";
import { answerCalls, threadSetup } from "./thread.ts";

/** What the thread is given when it starts. */
export interface TrainingThreadSetup {
  readonly config: ResolvedConfig;
  readonly seed: number;
}

export type TrainingRequest =
  | { readonly kind: "open" }
  | ({ readonly kind: "start-from" } & StartWeights)
  | { readonly kind: "restore-optimizer"; readonly state: StateDict; readonly source: string }
  /** Forward and backward, and the first bucket. */
  | { readonly kind: "gradients"; readonly batch: Batch }
  | { readonly kind: "next-bucket" }
  | { readonly kind: "apply"; readonly scalars: StepScalars }
  | { readonly kind: "hash" }
  | { readonly kind: "export"; readonly withOptimizer: boolean };

/** The answer to each kind of request. */
export interface TrainingAnswers {
  readonly open: { readonly engine: Engine; readonly buckets: readonly Float32Array[] };
  readonly "start-from": readonly string[];
  readonly "restore-optimizer": undefined;
  readonly gradients: number | undefined;
  readonly "next-bucket": number | undefined;
  readonly apply: AppliedStep;
  readonly hash: string;
  readonly export: Pick<Checkpoint, "weights" | "optimizer">;
}

export type TrainingResponse = TrainingAnswers[keyof TrainingAnswers];

const { config, seed } = threadSetup<TrainingThreadSetup>();
const log = createLogger({ name: "engine", format: "json", level: "info" });
let engine: TrainingEngine | undefined;
let buckets: Iterator<number, void> | undefined;

answerCalls(async (request: TrainingRequest): Promise<TrainingResponse> => {
  if (request.kind === "open") {
    engine = await createTrainingEngine({ settings: modelSettings(config), seed, log });
    return { engine: engine.engine, buckets: engine.buckets };
  }
  return answer(defined(engine, "the training engine"), request);
});

function answer(training: TrainingEngine, request: Exclude<TrainingRequest, { kind: "open" }>): TrainingResponse {
  switch (request.kind) {
    case "start-from":
      return training.startFrom(request);
    case "restore-optimizer":
      return training.restoreOptimizer(request.state, request.source) as undefined;
    case "gradients":
      buckets = training.gradients(request.batch);
      return buckets.next().value ?? undefined;
    case "next-bucket":
      return buckets?.next().value ?? undefined;
    case "apply":
      return training.apply(request.scalars);
    case "hash":
      return training.hash();
    case "export":
      return training.exportTensors(request);
  }
}
