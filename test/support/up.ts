import { spawn } from "node:child_process";
import { once } from "node:events";
import { PETAGE } from "./cli.ts";
import { until } from "./until.ts";

/** What `petage up` takes where it is told no ports. */
const PORTS = { controller: "50050", inference: "50051" };
const START_TIMEOUT_MS = 120_000;

export interface Up extends AsyncDisposable {
  /** A command with the ports that a document names as they are here. */
  here(command: string): string;
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
    here: (line) => line.replaceAll(/(?<=(?:127\.0\.0\.1|localhost):)\d+/g, (port) => ports.get(port) ?? port),
    async [Symbol.asyncDispose]() {
      if (running.kill()) await once(running, "exit");
    },
  };
}
