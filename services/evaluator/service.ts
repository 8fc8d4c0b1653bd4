import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { localPath } from "#lib/model/location.ts";
import type { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import type { PredictorThread } from "#lib/host/thread/predictor.ts";
import { estimateAge } from "#lib/model/age-estimate.ts";
import type { DataLoaders } from "#lib/rpc/batch-source.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { Turns } from "#lib/base/turns.ts";
import { checkpointName } from "#lib/model/checkpoint.ts";
import { durationOf } from "#lib/rpc/time.ts";
import { readCheckpoint, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { systemClock } from "#lib/system/clock.ts";
import { evaluate } from "#lib/train/evaluate.ts";
import type { EvaluationEvent, SamplePrediction } from "#lib/train/evaluate.ts";
import { evaluationPrecision, evaluatorMetrics } from "#lib/train/settings.ts";

export interface EvaluatorParts {
  readonly config: ResolvedConfig;
  /** Once it is known where the data-loaders are. */
  readonly loaders: Promise<Pick<DataLoaders, "source">>;
  readonly predictor: PredictorThread;
  /** Where checkpoints may lie; anywhere unless given. */
  readonly allowed?: AllowedFolders;
  /** Hears how long each evaluation took. */
  readonly onEvaluated?: (durationMs: number) => void;
}

type Events = ReturnType<Implementation<"EvaluatorService">["evaluate"]>;
type Event = Events extends AsyncIterable<infer E> ? E : never;
type Status = Awaited<ReturnType<Implementation<"EvaluatorService">["getStatus"]>>;

/** Evaluations that may wait for their turn; there is one model in memory at a time. */
const MAX_QUEUED = 16;

const SECTIONS = {
  SPLIT_VALIDATION: { evaluator: "val_evaluator", loop: "val_cfg" },
  SPLIT_TEST: { evaluator: "test_evaluator", loop: "test_cfg" },
} as const;

export function createEvaluatorService({
  config,
  loaders,
  predictor,
  allowed,
  onEvaluated = () => {},
}: EvaluatorParts): Implementation<"EvaluatorService"> {
  let status: Status = { phase: "EVALUATOR_PHASE_IDLE", checkpointUri: "" };
  let queued = 0;
  const turns = new Turns();
  return {
    async *evaluate({ checkpointUri, split, includePredictions, includeProbabilities }, { signal }) {
      if (split !== "SPLIT_VALIDATION" && split !== "SPLIT_TEST") {
        const message = `split is ${split}, expected SPLIT_VALIDATION or SPLIT_TEST`;
        throw new PetageError("INVALID_ARGUMENT", message);
      }
      const path = localPath(checkpointUri);
      allowed?.reached(path);
      using _slot = await enter();
      const { evaluator, loop } = SECTIONS[split];
      const metrics = evaluatorMetrics(config, evaluator);
      status = { phase: "EVALUATOR_PHASE_LOADING", checkpointUri };
      const checkpoint = await abortable(readCheckpoint(path), signal); // who gives up gives the turn back
      await predictor.load(checkpoint, { source: checkpointUri, config, ...evaluationPrecision(config, loop) });
      status = { phase: "EVALUATOR_PHASE_EVALUATING", checkpointUri };
      const weightsHash = await weightsSha256(path);
      const model = {
        name: checkpoint.meta.configName,
        version: checkpointName(checkpointUri),
        weightsSha256: weightsHash,
      };
      const source = (await loaders).source(split);
      const started = systemClock.nowMs();
      for await (const event of evaluate({ predictor, source, metrics, clock: systemClock, signal })) {
        if (event.kind === "result") {
          onEvaluated(event.result.durationMs);
          yield { result: { ...resultOf(event), model } };
          continue;
        }
        const progress = progressOf(event, systemClock.nowMs() - started);
        status = { ...status, progress };
        yield { progress };
        if (includePredictions) yield predictionsOf(event.predictions, includeProbabilities);
      }
    },
    getStatus: async () => ({ ...status, queuedCount: Math.max(0, queued - 1) }),
  };

  /** Waits until the evaluations that came before are done. */
  async function enter(): Promise<Disposable> {
    if (queued > MAX_QUEUED) {
      throw new PetageError("RESOURCE_EXHAUSTED", `${queued} evaluations wait already`, { hint: "Try again later" });
    }
    queued += 1;
    const turn = await turns.next();
    return {
      [Symbol.dispose]() {
        queued -= 1;
        status = { phase: "EVALUATOR_PHASE_IDLE", checkpointUri: "" };
        turn[Symbol.dispose]();
      },
    };
  }
}

function progressOf(event: Extract<EvaluationEvent, { kind: "batch" }>, elapsedMs: number) {
  const rate = (event.done / elapsedMs) * 1000;
  return {
    sampleCount: event.done,
    totalSampleCount: event.total,
    imagesPerSecond: rate,
    eta: durationOf(((event.total - event.done) / rate) * 1000),
  };
}

function resultOf({ result }: Extract<EvaluationEvent, { kind: "result" }>) {
  return {
    metrics: { ...result.metrics },
    sampleCount: result.sampleCount,
    skippedSampleIds: [...result.skippedIds],
    duration: durationOf(result.durationMs),
  };
}

function predictionsOf(predictions: readonly SamplePrediction[], includeProbabilities: boolean): Event {
  return {
    predictions: {
      predictions: predictions.map(({ sampleId, label, probabilities }) => {
        const { ageMonths, meanMonths, modeMonths } = estimateAge(probabilities);
        return {
          sampleId,
          ...(label >= 0 && { label }),
          ageMonths,
          meanMonths,
          modeMonths,
          probabilities: includeProbabilities ? [...probabilities] : [],
        };
      }),
    },
  };
}
