import { defined } from "#lib/base/assert.ts";
import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import { silentMetrics } from "#lib/base/metrics.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import type { Image } from "#lib/data/types.ts";
import { Admission } from "./admission.ts";
import { Batcher } from "./batcher.ts";
import { checkEstimateOptions, estimateAge, type AgeEstimate, type EstimateOptions } from "#lib/model/age-estimate.ts";
import { ForecastError } from "./forecast-error.ts";
import { DEFAULT_POLICY, paddedSize, type BatchPolicy } from "./policy.ts";
import { checkSize, createPreprocess, inputSize, type Preprocess } from "./preprocess.ts";
import type { ModelInfo, ServedPredictor } from "./model-info.ts";
import { ServiceTimes } from "./service-times.ts";
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
  /** How photos are prepared; in the calling thread, by our components, unless given. */
  readonly decoders?: Decoders;
}

/** What decodes photos and brings them to the network's input. */
export interface Decoders {
  readonly preprocess: Preprocess;
  /** Photos that can be worked on at a time. */
  readonly parallelism: number;
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

/** How long a photo may be inside whose caller names no deadline, as one of a stream. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Decoders take photos one by one. */
const ONE_BY_ONE = { ...DEFAULT_POLICY, batchSizes: [1] };

type Size = Pick<Image, "height" | "width">;

/** From a photo's bytes to an age: each photo is decoded and checked on its own, then computed in a batch with others. */
export class Estimator {
  readonly info: ModelInfo;
  readonly limits: ImageLimits;
  readonly size: Size;
  readonly #decoding: Batcher<Encoded, Image>;
  readonly #error = new ForecastError();
  readonly #admission: Admission;
  readonly #metrics: ServingMetrics;
  readonly #batcher: Batcher<Image, Float32Array>;
  readonly #clock: Clock;

  private constructor(
    predictor: ServedPredictor,
    options: Required<EstimatorOptions> & { readonly times: ServiceTimes; readonly size: Size },
  ) {
    const { policy, clock, size, metrics, decoders, times } = options;
    this.info = predictor.info;
    this.limits = options.limits;
    this.size = size;
    this.#admission = options.admission;
    this.#metrics = metrics;
    this.#clock = clock;
    const onWaiting = (delta: number): void => metrics.queue.change(delta);
    this.#decoding = new Batcher({
      compute: (photos) => Promise.all(photos.map(({ photo, signal }) => decoders.preprocess(photo, signal))),
      parallelism: decoders.parallelism,
      policy: ONE_BY_ONE,
      clock,
      onWaiting,
    });
    const compute = batchComputer(predictor, { size, batchSizes: policy.batchSizes, metrics });
    this.#batcher = new Batcher({ compute, policy, clock, times, onWaiting });
  }

  /** Makes the model warm: the first batch of each size costs TensorFlow many times the later ones. */
  static async warm(predictor: ServedPredictor, options: EstimatorOptions): Promise<Estimator> {
    const { clock, limits = SERVING_IMAGE_LIMITS, policy = DEFAULT_POLICY } = options;
    const { metrics = new ServingMetrics(silentMetrics, clock), admission = new Admission() } = options;
    const { decoders = { preprocess: createPreprocess(predictor.info.config, limits), parallelism: 4 } } = options;
    const size = await inputSize(decoders.preprocess, decoders.parallelism);
    const times = new ServiceTimes();
    for (const count of policy.batchSizes) {
      const batch = { images: pixels(count, size), count, ...size };
      await predictor.predict(batch);
      const startMs = clock.nowMs();
      await predictor.predict(batch);
      times.add(count, clock.nowMs() - startMs);
    }
    return new Estimator(predictor, { limits, policy, admission, metrics, clock, decoders, size, times });
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

  async #estimate(photo: Uint8Array, call: EstimateCall): Promise<Estimated> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal = new AbortController().signal, ...options } = call;
    checkEstimateOptions(options);
    const startMs = this.#clock.nowMs();
    const foreseenMs = this.#foresee(timeoutMs);
    using _inside = this.#admission.enter(photo.byteLength);
    this.#metrics.queue.arrive();
    const decoded = await this.#decoding.submit({ photo, signal }, { bytes: photo.byteLength, timeoutMs, signal });
    const image = decoded.answer;
    checkSize(image, this.size);
    const { answer, ...timing } = await this.#batcher.submit(image, {
      bytes: image.data.byteLength,
      timeoutMs: timeoutMs - (this.#clock.nowMs() - startMs),
      signal,
    });
    const totalMs = this.#clock.nowMs() - startMs;
    this.#error.add(totalMs - foreseenMs);
    const queueMs = decoded.queueMs + timing.queueMs;
    return { ...timing, estimate: estimateAge(answer, options), decodeMs: decoded.computeMs, queueMs, totalMs };
  }

  /**
   * DEADLINE_EXCEEDED if a photo that came now would not be answered in time. Whoever asks before it has read the photo
   * saves that, too.
   */
  admit(timeoutMs: number = DEFAULT_TIMEOUT_MS): void {
    try {
      this.#foresee(timeoutMs);
    } catch (thrown) {
      this.#metrics.rejected(PetageError.from(thrown).code);
      throw thrown;
    }
  }

  /** How long the answer will take. DEADLINE_EXCEEDED where that is too long, before anything is done for it. */
  #foresee(timeoutMs: number): number {
    const decoding = this.#decoding.forecast({ timeoutMs });
    const computing = this.#batcher.forecast({ timeoutMs, ahead: decoding.before });
    const foreseenMs = Math.max(decoding.waitMs + decoding.computeMs, computing.waitMs) + computing.computeMs;
    const isBegunAtOnce = decoding.waitMs === 0 && computing.waitMs === 0; // then trying shows how fast this is now
    const latestMs = foreseenMs + Math.min(this.#error.marginMs, timeoutMs / 2);
    if (isBegunAtOnce || latestMs <= timeoutMs) return foreseenMs;
    throw new PetageError(
      "DEADLINE_EXCEEDED", // and not UNAVAILABLE, which callers try again at once
      `Server is overloaded: an answer would take up to ${seconds(latestMs)}, and the caller waits ${seconds(timeoutMs)}`,
      { hint: "Allow more time, or try again in a moment" },
    );
  }
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** A photo that waits for a decoder. */
interface Encoded {
  readonly photo: Uint8Array;
  readonly signal: AbortSignal;
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
