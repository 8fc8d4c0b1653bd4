/**
 * What code may measure of itself. `lib/host/metrics.ts` implements it for Prometheus; names are
 * `petage_<service>_<what>_<unit>`, and docs/operations.md lists them all.
 */
export interface Metrics {
  /** What only grows: its name ends in `_total`. */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  /** What goes up and down. */
  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L>;
  /** How values are distributed. */
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L>;
}

export interface MetricOptions<L extends string> {
  readonly name: string;
  /** One sentence, with the unit. */
  readonly help: string;
  /** Names of its labels. Each combination of their values is kept for good: they must be few. */
  readonly labels?: readonly L[];
}

export interface GaugeOptions<L extends string> extends MetricOptions<L> {
  /** Sets it just before it is read. */
  readonly collect?: (gauge: Gauge<L>) => void;
}

export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds of the buckets, rising. */
  readonly buckets: readonly number[];
}

/** The value of each label; nothing where there are none. */
type LabelValues<L extends string> = [L] extends [never] ? [] : [Readonly<Record<L, string>>];

export interface Counter<L extends string = never> {
  add(amount: number, ...labels: LabelValues<L>): void;
}

export interface Gauge<L extends string = never> {
  set(value: number, ...labels: LabelValues<L>): void;
  /** Forgets the values of all labels. */
  reset(): void;
}

export interface Histogram<L extends string = never> {
  observe(value: number, ...labels: LabelValues<L>): void;
}

/** For durations from a millisecond to ten seconds. */
export const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export const silentMetrics: Metrics = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {}, reset() {} }),
  histogram: () => ({ observe() {} }),
};
