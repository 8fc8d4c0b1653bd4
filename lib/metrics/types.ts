/** Everything a metric sees: the model's softmax over all classes and the labels, for the whole dataset. */
export interface Predictions {
  readonly probabilities: Float32Array; // [N, C]
  readonly labels: Int32Array; // [N]
  readonly numClasses: number;
}

/** Whether a smaller or a larger value is better; `save_best` asks for it. */
export type Direction = "less" | "greater";

export interface Metric {
  /** Names (with the prefix, `accuracy/top1`) that `compute` returns, with the direction in which each is better. */
  readonly directions: Readonly<Record<string, Direction>>;
  /** The fewest classes among which it can be measured; 1 unless given. */
  readonly leastClasses?: number;
  compute(predictions: Predictions): Readonly<Record<string, number>>;
}
