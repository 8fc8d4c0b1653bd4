import { spawn } from "node:child_process";
import { once } from "node:events";
import { PETAGE, runCommand } from "./cli.ts";
import type { CommandResult } from "./cli.ts";
import { until } from "./until.ts";

/** What `petage up` takes where it is told no ports. */
const PORTS = { controller: "50050", inference: "50051" };
const START_TIMEOUT_MS = 120_000;

export interface Up extends AsyncDisposable {
  /** Runs a command as a document has it: its ports are the ones here. */
  run(command: string): Promise<CommandResult>;
}

/** Runs a line of a shell in a folder, whose programs it finds, too. */
export async function runLine(line: string, folder: string): Promise<CommandResult> {
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const command = line.replace(/^petage /, `'${process.execPath}' '${PETAGE}' `);
  return await runCommand("/bin/sh", ["-euc", command], { cwd: folder, env });
}

/** Runs `petage up` on free ports, as a document has it: `petage up --checkpoint x`. */
export async function startUp(command: string, cwd: string): Promise<Up> {
  const args = [...command.split(" ").slice(1), "--port", "0", "--inference-port", "0"];
  const running = spawn(process.execPath, [PETAGE, ...args], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  running.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const tell = (name: string) => new RegExp(`^${name} +\\S+:(\\d+)$`, "m").exec(said)?.[1];
  const names = args.includes("--checkpoint") ? (["controller", "inference"] as const) : (["controller"] as const);
  const ports = new Map<string, string>();
  for (const name of names) ports.set(PORTS[name], await until(name, () => tell(name), START_TIMEOUT_MS));
  return {
    run: (line) =>
      runLine(
        line.replaceAll(/(?<=(?:127\.0\.0\.1|localhost):)\d+/g, (port) => ports.get(port) ?? port),
        cwd,
      ),
    async [Symbol.asyncDispose]() {
      if (running.kill()) await once(running, "exit");
    },
  };
}
