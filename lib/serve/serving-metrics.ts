import type { Clock } from "#lib/base/clock.ts";
import { SECONDS_BUCKETS, type Counter, type Gauge, type Histogram, type Metrics } from "#lib/base/metrics.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { ModelInfo } from "./model-info.ts";
import { QueueTime } from "./queue-time.ts";

/** Where the time of one photo went. */
interface PhotoTimes {
  readonly decodeMs: number;
  readonly queueMs: number;
  readonly computeMs: number;
  readonly totalMs: number;
}

/** What the inference service measures of itself, whichever model answers. */
export class ServingMetrics {
  /** Photos that wait, for a decoder or for the model. */
  readonly queue: QueueTime;
  readonly #seconds: Histogram;
  readonly #stageSeconds: Histogram<"stage">;
  readonly #batchSize: Histogram;
  readonly #rejected: Counter<"code">;
  readonly #model: Gauge<"name" | "version">;
  readonly #modelFailures: Counter;

  constructor(metrics: Metrics, clock: Clock) {
    const queue = (this.queue = new QueueTime(clock));
    metrics.gauge({
      name: "petage_inference_queue_seconds",
      help: "Mean time that photos of the last 30 seconds waited for a decoder and for the model, in seconds.",
      collect: (gauge) => gauge.set(queue.meanMs() / 1000),
    });
    metrics.gauge({
      name: "petage_inference_queue_length",
      help: "Photos that wait for a decoder or for the model.",
      collect: (gauge) => gauge.set(queue.waiting),
    });
    this.#seconds = metrics.histogram({
      name: "petage_inference_request_seconds",
      help: "Time from a photo to its answer, in seconds; refused photos are not in it.",
      buckets: SECONDS_BUCKETS,
    });
    this.#stageSeconds = metrics.histogram({
      name: "petage_inference_stage_seconds",
      help: "Part of that time: decode, queue or compute, in seconds.",
      labels: ["stage"],
      buckets: SECONDS_BUCKETS,
    });
    this.#batchSize = metrics.histogram({
      name: "petage_inference_batch_size",
      help: "Photos computed together.",
      buckets: DEFAULT_POLICY.batchSizes,
    });
    this.#rejected = metrics.counter({
      name: "petage_inference_rejected_total",
      help: "Photos that got an error, by its code.",
      labels: ["code"],
    });
    this.#model = metrics.gauge({
      name: "petage_inference_model_info",
      help: "1 for the model that answers.",
      labels: ["name", "version"],
    });
    this.#modelFailures = metrics.counter({
      name: "petage_inference_model_failures_total",
      help: "Attempts to load a version of the model that failed; the one before goes on serving.",
    });
  }

  answered({ decodeMs, queueMs, computeMs, totalMs }: PhotoTimes): void {
    this.#seconds.observe(totalMs / 1000);
    for (const [stage, timeMs] of Object.entries({ decode: decodeMs, queue: queueMs, compute: computeMs })) {
      this.#stageSeconds.observe(timeMs / 1000, { stage });
    }
  }

  rejected(code: string): void {
    this.#rejected.add(1, { code });
  }

  computed(batchSize: number): void {
    this.#batchSize.observe(batchSize);
  }

  serves({ name, version }: Pick<ModelInfo, "name" | "version">): void {
    this.#model.reset();
    this.#model.set(1, { name, version });
  }

  modelFailed(): void {
    this.#modelFailures.add(1);
  }
}
