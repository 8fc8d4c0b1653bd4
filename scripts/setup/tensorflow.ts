import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foreignLibrary, installBinding, installOfficialBinding, unpackedLibrary } from "./binding.ts";
import type { ProbeResult } from "./probe.ts";
import type { Report } from "./report.ts";
import { run } from "./run.ts";
import { tensorflowFolder } from "./wheel.ts";

const GPU_ADVICE = "This machine's GPU is not used: name a TensorFlow built for it with PETAGE_TENSORFLOW_DIR=FOLDER";
const PROBE_TIMEOUT_MS = 2 * 60_000;

/** Makes the native engine work, or says in one line why not; returns the files that a later run relies on. */
export async function setUpTensorflow(report: Report): Promise<string[]> {
  if (process.env["PETAGE_SKIP_TENSORFLOW"]) {
    report.say("TensorFlow: left as it is (PETAGE_SKIP_TENSORFLOW)");
    return [];
  }
  const reasons: string[] = [];
  for (const install of [installOurs, installOfficialBinding]) {
    try {
      const binding = await install(report);
      const result = await probe();
      report.say(describe(result));
      if (result.device === "cpu" && existsSync("/dev/nvidiactl")) report.say(GPU_ADVICE);
      return [binding];
    } catch (error) {
      reasons.push(summary(error));
    }
  }
  report.say(`TensorFlow: not available, computing many times slower in plain JavaScript (${reasons.join("; ")})`);
  report.say("What helps: docs/errors.md, TENSORFLOW_UNAVAILABLE");
  return [];
}

async function installOurs(report: Report): Promise<string> {
  const foreign = process.env["PETAGE_TENSORFLOW_DIR"];
  const library = foreign ? foreignLibrary(foreign) : unpackedLibrary(await tensorflowFolder(report));
  return installBinding(library, report);
}

/** Runs one op in a process of its own: a library that does not fit may take the process with it. */
async function probe(): Promise<ProbeResult> {
  const script = fileURLToPath(new URL("probe.ts", import.meta.url));
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  const output = await run(process.execPath, ["--import", "tsx", script], { timeoutMs: PROBE_TIMEOUT_MS, env });
  const result = JSON.parse(output.trim().split("\n").at(-1) ?? "") as ProbeResult;
  if (result.backend !== "tensorflow") throw new Error(`the engine chose the backend ${result.backend}`);
  return result;
}

function describe({ version, device, threadCount, bfloat16Speedup }: ProbeResult): string {
  const pays = bfloat16Speedup >= 1.2 ? "fast" : "not fast";
  const bfloat16 = `bf16 is ${pays} here (${bfloat16Speedup.toFixed(1)} x float32)`;
  return `TensorFlow: ${version} on the ${device}, ${threadCount} threads, ${bfloat16}`;
}

/** What failed and, of what a program printed, the line that says why. */
function summary(error: unknown): string {
  const [first = "", ...quoted] = (error instanceof Error ? error.message : String(error)).split("\n");
  const why = quoted.findLast((line) => /\berror:|Error:/.test(line)) ?? quoted.at(-1);
  return why === undefined ? first : `${first} ${why.trim()}`;
}
