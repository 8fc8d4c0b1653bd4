import { defined } from "#lib/base/assert.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Checkpoint } from "#lib/train/checkpoint.ts";
import { createPredictor } from "#lib/train/predictor.ts";
import type { ImageBatch, Predictor } from "#lib/train/predictor.ts";
import { createLogger } from "./logger.ts";
import { answerCalls } from "./thread.ts";

export type PredictorRequest =
  | {
      readonly kind: "load";
      readonly checkpoint: Checkpoint;
      readonly source: string;
      readonly config?: ResolvedConfig;
    }
  | { readonly kind: "predict"; readonly batch: ImageBatch };

export type PredictorResponse = { readonly engine: Engine; readonly classCount: number } | Float32Array;

const log = createLogger({ name: "engine", format: "json", level: "info" });
let predictor: Predictor | undefined;

answerCalls(async (request: PredictorRequest): Promise<PredictorResponse> => {
  if (request.kind === "predict") return defined(predictor, "the model").predict(request.batch);
  const { checkpoint, source, config } = request;
  const next = await createPredictor(checkpoint, { source, log, ...(config && { config }) });
  predictor?.dispose();
  predictor = next;
  return { engine: next.engine, classCount: next.classCount };
});
