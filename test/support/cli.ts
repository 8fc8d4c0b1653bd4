import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The file that runs as `petage`. */
export const PETAGE = fileURLToPath(new URL("../../cli/petage.mjs", import.meta.url));

/** Runs the `petage` command to its end. */
export function petage(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand(process.execPath, [PETAGE, ...args], options);
}

export async function runCommand(
  file: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(file, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { exitCode, stdout, stderr };
}

/** The one line in which a command says what is wrong; lines of TensorFlow and of logs are left aside. */
export function complaint({ stderr }: CommandResult): string {
  const lines = stderr.split("\n").filter((line) => /^(petage|error|Failed): /.test(line));
  if (lines.length === 1) return lines[0] ?? "";
  throw new Error(`Expected one line that says what is wrong, found ${lines.length} in:\n${stderr}`);
}
