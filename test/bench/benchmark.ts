/** One line of output. `null` stands where there is no peer, no target, or neither. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** What was measured beside it, in turns, in the same run. */
  readonly peer: string | null;
  readonly peerValue: number | null;
  /** `value` over `peerValue`: above 1 is better for img/s, below 1 for ms, MB and months. */
  readonly ratio: number | null;
  /** The highest ratio that is good enough, or the lowest for img/s; where a measurement names one, the highest value. */
  readonly target: number | null;
  readonly met: boolean | null;
}

/** What a benchmark found; `toRow` makes the line of it. */
export interface Measurement {
  readonly case: string;
  readonly value: number;
  readonly unit: "img/s" | "pods/s" | "ms" | "s" | "MB" | "months" | "reads" | "writes" | "writes/s";
  readonly peer?: { readonly name: string; readonly value: number } | undefined;
  /** The ratio that is good enough: for img/s the lowest, otherwise the highest. */
  readonly targetRatio?: number;
  /** The highest value that is good enough, whatever the peer does. */
  readonly targetValue?: number;
}

export interface BenchContext {
  /** `tiny` shows in seconds that everything works; its figures mean nothing. */
  readonly size: "full" | "tiny";
  /** A Python with torch, which runs the peers. */
  readonly python: string | undefined;
  /** How many times what depends on a seed is repeated; else as the benchmark has it. */
  readonly seeds?: number | undefined;
  /** Progress, and why a peer cannot run. */
  readonly say: (line: string) => void;
}

/** One file, and one line in `main.ts`. Measurements are given as they are made. */
export interface Benchmark {
  /** One sentence for the list. */
  readonly about: string;
  readonly run: (context: BenchContext) => AsyncIterable<Measurement>;
}

export function toRow(bench: string, measurement: Measurement): Row {
  const { case: name, value, unit, peer, targetRatio, targetValue } = measurement;
  const ratio = peer ? value / peer.value : undefined;
  const judged = targetValue === undefined ? ratio : value;
  const target = targetValue ?? targetRatio;
  const isMoreBetter = unit.endsWith("/s") && targetValue === undefined;
  return {
    bench,
    case: name,
    value: rounded(value),
    unit,
    peer: peer?.name ?? null,
    peerValue: peer ? rounded(peer.value) : null,
    ratio: ratio === undefined ? null : rounded(ratio),
    target: target ?? null,
    met: judged === undefined || target === undefined ? null : isMoreBetter ? judged >= target : judged <= target,
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
