import { spawn } from "node:child_process";

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lets the program draw its own progress on our terminal; its output is then not returned. */
  readonly show?: boolean;
  readonly onLine?: ((line: string) => void) | undefined;
  /** The same for what it prints on stderr. */
  readonly onComplaint?: ((line: string) => void) | undefined;
}

/** The last lines of a failed program that an error quotes. */
const QUOTED_LINES = 20;

/** Runs a program to its end and returns what it printed; throws, quoting its last lines, when it fails. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, cwd, env = process.env, show = false, onLine, onComplaint } = options;
  const stdio = show ? "inherit" : "pipe";
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", stdio, stdio], timeout: timeoutMs });
  let [output, complaints] = ["", ""];
  const [tell, tellComplaint] = [byLine(onLine), byLine(onComplaint)];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    tell(text);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
    tellComplaint(text);
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`Cannot run ${program}: ${error.message}`, { cause: error })));
    child.on("close", (status, signal) => resolve(status ?? signal ?? "no status"));
  });
  if (code === 0) return output;
  const quoted = `${output}${complaints}`.trim().split("\n").slice(-QUOTED_LINES).join("\n");
  throw new Error(`${program} ended with ${code}${quoted === "" ? "" : `:\n${quoted}`}`);
}

/** Passes on what comes in pieces, line by line. */
function byLine(onLine?: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  };
}

/** The first of these programs that runs here. */
export async function firstProgram(names: readonly (string | undefined)[]): Promise<string | undefined> {
  for (const name of names) {
    if (name === undefined || name === "") continue;
    try {
      await run(name, ["--version"], { timeoutMs: 10_000 });
      return name;
    } catch {
      // Try the next one.
    }
  }
  return undefined;
}
