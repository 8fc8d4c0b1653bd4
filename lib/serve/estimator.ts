import { defined } from "#lib/base/assert.ts";
import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import { silentMetrics } from "#lib/base/metrics.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import type { Image } from "#lib/data/types.ts";
import { Admission } from "./admission.ts";
import { Batcher } from "./batcher.ts";
import { checkEstimateOptions, estimateAge, type AgeEstimate, type EstimateOptions } from "#lib/model/age-estimate.ts";
import { DEFAULT_POLICY, paddedSize, type BatchPolicy } from "./policy.ts";
import { checkSize, createPreprocess, inputSize, type Preprocess } from "./preprocess.ts";
import type { ModelInfo, ServedPredictor } from "./model-info.ts";
import { ServingMetrics } from "./serving-metrics.ts";

/** Largest photo taken: in bytes smaller than the largest message, so that the answer to a larger one is clear. */
export const SERVING_IMAGE_LIMITS: ImageLimits = { maxImageBytes: 12 * 2 ** 20, maxImagePixels: 40e6 };

export interface EstimatorOptions {
  readonly clock: Clock;
  readonly limits?: ImageLimits;
  readonly policy?: BatchPolicy;
  /** Shared by models that follow one another. */
  readonly admission?: Admission;
  readonly metrics?: ServingMetrics;
  /** Builds the test pipeline; without it, of our components. */
  readonly build?: Build;
}

export interface EstimateCall extends EstimateOptions {
  /** How long the caller waits; no limit when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** An age, and where the time went. */
export interface Estimated {
  readonly estimate: AgeEstimate;
  readonly decodeMs: number;
  /** For a decoder and for the model. */
  readonly queueMs: number;
  readonly computeMs: number;
  readonly totalMs: number;
  /** Photos computed together. */
  readonly batchSize: number;
}

type Size = Pick<Image, "height" | "width">;

/** From a photo's bytes to an age: each photo is decoded and checked on its own, then computed in a batch with others. */
export class Estimator {
  readonly info: ModelInfo;
  readonly limits: ImageLimits;
  readonly size: Size;
  readonly #preprocess: Preprocess;
  readonly #admission: Admission;
  readonly #metrics: ServingMetrics;
  readonly #batcher: Batcher<Image, Float32Array>;
  readonly #clock: Clock;
  readonly #onWaiting = (delta: number): void => this.#metrics.queue.change(delta);

  private constructor(
    predictor: ServedPredictor,
    options: Required<Omit<EstimatorOptions, "build">> & { preprocess: Preprocess; size: Size },
  ) {
    this.info = predictor.info;
    this.limits = options.limits;
    this.size = options.size;
    this.#preprocess = options.preprocess;
    this.#admission = options.admission;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    const { policy, clock, size, metrics } = options;
    this.#batcher = new Batcher({
      compute: batchComputer(predictor, { size, batchSizes: policy.batchSizes, metrics }),
      policy,
      clock,
      onWaiting: this.#onWaiting,
    });
  }

  /** Makes the model warm: the first batch of each size costs TensorFlow many times the later ones. */
  static async warm(predictor: ServedPredictor, options: EstimatorOptions): Promise<Estimator> {
    const { clock, limits = SERVING_IMAGE_LIMITS, policy = DEFAULT_POLICY } = options;
    const { metrics = new ServingMetrics(silentMetrics, clock), admission = new Admission() } = options;
    const preprocess = createPreprocess(predictor.info.config, limits, options.build);
    const size = await inputSize(preprocess);
    for (const count of policy.batchSizes) {
      await predictor.predict({ images: pixels(count, size), count, ...size });
    }
    return new Estimator(predictor, { limits, policy, admission, metrics, clock, preprocess, size });
  }

  /** The age on a photo. Throws IMAGE_*, INVALID_ARGUMENT, UNAVAILABLE, DEADLINE_EXCEEDED or NOT_FINITE. */
  async estimate(photo: Uint8Array, call: EstimateCall = {}): Promise<Estimated> {
    try {
      const estimated = await this.#estimate(photo, call);
      this.#metrics.answered(estimated);
      return estimated;
    } catch (thrown) {
      this.#metrics.rejected(PetageError.from(thrown).code);
      throw thrown;
    }
  }

  async #estimate(photo: Uint8Array, { timeoutMs = Infinity, signal, ...options }: EstimateCall): Promise<Estimated> {
    checkEstimateOptions(options);
    const startMs = this.#clock.nowMs();
    using _inside = this.#admission.enter(photo.byteLength);
    this.#metrics.queue.arrive();
    let decodeStartMs = startMs;
    const image = await this.#admission.decode(() => {
      signal?.throwIfAborted(); // its caller left while it waited
      decodeStartMs = this.#clock.nowMs();
      return this.#preprocess(photo);
    }, this.#onWaiting);
    checkSize(image, this.size);
    const decodedMs = this.#clock.nowMs();
    const { answer, ...timing } = await this.#batcher.submit(image, {
      bytes: image.data.byteLength,
      timeoutMs: timeoutMs - (decodedMs - startMs),
      ...(signal && { signal }),
    });
    const estimate = estimateAge(answer, options);
    const queueMs = decodeStartMs - startMs + timing.queueMs;
    const decodeMs = decodedMs - decodeStartMs;
    return { ...timing, estimate, decodeMs, queueMs, totalMs: this.#clock.nowMs() - startMs };
  }
}

/** Computes images together, padded to a size that the model is warm for. */
function batchComputer(
  predictor: ServedPredictor,
  { size, batchSizes, metrics }: { size: Size; batchSizes: readonly number[]; metrics: ServingMetrics },
): (images: readonly Image[]) => Promise<Float32Array[]> {
  const buffers = new Map(batchSizes.map((count) => [count, pixels(count, size)]));
  return async (images) => {
    const count = paddedSize(images.length, batchSizes);
    const batch = defined(buffers.get(count), `a buffer for ${count} images`); // [count, H, W, 3]
    for (const [index, { data }] of images.entries()) batch.set(data, index * data.length);
    metrics.computed(images.length);
    const probabilities = await predictor.predict({ images: batch, count, ...size }); // [count, C]
    const numClasses = probabilities.length / count;
    return images.map((_, index) => probabilities.subarray(index * numClasses, (index + 1) * numClasses));
  };
}

/** Shared memory, so that the thread of the model reads what is written here. */
function pixels(count: number, { height, width }: Size): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(count * height * width * 3));
}
