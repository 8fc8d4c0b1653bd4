import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a shell hands to `petage` when a person pastes this command. */
export async function wordsOfShell(command: string): Promise<string[]> {
  const script = `petage() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${command}\n`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { env: { ...process.env, HOME: "/nowhere" } });
  return stdout.split("\0").slice(0, -1);
}
