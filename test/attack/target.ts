import assert from "node:assert/strict";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess, type RunningProcess } from "#lib/host/process/processes.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { delay } from "#lib/system/clock.ts";
import { limitMemory, residentBytes, type MemoryLimit } from "#test/support/memory-limit.ts";
import { mainThreadMs } from "#test/support/processor-time.ts";

export const MIB = 2 ** 20;

/** The memory that the chart gives a service. */
const LIMIT_BYTES = { controller: 512 * MIB, inference: 4096 * MIB } as const;
/** Health answers before the service has worked for so long on its main thread, whatever else goes on. */
const HEALTH_MS = 1_000;
/** The same by the clock, while other tests and this one, which attacks, take the processor. */
const HEALTH_WAIT_MS = 20_000;
const PROBE_PAUSE_MS = 100;

export type AttackedService = keyof typeof LIMIT_BYTES;

/** A service as a process of its own, with the memory that the chart gives it. */
export interface Target extends AsyncDisposable {
  readonly address: string;
  /** Whether the system would end it above its limit; else its memory is looked at. */
  readonly isLimited: boolean;
  /** While `attack` goes on: health answers, others' calls are answered, and the memory stays below the limit. */
  holdsOut(attack: Promise<unknown>, call: () => Promise<unknown>): Promise<void>;
}

export async function startTarget(
  name: AttackedService,
  environment: Readonly<Record<string, string>>,
): Promise<Target> {
  const service = startProcess({
    name,
    entry: serviceEntry(name),
    environment: { TF_CPP_MIN_LOG_LEVEL: "3", NATS_URL: "", ...environment },
    onLine: () => {},
  });
  const address = String((await service.ready())["address"]);
  const memory = limitMemory(service.pid, LIMIT_BYTES[name]);
  if (name === "inference") await waitForReady(address, 60_000, { service: "InferenceService" });
  return {
    address,
    isLimited: memory.isEnforced,
    holdsOut: (attack, call) => holdsOut({ name, service, address }, attack, call),
    [Symbol.asyncDispose]: () => end(service, memory),
  };
}

interface Running {
  readonly name: AttackedService;
  readonly service: RunningProcess;
  readonly address: string;
}

async function holdsOut(
  { name, service, address }: Running,
  attack: Promise<unknown>,
  call: () => Promise<unknown>,
): Promise<void> {
  const over = new AbortController();
  const attacked = attack.finally(() => over.abort());
  let peakBytes = 0;
  do {
    const beforeMs = mainThreadMs(service.pid);
    await waitForReady(address, HEALTH_WAIT_MS);
    const workedMs = mainThreadMs(service.pid) - beforeMs;
    assert.ok(workedMs <= HEALTH_MS, `health answered after ${workedMs} ms of work, the limit is ${HEALTH_MS} ms`);
    await call();
    peakBytes = Math.max(peakBytes, residentBytes(service.pid));
    await delay(PROBE_PAUSE_MS);
  } while (!over.signal.aborted);
  await attacked;
  const limitBytes = LIMIT_BYTES[name];
  assert.ok(peakBytes < limitBytes, `${peakBytes / MIB} MiB are resident, the limit is ${limitBytes / MIB} MiB`);
}

async function end(service: RunningProcess, memory: MemoryLimit): Promise<void> {
  await service.stop(0);
  memory[Symbol.dispose]();
}
