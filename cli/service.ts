import { PetageError } from "#lib/base/errors.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { describeExit, startProcess } from "#lib/host/process/processes.ts";
import type { RunningProcess } from "#lib/host/process/processes.ts";
import { delay } from "#lib/system/clock.ts";

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
    const { error } = await service.stop(0);
    if (error) throw error;
    release();
    throw thrown;
  }
}

/** Rejects with PROCESS_FAILED when a service of this command ends, whatever its exit code: it was to serve on. */
export async function death({ name, exited }: RunningProcess): Promise<never> {
  throw new PetageError("PROCESS_FAILED", describeExit(name, await exited), {
    hint: `Its lines above begin with \`${name} | \`; give the same command again to start it anew`,
  });
}

/** A connection breaks a little before the process behind it has ended. */
const DEATH_GRACE_MS = 2_000;

/** What a service of this command is asked for. Where the call fails because the service died, that is what is told. */
export async function askedOf<T>(service: RunningProcess | undefined, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    if (service && PetageError.from(thrown).code === "UNAVAILABLE") {
      await Promise.race([death(service), delay(DEATH_GRACE_MS)]);
    }
    throw thrown;
  }
}
