import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { PetageError } from "#lib/base/errors.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
/** The end of what a failed program complained about, in the error. */
const QUOTED_CHARACTERS = 2_000;

export interface ExecuteOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program to its end and returns what it printed. PROCESS_FAILED quotes what it complained about. */
export async function execute(command: readonly string[], options: ExecuteOptions = {}): Promise<string> {
  const { input = "", environment = {}, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: "pipe",
    timeout: timeoutMs,
    ...(signal && { signal }),
  });
  child.stdin.on("error", () => undefined); // it did not want all of it
  child.stdin.end(input);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, killedBy) => resolve(code ?? killedBy ?? "no status"));
  });
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === 0) return output;
  const said = (complaints.trim() || output.trim()).slice(-QUOTED_CHARACTERS);
  throw new PetageError("PROCESS_FAILED", `"${command.join(" ")}" ended with ${code}: ${said}`);
}
