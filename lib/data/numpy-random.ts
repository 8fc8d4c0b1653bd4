/**
 * NumPy's default generator, as far as its order of a list goes: PCG64 (O'Neill, "PCG: a family of simple fast
 * space-efficient statistically good algorithms for random number generation", 2014; XSL-RR 128/64), seeded by
 * SeedSequence (O'Neill's seed_seq), and Generator.shuffle.
 */
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const MASK_128 = (1n << 128n) - 1n;
const MASK_64 = (1n << 64n) - 1n;

/** `list(range(count))`, shuffled by `numpy.random.default_rng(seed).shuffle`. @param seed a whole number, 0 or more */
export function numpyOrder(count: number, seed: number): number[] {
  const next = words(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = below(last, next);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** A number of 0..most: masked words, until one is not too large. @param most less than 2^32 */
function below(most: number, next: () => number): number {
  const mask = 2 ** (32 - Math.clz32(most)) - 1;
  for (;;) {
    const value = (next() & mask) >>> 0;
    if (value <= most) return value;
  }
}

/** The 32-bit words of a seed's generator: each 64-bit number gives its low half, then its high one. */
function words(seed: number): () => number {
  const [stateHigh, stateLow, streamHigh, streamLow] = seedNumbers(seed);
  const increment = ((((streamHigh << 64n) | streamLow) << 1n) | 1n) & MASK_128;
  const step = (state: bigint): bigint => (state * MULTIPLIER + increment) & MASK_128;
  let state = step((step(0n) + ((stateHigh << 64n) | stateLow)) & MASK_128);
  let high: number | undefined;
  return () => {
    if (high !== undefined) {
      const word = high;
      high = undefined;
      return word;
    }
    state = step(state);
    const folded = (state >> 64n) ^ (state & MASK_64);
    const turn = state >> 122n;
    const number = ((folded >> turn) | (folded << ((64n - turn) & 63n))) & MASK_64;
    high = Number(number >> 32n);
    return Number(number & 0xffffffffn);
  };
}

const POOL_WORDS = 4;

/** SeedSequence(seed).generate_state(4, uint64). */
function seedNumbers(seed: number): [bigint, bigint, bigint, bigint] {
  const entropy = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  const hashA = hasher(0x43b0d7e5, 0x931e8875);
  const pool = Array.from({ length: POOL_WORDS }, (_, index) => hashA(entropy[index] ?? 0));
  for (let from = 0; from < POOL_WORDS; from++) {
    for (let to = 0; to < POOL_WORDS; to++) {
      if (from !== to) pool[to] = mix(pool[to] ?? 0, hashA(pool[from] ?? 0));
    }
  }
  const hashB = hasher(0x8b51f9dd, 0x58f38ded);
  const state = Array.from({ length: 2 * POOL_WORDS }, (_, index) => BigInt(hashB(pool[index % POOL_WORDS] ?? 0)));
  const number = (index: number): bigint => ((state[2 * index + 1] ?? 0n) << 32n) | (state[2 * index] ?? 0n);
  return [number(0), number(1), number(2), number(3)];
}

function hasher(start: number, multiplier: number): (word: number) => number {
  let constant = start;
  return (word) => {
    const mixed = word ^ constant;
    constant = Math.imul(constant, multiplier);
    const product = Math.imul(mixed, constant);
    return (product ^ (product >>> 16)) >>> 0;
  };
}

function mix(x: number, y: number): number {
  const result = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
  return (result ^ (result >>> 16)) >>> 0;
}
