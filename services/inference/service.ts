import { randomUUID } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { CallContext } from "#lib/rpc/calls.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { toDetail } from "#lib/rpc/errors.ts";
import { durationOf, timestampOf } from "#lib/rpc/time.ts";
import { concurrently } from "#lib/serve/concurrently.ts";
import type { Estimated, Estimator } from "#lib/serve/estimator.ts";
import type { ModelInfo } from "#lib/serve/predictor.ts";
import type { ModelVersion } from "#proto/petage/v1/ModelVersion.ts";
import type { PredictRequest__Output } from "#proto/petage/v1/PredictRequest.ts";
import type { PredictResponse } from "#proto/petage/v1/PredictResponse.ts";
import type { PredictStreamRequest__Output } from "#proto/petage/v1/PredictStreamRequest.ts";
import type { PredictStreamResponse } from "#proto/petage/v1/PredictStreamResponse.ts";

/** Photos of one stream that may be unanswered; reading pauses above. */
const MAX_UNANSWERED_PHOTOS = 64;
const MAX_REQUEST_ID_CHARACTERS = 128;

/** A model that answers, since when. */
export interface WarmModel {
  readonly estimator: Estimator;
  readonly readyTime: Date;
}

/** @param model the model, as soon as it is warm. */
export function inferenceService(model: () => WarmModel | undefined, log: Log): Implementation<"InferenceService"> {
  return {
    predict: (request, context) => predict(warm(model()), request, context),
    async *predictStream(requests, context) {
      const current = warm(model());
      const answer = ({ predict: request }: PredictStreamRequest__Output): Promise<PredictStreamResponse> =>
        predictOrTell(current, request, { context, log });
      yield* concurrently(requests, MAX_UNANSWERED_PHOTOS, answer);
    },
    getModel: async () => describe(warm(model())),
  };
}

function warm(model: WarmModel | undefined): WarmModel {
  if (model) return model;
  throw new PetageError("UNAVAILABLE", "The model is still loading", { hint: "Try again when health says SERVING" });
}

async function predict(
  { estimator }: WarmModel,
  request: PredictRequest__Output,
  { signal, deadline }: CallContext,
): Promise<PredictResponse> {
  const requestId = checkRequestId(request.requestId);
  const estimated = await estimator.estimate(request.image, {
    signal,
    ...(deadline && { timeoutMs: deadline.getTime() - Date.now() }),
    ...(request.topK !== 0 && { topK: request.topK }),
    ...(request.intervalCoverage !== undefined && { coverage: request.intervalCoverage }),
  });
  return { requestId, servedBy: versionOf(estimator.info), ...responseOf(estimated) };
}

/** The answer to one photo of a stream: its own error leaves the others alone. */
async function predictOrTell(
  model: WarmModel,
  request: PredictRequest__Output | null,
  { context, log }: { context: CallContext; log: Log },
): Promise<PredictStreamResponse> {
  try {
    if (!request) throw new PetageError("INVALID_ARGUMENT", "A request of the stream has no photo: predict is not set");
    const response = await predict(model, request, context);
    return { requestId: response.requestId ?? "", response };
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return { requestId: request?.requestId ?? "", error: toDetail(thrown, log) };
  }
}

function checkRequestId(requestId: string): string {
  if (requestId.length <= MAX_REQUEST_ID_CHARACTERS) return requestId || randomUUID();
  const message = `request_id has ${requestId.length} characters, expected at most ${MAX_REQUEST_ID_CHARACTERS}`;
  throw new PetageError("INVALID_ARGUMENT", message);
}

function responseOf({ estimate, ...timing }: Estimated): Pick<PredictResponse, "estimate" | "timing"> {
  const { monthProbabilities, top, ...rest } = estimate;
  return {
    estimate: { ...rest, monthProbabilities: [...monthProbabilities], top: [...top] },
    timing: {
      decode: durationOf(timing.decodeMs),
      queue: durationOf(timing.queueMs),
      compute: durationOf(timing.computeMs),
      total: durationOf(timing.totalMs),
      batchSize: timing.batchSize,
    },
  };
}

function describe({ estimator, readyTime }: WarmModel) {
  const { info, size, limits } = estimator;
  return {
    model: versionOf(info),
    classes: [...info.classes],
    inputHeightPx: size.height,
    inputWidthPx: size.width,
    metrics: { ...info.metrics },
    readyTime: timestampOf(readyTime),
    maxImageBytes: limits.maxImageBytes,
    maxImagePixels: limits.maxImagePixels,
  };
}

function versionOf({ name, version, sha256 }: ModelInfo): ModelVersion {
  return { name, version, weightsSha256: sha256 };
}
