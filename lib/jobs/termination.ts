import { z } from "zod";

/** kubelet hands over no more of `/dev/termination-log`. */
export const TERMINATION_LIMIT_BYTES = 4096;

const checkpoint = z.object({
  uri: z.string(),
  step: z.int().min(0),
  epoch: z.int().min(0),
  sha256: z.string(),
});

const count = z.int().min(0);
const metrics = z.record(z.string(), z.number());
const measured = z.number().optional();

/** Where training stood, in the words of `ProgressStatus`. */
const progress = z.object({
  epoch: count,
  maxEpochs: count,
  step: count,
  maxSteps: count,
  iteration: count.optional(),
  iterationsPerEpoch: count.optional(),
  etaSeconds: measured,
  loss: measured,
  learningRate: measured,
  imagesPerSecond: measured,
  dataWaitShare: measured,
  allReduceShare: measured,
  validationMetrics: metrics.optional(),
});

const report = z.object({
  error: z.string(),
  step: z.int().min(0),
  checkpoint: checkpoint.nullable(),
  result: z.object({ modelUri: z.string(), metrics }).nullable(),
  published: z.string().nullable(),
  progress: progress.optional(),
});

/** A checkpoint as a controller remembers it. */
export type ReportedCheckpoint = Readonly<z.output<typeof checkpoint>>;

/** Where training stood at its last step. */
export type ReportedProgress = Readonly<z.output<typeof progress>>;

/** The last words of a worker: what a controller knows of it once it has ended, however it ended. */
export interface TerminationReport {
  /** One line; empty when nothing went wrong. */
  readonly error: string;
  /** Optimizer steps done. */
  readonly step: number;
  /** The newest checkpoint that can be resumed. */
  readonly checkpoint: ReportedCheckpoint | null;
  /** The model of a training that went to its end: the best by `save_best`, else the last, and what it measured. */
  readonly result: { readonly modelUri: string; readonly metrics: Readonly<Record<string, number>> } | null;
  /** The version in the model store: a folder. */
  readonly published: string | null;
  /** Its last step and validation; absent before the first step. */
  readonly progress?: ReportedProgress | undefined;
}

/** The report of a worker that knows nothing but how it ended. */
export const EMPTY_REPORT: TerminationReport = { error: "", step: 0, checkpoint: null, result: null, published: null };

/** One JSON object of at most `TERMINATION_LIMIT_BYTES`: the error gives way first, then what was measured. */
export function formatTermination(given: TerminationReport): string {
  const whole = finite({ ...given, error: oneLine(given.error) });
  const text = JSON.stringify(whole);
  if (fits(text)) return text;
  const shorter = withError(whole);
  if (shorter !== undefined) return shorter;
  const { progress: _, ...rest } = whole;
  const unmeasured = { ...rest, result: rest.result && { ...rest.result, metrics: {} } };
  return withError(unmeasured) ?? JSON.stringify({ ...EMPTY_REPORT, error: whole.error.slice(0, 500) });
}

/** The report in a termination message; undefined when the text is anything else (kubelet may put a log's tail there). */
export function parseTermination(text: string): TerminationReport | undefined {
  try {
    const parsed = report.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

const CUT = "...";

/** The report with as much of its error as there is room for; undefined when even none is too much. */
function withError(given: TerminationReport): string | undefined {
  const cutTo = (length: number): string => JSON.stringify({ ...given, error: given.error.slice(0, length) + CUT });
  if (!fits(cutTo(0))) return undefined;
  let [low, high] = [0, given.error.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(cutTo(middle))) low = middle;
    else high = middle - 1;
  }
  return cutTo(low);
}

function fits(text: string): boolean {
  return new TextEncoder().encode(text).length <= TERMINATION_LIMIT_BYTES;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").trim();
}

/** Without what JSON has no numbers for, NaN and infinity. */
function finite<T extends object>(given: T): T {
  const kept = Object.entries(given).filter(([, value]) => typeof value !== "number" || Number.isFinite(value));
  const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;
  return Object.fromEntries(kept.map(([key, value]) => [key, isNested(value) ? finite(value) : value])) as T;
}
