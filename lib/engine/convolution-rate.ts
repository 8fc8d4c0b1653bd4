import * as tf from "@tensorflow/tfjs-core";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Clock } from "#lib/base/clock.ts";
import type { Engine } from "./load.ts";
import type { Precision } from "./op.ts";
import type { TensorFunction } from "./program.ts";
import { openRunner } from "./runner.ts";
import type { RunnerOptions } from "./runner.ts";

/** A convolution from the middle of a ResNet-50: [4, 28, 28, 128], 3x3, as many channels out. */
const IMAGES = { count: 4, size: 28, channels: 128, filter: 3 };
const WARM_UP = 2;
const TURNS = 5;
/** A multiplication and an addition. */
const OPERATIONS = 2 * IMAGES.count * IMAGES.size ** 2 * IMAGES.filter ** 2 * IMAGES.channels ** 2;
/** One after the other in a run, so that what a run costs itself does not count. */
const REPEATS = 4;

/** So much faster bfloat16 has to be to be worth its rounding. */
const WORTH = 1.2;

/**
 * Whether graphs in bfloat16 are faster here than in float32. It is asked by trying, a fraction of a second: what
 * processors say of themselves does not tell. With AMX, or AMD's AVX-512, they are; with Intel's AVX-512 alone slower.
 */
export function isFastAtBfloat16(engine: Engine, options: RunnerOptions, clock: Clock): boolean {
  const rate = (precision: Precision): number => convolutionRate(engine, { ...options, precision }, clock);
  return rate("bfloat16") >= WORTH * rate("float32");
}

/** How fast it convolves here, in 10^9 floating-point operations a second: the median of some runs. */
export function convolutionRate(
  engine: Engine,
  options: RunnerOptions & { readonly precision: Precision },
  clock: Clock,
): number {
  using runner = openRunner(engine, { ...options, areStatic: true });
  const { count, size, channels, filter } = IMAGES;
  tf.tidy(() => {
    runner.variables.set("images", tf.randomNormal([count, size, size, channels]));
    runner.variables.set("filter", tf.randomNormal([filter, filter, channels, channels], 0, 0.03));
  });
  const convolve: TensorFunction = (variables) => {
    let images = variables.get("images") as Tensor4D;
    for (let at = 0; at < REPEATS; at++) images = tf.conv2d(images, variables.get("filter") as Tensor4D, 1, "same");
    return { sum: tf.sum(images) };
  };
  const seconds = Array.from({ length: WARM_UP + TURNS }, () => {
    const startMs = clock.nowMs();
    using results = runner.run(convolve, {});
    results.read("sum");
    return (clock.nowMs() - startMs) / 1000;
  });
  const median = seconds.slice(WARM_UP).toSorted((one, other) => one - other)[Math.floor(TURNS / 2)] ?? NaN;
  return (OPERATIONS * REPEATS) / median / 1e9;
}
