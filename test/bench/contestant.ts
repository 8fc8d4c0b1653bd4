import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { readableLine } from "#lib/host/logger.ts";
import { threadEnvironment } from "#lib/host/process/cores.ts";
import { onLines } from "#lib/host/process/lines.ts";
import { NODE_FLAGS } from "#lib/jobs/node-flags.ts";
import type { BenchContext } from "./benchmark.ts";

/** A process that measures: it answers each line of JSON with one of its own, and ends when its input does. */
export interface Contestant<Request, Answer> extends AsyncDisposable {
  readonly name: string;
  ask(request: Request): Promise<Answer>;
}

/** The last lines that explain why a process ended. */
const TAIL_LINES = 3;
/** Of each side, also where there are more cores. */
const THREADS = 2;
/** After its input has ended; only a hung one takes longer. */
const END_GRACE_MS = 10_000;

export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** What it computes on and how much, as JSON. */
  readonly setup: object;
  /** Hears what the process logs. */
  readonly say: BenchContext["say"];
}

export function startContestant<Request, Answer>(command: Command): Contestant<Request, Answer> {
  const { name, file, args, setup, say } = command;
  const child = spawn(file, [...args, JSON.stringify(setup)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...threadEnvironment(THREADS), TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  const complaints: string[] = [];
  const exited = once(child, "close").catch((error: unknown) => complaints.push(String(error)));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onLines(child.stderr, (line) => {
    complaints.push(line);
    if (complaints.length > TAIL_LINES) complaints.shift();
  });
  child.stdin.on("error", () => {}); // it has ended, which the next `ask` tells
  return {
    name,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      for (let line = await answers.next(); !line.done; line = await answers.next()) {
        const text = readableLine(line.value);
        if (text === line.value) return JSON.parse(text) as Answer;
        say(text);
      }
      await exited;
      throw new PetageError("PROCESS_FAILED", `${name} ended: ${complaints.join(" | ")}`);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), END_GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** A program of ours. */
export function startOurs<Request, Answer>(
  { say }: BenchContext,
  { program, setup }: { readonly program: URL; readonly setup: object },
): Contestant<Request, Answer> {
  const args = [...NODE_FLAGS, "--import", "tsx", fileURLToPath(program)];
  return startContestant({ name: "petage", file: process.execPath, args, setup, say });
}

/** The peer's program, run by the Python that the user named; `undefined`, having said why, when it cannot run. */
export async function startPeer<Request, Answer>(
  { python, say }: BenchContext,
  { name, program, setup }: { readonly name: string; readonly program: URL; readonly setup: object },
): Promise<Contestant<Request, Answer> | undefined> {
  if (python === undefined) {
    say(`no peer ${name}: PETAGE_BENCH_PYTHON does not name a Python with torch`);
    return undefined;
  }
  const args = [fileURLToPath(program)];
  const peer = startContestant<Request | null, Answer>({ name, file: python, args, setup, say });
  try {
    await peer.ask(null); // it is ready, or says why it is not
    return peer;
  } catch (error) {
    say(`no peer ${name}: ${PetageError.from(error).message}`);
    await peer[Symbol.asyncDispose]();
    return undefined;
  }
}
