import { ERROR_CODES, PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/processes.ts";
import type { RunningProcess } from "#lib/host/processes.ts";

export interface ServiceSpec {
  readonly name: "controller" | "inference";
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunningService {
  /** `host:port` */
  readonly address: string;
  readonly process: RunningProcess;
}

/**
 * Starts a service for this command and shows its lines. What keeps it from starting is thrown as if it had happened
 * here, with its own code.
 */
export async function startService({ name, environment }: ServiceSpec): Promise<RunningService> {
  const held: string[] = [];
  let show = (line: string): void => void held.push(line);
  const service = startProcess({
    name,
    entry: serviceEntry(name),
    environment: { PETAGE_LOG: "pretty", TF_CPP_MIN_LOG_LEVEL: "3", ...environment },
    onLine: ({ line }) => show(line),
  });
  const release = (): void => {
    show = (line) => void process.stderr.write(`${name} | ${line}\n`);
    for (const line of held.splice(0)) show(line);
  };
  try {
    const { address } = await service.ready();
    release();
    return { address: String(address), process: service };
  } catch (thrown) {
    await service.stop(0);
    const reason = lastError(held);
    if (reason) throw reason;
    release();
    throw thrown;
  }
}

/** The error that a process ended with, from its log: `... - ERROR - message. hint [CODE]`. */
function lastError(lines: readonly string[]): PetageError | undefined {
  const line = lines.findLast((candidate) => candidate.includes(" - ERROR - ")) ?? "";
  const [, text, code] = / - ERROR - (.*) \[([A-Z_]+)\]$/.exec(line) ?? [];
  if (text === undefined || code === undefined || !Object.hasOwn(ERROR_CODES, code)) return undefined;
  return new PetageError(code as ErrorCode, text);
}
