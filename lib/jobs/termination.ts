import { z } from "zod";

/** kubelet hands over no more of `/dev/termination-log`. */
export const TERMINATION_LIMIT_BYTES = 4096;

const checkpoint = z.object({
  uri: z.string(),
  step: z.int().min(0),
  epoch: z.int().min(0),
  sha256: z.string(),
});

const report = z.object({
  error: z.string(),
  step: z.int().min(0),
  checkpoint: checkpoint.nullable(),
  result: z.object({ modelUri: z.string(), metrics: z.record(z.string(), z.number()) }).nullable(),
  published: z.string().nullable(),
});

/** A checkpoint as a controller remembers it. */
export type ReportedCheckpoint = Readonly<z.output<typeof checkpoint>>;

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
}

/** The report of a worker that knows nothing but how it ended. */
export const EMPTY_REPORT: TerminationReport = { error: "", step: 0, checkpoint: null, result: null, published: null };

/** One JSON object of at most `TERMINATION_LIMIT_BYTES`: the error gives way first, then the metrics. */
export function formatTermination(given: TerminationReport): string {
  const whole = withMetrics({ ...given, error: oneLine(given.error) });
  const text = JSON.stringify(whole);
  if (fits(text)) return text;
  const shorter = withError(whole);
  if (shorter !== undefined) return shorter;
  const withoutMetrics = { ...whole, result: whole.result && { ...whole.result, metrics: {} } };
  return withError(withoutMetrics) ?? JSON.stringify({ ...EMPTY_REPORT, error: whole.error.slice(0, 500) });
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

/** JSON has no NaN and no infinity. */
function withMetrics({ result, ...rest }: TerminationReport): TerminationReport {
  if (!result) return { ...rest, result };
  const finite = Object.entries(result.metrics).filter(([, value]) => Number.isFinite(value));
  return { ...rest, result: { ...result, metrics: Object.fromEntries(finite) } };
}
