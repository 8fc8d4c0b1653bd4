import { startProcess, type OutputLine, type RunningProcess } from "#lib/host/process/processes.ts";
import { serviceEntry } from "#lib/host/paths.ts";

export interface StartedService {
  readonly process: RunningProcess;
  /** What it wrote so far. */
  text(): string;
}

/** Starts the real service on a free port. */
export function startInference(environment: Readonly<Record<string, string>>): StartedService {
  const lines: OutputLine[] = [];
  const process = startProcess({
    name: "inference",
    entry: serviceEntry("inference"),
    environment: { TF_CPP_MIN_LOG_LEVEL: "", ...environment },
    onLine: (line) => lines.push(line),
  });
  return { process, text: () => lines.map(({ line }) => line).join("\n") };
}
