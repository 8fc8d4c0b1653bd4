import { randomUUID } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { CallContext } from "#lib/rpc/calls.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { toDetail } from "#lib/rpc/errors.ts";
import { durationOf, timestampOf } from "#lib/rpc/time.ts";
import { concurrently } from "#lib/serve/concurrently.ts";
import type { Estimated } from "#lib/serve/estimator.ts";
import type { ModelSlot } from "#lib/serve/model-slot.ts";
import type { ModelInfo } from "#lib/serve/model-info.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import type { ModelVersion } from "#proto/petage/v1/ModelVersion.ts";
import type { PredictRequest__Output } from "#proto/petage/v1/PredictRequest.ts";
import type { PredictResponse } from "#proto/petage/v1/PredictResponse.ts";
import type { PredictStreamResponse } from "#proto/petage/v1/PredictStreamResponse.ts";
import type { ServedModel } from "./models.ts";

/** Photos of one stream that may be unanswered; reading pauses above. */
const MAX_UNANSWERED_PHOTOS = 64;
const MAX_REQUEST_ID_CHARACTERS = 128;

interface ServiceModels {
  readonly slot: ModelSlot<ServedModel>;
  /** Why there is no model. */
  absence(): PetageError;
}

export function inferenceService({ slot, absence }: ServiceModels, log: Log): Implementation<"InferenceService"> {
  const answer = (request: PredictRequest__Output, context: CallContext): Promise<PredictResponse> =>
    slot.use((model) => predict(model, request, context), absence);
  return {
    predict: answer,
    async *predictStream(requests, context) {
      sharedSignal(context.signal); // each photo that waits listens, and those are bounded
      // Each photo is answered by the model of its moment: a stream may outlive several.
      yield* concurrently(requests, MAX_UNANSWERED_PHOTOS, ({ predict: request }) =>
        answerOrTell(request, context, { answer, log }),
      );
    },
    getModel: () => slot.use(async (model) => describe(model), absence),
  };
}

async function predict(
  { estimator }: ServedModel,
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

interface Answering {
  readonly answer: (request: PredictRequest__Output, context: CallContext) => Promise<PredictResponse>;
  readonly log: Log;
}

/** The answer to one photo of a stream: its own error leaves the others alone. */
async function answerOrTell(
  request: PredictRequest__Output | null,
  context: CallContext,
  { answer, log }: Answering,
): Promise<PredictStreamResponse> {
  try {
    if (!request) throw new PetageError("INVALID_ARGUMENT", "A request of the stream has no photo: predict is not set");
    const response = await answer(request, context);
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

function describe({ estimator, readyTime }: ServedModel) {
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
