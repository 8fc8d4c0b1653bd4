/** The outcome of one golden case. A case that cannot be checked is "skipped" and says why; none is dropped. */
export interface GoldenResult {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly expected?: string;
  readonly got?: string;
  readonly why?: string;
}

/** Checks every case of one golden file against petage. */
export interface GoldenChecker {
  /** Name of the JSON file within `DIR/mmpretrain` that it reads. */
  readonly file: string;
  /** @param data the parsed JSON. */
  check(data: unknown): AsyncIterable<GoldenResult> | Iterable<GoldenResult>;
}
