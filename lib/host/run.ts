import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { Metrics } from "#lib/base/metrics.ts";
import { accessSettings } from "#lib/jobs/access-settings.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { endVariables, processVariables } from "#lib/jobs/worker-environment.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import { readEnvironment } from "./environment.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { LastWords } from "./last-words.ts";
import type { WorkDone } from "./last-words.ts";
import { createLogger } from "./logger.ts";
import { createMetrics, serveMetrics } from "./metrics.ts";
import { quietTensorflow } from "./quiet-tensorflow.ts";
import { toPlainError } from "./plain-error.ts";
import type { PlainError } from "./plain-error.ts";

/** How long a process goes on after the process that started it is gone, or after it was told to end. */
const ORPHAN_GRACE_MS = 3_000;

/** What a main gets of its process. */
export interface Host {
  readonly log: Log;
  /** Served over HTTP where PETAGE_METRICS_PORT is set. */
  readonly metrics: Metrics;
  /** Aborts on SIGTERM and SIGINT, and when the process that started this one is gone. */
  readonly signal: AbortSignal;
  /** Whether what it says may quote files of the user. */
  readonly quotesFiles: boolean;
  /** How it lets others in, and comes to others. */
  readonly access: AccessSettings;
  /** Tells the process that started this one that it is ready, and where it listens. */
  ready(readiness: Readiness): void;
  /** What the termination report tells besides the error; `workDone` is asked when the process ends. */
  lastWords(workDone: () => WorkDone): void;
}

/** What a process says of itself when it is ready: `{ address: "127.0.0.1:4711" }`. */
export type Readiness = Readonly<Record<string, string | number>>;

const EndEnvironment = z.object(endVariables);
const CommonEnvironment = z.object(processVariables);

/**
 * The life of a process: reads its environment, makes its log, turns signals into an abort, and exits. Errors are one
 * line in the log, and in the termination report where PETAGE_TERMINATION_LOG names its file. A second signal ends it at
 * once.
 */
export async function run<Environment>(
  name: string,
  schema: z.ZodType<Environment>,
  main: (environment: Environment, host: Host) => Promise<void | number>,
): Promise<never> {
  let log = createLogger({ name, format: "json", level: "info" });
  const words = new LastWords(readEnvironment(EndEnvironment).PETAGE_TERMINATION_LOG);
  let quotesFiles = false;
  const fail = (thrown: unknown): never => {
    const whole = PetageError.from(thrown);
    const error = quotesFiles ? whole : whole.withoutQuotes();
    words.error = error.describe();
    return process.exit(failure(error, log));
  };
  try {
    const common = readEnvironment(CommonEnvironment);
    log = createLogger({ name: common.PETAGE_NAME ?? name, format: common.PETAGE_LOG, level: common.PETAGE_LOG_LEVEL });
    quotesFiles = common.PETAGE_QUOTE_FILES;
    quietTensorflow();
    const signal = endSignal(log);
    process.stdout.on("error", () => {}); // nobody reads the log any more: no reason to end
    // An error that nobody awaited leaves the process in a state that nobody knows.
    process.on("uncaughtException", fail).on("unhandledRejection", fail);
    const lastWords = (workDone: () => WorkDone): void => void (words.workDone = workDone);
    const environment = readEnvironment(schema);
    const access = accessSettings(common);
    const { metrics, readiness } = await openMetrics(common);
    const ready = (others: Readiness): void => tellParent({ ready: { ...others, ...readiness } });
    const code = await main(environment, { log, metrics, signal, quotesFiles, access, ready, lastWords });
    return process.exit(code ?? EXIT.done);
  } catch (thrown) {
    return fail(thrown);
  }
}

/** They are served until the process ends. */
async function openMetrics({ PETAGE_HOST: host, PETAGE_METRICS_PORT: port }: z.infer<typeof CommonEnvironment>) {
  if (port === undefined) return { metrics: createMetrics(), readiness: {} };
  const metrics = createMetrics({ process: true });
  const { address } = await serveMetrics(metrics, { host, port });
  return { metrics, readiness: { metrics: address } };
}

function endSignal(log: Log): AbortSignal {
  const end = new AbortController();
  const signal = sharedSignal(end.signal);
  const stop = (why: string): void => end.abort(new PetageError("ABORTED", why));
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (end.signal.aborted) process.exit(EXIT.failed);
      log.info("Ending", { signal: name });
      stop(`Received ${name}`);
    });
  }
  process.once("disconnect", () => {
    stop("The process that started this one is gone");
    setTimeout(() => process.exit(EXIT.failed), ORPHAN_GRACE_MS);
  });
  return signal;
}

function failure(error: PetageError, log: Log): number {
  if (error.code === "ABORTED") {
    log.info("Ended", { reason: error.message });
    return EXIT.terminated;
  }
  tellParent({ failed: toPlainError(error) });
  const bug =
    error.code === "INTERNAL" ? { stack: error.cause instanceof Error ? error.cause.stack : error.stack } : {};
  log.error(error.describe(), bug);
  return exitCodeOf(error.code);
}

/** What a process says to the one that started it; on Linux it has been written when this returns. */
export type ProcessMessage = { readonly ready: Readiness } | { readonly failed: PlainError };

function tellParent(message: ProcessMessage): void {
  if (process.connected) process.send?.(message);
}
