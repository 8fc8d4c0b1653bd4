import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { NO_ACCESS } from "#lib/jobs/access-settings.ts";
import { NODE_FLAGS } from "#lib/jobs/node-flags.ts";
import { systemClock } from "#lib/system/clock.ts";
import { Deadline } from "#lib/system/deadline.ts";
import { onLines } from "./lines.ts";
import { PROJECT_ROOT } from "#lib/host/paths.ts";
import { fromPlainError } from "#lib/host/plain-error.ts";
import type { ProcessMessage, Readiness } from "#lib/host/run.ts";

/** How long a process may take to end after SIGTERM, and to be ready after its start. */
export const STOP_GRACE_MS = 10_000;
export const READY_TIMEOUT_MS = 60_000;
/** Runs TypeScript from whatever folder this process works in. */
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
/** What TensorFlow's library says while it is loaded, whatever its log level. */
const NOISE = /^(WARNING: All log messages before absl::InitializeLog|I0000 )/;
/** Lines of output kept to explain a failure. */
const TAIL_LINES = 20;

export interface ProcessSpec {
  /** What messages call it: "trainer-0". */
  readonly name: string;
  /** The file to run: `serviceEntry("trainer")`. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Variables added to those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Every line that it writes. */
  readonly onLine?: (line: OutputLine) => void;
}

export interface OutputLine {
  readonly worker: string;
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

/** How a process ended: an exit code, or the signal that ended it. */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it wrote. */
  readonly lastLines: readonly string[];
  /** What it said of itself when it failed. */
  readonly error?: PetageError;
}

/** A process of ours. Disposing ends it and all that it started. */
export interface RunningProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** What it said with `Host.ready`. PROCESS_FAILED when it ends before, DEADLINE_EXCEEDED when it takes too long. */
  ready(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<Readiness>;
  /** Asks it to end, makes it after the grace, and tells how it ended. */
  stop(graceMs?: number): Promise<ProcessExit>;
}

/**
 * Starts a process of ours. It has its own process group, so that a Ctrl-C reaches only us and a kill reaches all of
 * its children, and a channel to us whose closing tells it that we are gone, however we ended.
 */
export function startProcess(spec: ProcessSpec): RunningProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, "--import", LOADER, spec.entry, ...(spec.args ?? [])], {
    cwd: process.cwd(),
    env: {
      ...process.env,
      TSX_TSCONFIG_PATH: `${PROJECT_ROOT}tsconfig.json`,
      // It serves us alone unless it is told otherwise, and what we listen on it cannot take.
      PETAGE_HOST: "127.0.0.1",
      PETAGE_PORT: "0",
      PETAGE_METRICS_PORT: "",
      ...NO_ACCESS,
      ...spec.environment,
      PETAGE_NAME: spec.name,
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  const lastLines = follow(child, spec);
  let error: PetageError | undefined;
  const readiness = new Promise<Readiness>((resolve) => {
    child.on("message", (message: ProcessMessage) => {
      if ("ready" in message) resolve(message.ready);
      else error = fromPlainError(message.failed);
    });
  });
  const exited = exitOf(child, lastLines).then((exit) => (error ? { ...exit, error } : exit));
  const stop = (graceMs = STOP_GRACE_MS): Promise<ProcessExit> => stopGroup(child, exited, graceMs);
  return {
    name: spec.name,
    pid: child.pid ?? -1,
    exited,
    ready: ({ timeoutMs = READY_TIMEOUT_MS, signal } = {}) =>
      firstOf(spec.name, { readiness, exited, timeoutMs, ...(signal && { signal }) }),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** One sentence on how a process ended. */
export function describeExit(
  name: string,
  { exitCode, signal, lastLines = [] }: Omit<ProcessExit, "lastLines"> & Partial<ProcessExit>,
): string {
  const how = signal === null ? `ended with exit code ${exitCode}` : `was killed by ${signal}`;
  const last = lastLines.at(-1);
  return last === undefined ? `${name} ${how}` : `${name} ${how}; its last line: ${last}`;
}

function follow(child: ChildProcess, { name, onLine }: ProcessSpec): readonly string[] {
  const lastLines: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    onLines(child[stream] as Readable, (line) => {
      if (NOISE.test(line)) return;
      lastLines.push(line);
      if (lastLines.length > TAIL_LINES) lastLines.shift();
      onLine?.({ worker: name, stream, line });
    });
  }
  return lastLines;
}

async function exitOf(child: ChildProcess, lastLines: readonly string[]): Promise<ProcessExit> {
  child.once("exit", () => killGroup(child, "SIGKILL")); // what it may have left behind
  try {
    // "close" comes after the last output, "exit" does not.
    const [exitCode, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal, lastLines };
  } catch (error) {
    return { exitCode: 127, signal: null, lastLines: [`Cannot start: ${String(error)}`] };
  }
}

async function stopGroup(child: ChildProcess, exited: Promise<ProcessExit>, graceMs: number): Promise<ProcessExit> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  using _kill = systemClock.after(graceMs, () => killGroup(child, "SIGKILL"));
  return await exited;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // nobody is left
  }
}

interface Race {
  readonly readiness: Promise<Readiness>;
  readonly exited: Promise<ProcessExit>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

async function firstOf(name: string, { readiness, exited, timeoutMs, signal }: Race): Promise<Readiness> {
  const reason = new PetageError("DEADLINE_EXCEEDED", `${name} is not ready after ${timeoutMs} ms`);
  using deadline = new Deadline(timeoutMs, { signal, reason });
  const failed = exited.then((exit) => {
    throw new PetageError("PROCESS_FAILED", describeExit(name, exit), { hint: "Look into its log" });
  });
  return await abortable(Promise.race([readiness, failed]), deadline.signal);
}
