import { roundHalfEven } from "#lib/data/geometry.ts";

/** With which weights source pixels mix into each target pixel of one axis, as in OpenCV's resize. */
export interface Taps {
  readonly count: number;
  readonly sources: Int32Array; // [target, count], clamped to the image
  readonly weights: Float32Array; // [target, count], sum 1, or 2 ** FIXED_POINT_BITS (and whole) in fixed point
}

export const FIXED_POINT_BITS = 11;
const FIXED_POINT_ONE = 1 << FIXED_POINT_BITS;

/** Writes `weights.length` weights for a point `fraction` of a pixel past the tap in the middle. */
export type Kernel = (fraction: number, weights: Float32Array) => void;

export interface Axis {
  readonly source: number;
  readonly target: number;
}

/** Where a target pixel lies among the source pixels. */
type Locate = (target: number) => { readonly base: number; readonly fraction: number };

/** Pixel centres mapped onto pixel centres. */
export function centred(axis: Axis): Locate {
  const scale = 1 / (axis.target / axis.source);
  return (target) => {
    const position = Math.fround((target + 0.5) * scale - 0.5);
    const base = Math.floor(position);
    return { base, fraction: Math.fround(position - base) };
  };
}

/** The same, rounded to single precision only behind the point. */
export function centredExactly(axis: Axis): Locate {
  const scale = 1 / (axis.target / axis.source);
  return (target) => {
    const position = (target + 0.5) * scale - 0.5;
    const base = Math.floor(position);
    return { base, fraction: Math.fround(position - base) };
  };
}

/** OpenCV's imitation of area averaging where the image grows. */
export function areaLike(axis: Axis): Locate {
  const inverse = axis.target / axis.source;
  const scale = 1 / inverse;
  return (target) => {
    const base = Math.floor(target * scale);
    const fraction = Math.fround(target + 1 - (base + 1) * inverse);
    return { base, fraction: fraction <= 0 ? 0 : Math.fround(fraction - Math.floor(fraction)) };
  };
}

export interface TapOptions {
  readonly count: number;
  readonly kernel: Kernel;
  readonly locate: Locate;
  /** Whether a point beyond the outermost pixel centres takes the outermost pixel alone: OpenCV does so in x only. */
  readonly snapsToEdge: boolean;
  readonly fixedPoint: boolean;
}

export function computeTaps(axis: Axis, options: TapOptions): Taps {
  const { count } = options;
  const last = axis.source - 1;
  const sources = new Int32Array(axis.target * count);
  const weights = new Float32Array(axis.target * count);
  const mixture = new Float32Array(count);
  for (let target = 0; target < axis.target; target++) {
    let { base, fraction } = options.locate(target);
    if (options.snapsToEdge && (base < 0 || base >= last)) {
      base = base < 0 ? 0 : last;
      fraction = 0;
    }
    options.kernel(fraction, mixture);
    for (let tap = 0; tap < count; tap++) {
      const source = base + tap - (count / 2 - 1);
      sources[target * count + tap] = Math.min(Math.max(source, 0), last);
      weights[target * count + tap] = options.fixedPoint
        ? roundHalfEven(mixture[tap]! * FIXED_POINT_ONE)
        : mixture[tap]!;
    }
  }
  return { count, sources, weights };
}

export function linearKernel(fraction: number, weights: Float32Array): void {
  weights[0] = 1 - fraction;
  weights[1] = fraction;
}

/** Of Keys' cubic convolution. */
const KEYS = -0.75;

export function cubicKernel(fraction: number, weights: Float32Array): void {
  const near = (x: number): number => ((KEYS + 2) * x - (KEYS + 3)) * x * x + 1;
  const far = (x: number): number => ((KEYS * x - 5 * KEYS) * x + 8 * KEYS) * x - 4 * KEYS;
  weights[0] = far(fraction + 1);
  weights[1] = near(fraction);
  weights[2] = near(1 - fraction);
  weights[3] = 1 - weights[0] - weights[1] - weights[2];
}

/** The same in single precision, rounded after each operation. */
export function singleCubicKernel(fraction: number, weights: Float32Array): void {
  const { fround } = Math;
  const near = (x: number): number => fround(fround(fround(fround(fround((KEYS + 2) * x) - (KEYS + 3)) * x) * x) + 1);
  const x = fround(fraction + 1);
  weights[0] = fround(fround(fround(fround(fround(fround(KEYS * x) - 5 * KEYS) * x) + 8 * KEYS) * x) - 4 * KEYS);
  weights[1] = near(fraction);
  weights[2] = near(fround(1 - fraction));
  weights[3] = fround(fround(1 - weights[0]) - weights[1]) - weights[2];
}

const HALF_SQRT2 = Math.SQRT1_2;
/** sin and cos of the angle of tap i relative to that of tap 0: multiples of 45 degrees. */
const LANCZOS_TURNS = [
  [1, 0],
  [-HALF_SQRT2, -HALF_SQRT2],
  [0, 1],
  [HALF_SQRT2, -HALF_SQRT2],
  [-1, 0],
  [HALF_SQRT2, HALF_SQRT2],
  [0, -1],
  [-HALF_SQRT2, HALF_SQRT2],
] as const;

/** Lanczos over 8 pixels, normalised. */
export function lanczosKernel(fraction: number, weights: Float32Array): void {
  const start = (-(fraction + 3) * Math.PI) / 4;
  const [sine, cosine] = [Math.sin(start), Math.cos(start)];
  let sum = 0;
  LANCZOS_TURNS.forEach(([sines, cosines], tap) => {
    const distance = Math.fround(fraction + 3 - tap);
    const angle = (-distance * Math.PI) / 4;
    // Close to its own pixel the weight outgrows the others, which the normalisation then turns into 1 and 0.
    const weight = Math.abs(distance) >= 1e-6 ? (sines * sine + cosines * cosine) / (angle * angle) : 1e30;
    weights[tap] = weight;
    sum = Math.fround(sum + Math.fround(weight));
  });
  const scale = Math.fround(1 / sum);
  for (let tap = 0; tap < weights.length; tap++) weights[tap] = weights[tap]! * scale;
}
