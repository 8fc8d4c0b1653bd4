/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11). A stream is named by its key and counter, so it needs no state: whoever asks for the stream of
 * (seed, epoch, sample) gets the same numbers, in whatever order or process.
 */
export interface Random {
  /** A float in [0, 1) with 32 bits of randomness. */
  next(): number;
  /** A float in [low, high). */
  uniform(low: number, high: number): number;
  /** An integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** A normal deviate (Box–Muller). */
  normal(mean?: number, deviation?: number): number;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

type Words = [number, number, number, number];

/** The high 32 bits of a 32 x 32 bit product; `Math.imul` has the low ones. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + (middle >>> 16) + (middleLow >>> 16)) >>> 0;
}

/** One Philox4x32-10 block: four 32-bit words from a counter of four words and a key of two. */
export function philox(counter: Readonly<Words>, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The stream named by (seed, a, b): for instance (seed, epoch, sample index). All are integers; seed below 2^53. */
export function randomStream(seed: number, a = 0, b = 0): Random {
  const key: [number, number] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  let block = 0;
  let words: Words = [0, 0, 0, 0];
  let used = 4;
  const word = (): number => {
    if (used === 4) {
      words = philox([block++ >>> 0, a >>> 0, b >>> 0, 0], key);
      used = 0;
    }
    return words[used++ as 0 | 1 | 2 | 3];
  };
  const next = (): number => word() / 2 ** 32;
  const uniform = (low: number, high: number): number => low + (high - low) * next();
  return {
    next,
    uniform,
    integer: (low, high) => low + Math.floor((high - low + 1) * next()),
    normal(mean = 0, deviation = 1) {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return mean + deviation * radius * Math.cos(2 * Math.PI * next());
    },
  };
}

/** A uniformly random order of 0..count-1 (Fisher–Yates). */
export function permutation(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(0, last);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
