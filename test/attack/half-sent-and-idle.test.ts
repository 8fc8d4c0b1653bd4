import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delay } from "#lib/system/clock.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess, type RunningProcess } from "#lib/host/process/processes.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { photo } from "#test/services/inference/support.ts";
import { saveUntrained } from "#test/services/inference/untrained.ts";
import { limitMemory, residentBytes, type MemoryLimit } from "#test/support/memory-limit.ts";
import { prefixOf, RawConnection, type RawStream } from "#test/support/raw-connection.ts";

const MIB = 2 ** 20;
const CHUNK = Buffer.alloc(64 * 1024, 7);
const CONNECTIONS = 4;
/** What one connection may have open. */
const STREAMS = 256;
const HEALTH_MS = 1_000;
/** How long an attack goes on: without bounds it took a controller less than a second to have all its memory. */
const ATTACK_MS = 2_500;
const PROBE_PAUSE_MS = 100;

/** A service as a process, with the memory that the chart gives it. */
interface Target {
  readonly limitBytes: number;
  readonly process: RunningProcess;
  readonly address: string;
  readonly memory: MemoryLimit;
  /** A call as others make it. */
  call(): Promise<unknown>;
}

type Service = "controller" | "inference";

const ATTACKED: Readonly<
  Record<Service, { readonly limitBytes: number; readonly path: string; readonly bytes: number }>
> = {
  controller: { limitBytes: 512 * MIB, path: "/petage.v1.ControllerService/CreateTrainingJob", bytes: MIB },
  inference: { limitBytes: 4096 * MIB, path: "/petage.v1.InferenceService/Predict", bytes: 16 * MIB },
};

describe("services that get half-sent and idle calls", function () {
  this.timeout(180_000);
  let folder = "";
  const targets = new Map<Service, Target>();
  const clients: Client<"ControllerService" | "InferenceService">[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-attack-"));
    const image = await photo(100);
    const checkpoint = await saveUntrained(folder);
    const started = async (name: Service, environment: Record<string, string>) => {
      const process = startProcess({
        name,
        entry: serviceEntry(name),
        environment: { TF_CPP_MIN_LOG_LEVEL: "3", NATS_URL: "", PETAGE_ROOT: folder, ...environment },
        onLine: () => {},
      });
      const address = String((await process.ready())["address"]);
      const { limitBytes } = ATTACKED[name];
      return { process, address, limitBytes, memory: limitMemory(process.pid, limitBytes) };
    };
    const controller = await started("controller", {});
    const jobs = dial(controller.address, "ControllerService");
    targets.set("controller", { ...controller, call: () => jobs.listTrainingJobs({}) });
    const inference = await started("inference", { PETAGE_CHECKPOINT: checkpoint });
    await waitForReady(inference.address, 60_000, { service: "InferenceService" });
    const ages = dial(inference.address, "InferenceService");
    targets.set("inference", { ...inference, call: () => ages.predict({ image }) });
    clients.push(jobs, ages);
  });
  after(async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
    for (const { process, memory } of targets.values()) {
      await process.stop(0);
      memory[Symbol.dispose]();
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** While an attack goes on: health answers, others' calls are answered, and the memory stays below the limit. */
  async function holdsOut({ process, address, limitBytes, call }: Target): Promise<void> {
    const endMs = performance.now() + ATTACK_MS;
    let peakBytes = 0;
    while (performance.now() < endMs) {
      await waitForReady(address, HEALTH_MS);
      await call();
      peakBytes = Math.max(peakBytes, residentBytes(process.pid));
      await delay(PROBE_PAUSE_MS);
    }
    assert.ok(peakBytes < limitBytes, `${peakBytes / MIB} MiB are resident, the limit is ${limitBytes / MIB} MiB`);
  }

  async function attack(name: Service, begin: (stream: RawStream) => void, path: string): Promise<void> {
    const target = targets.get(name);
    assert.ok(target);
    const raws = Array.from({ length: CONNECTIONS }, () => new RawConnection(target.address));
    try {
      for (const raw of raws) for (let stream = 0; stream < STREAMS; stream++) begin(raw.open(path));
      await holdsOut(target);
    } finally {
      for (const raw of raws) raw[Symbol.dispose]();
    }
    await target.call();
  }

  /** Sends a message but for its last bytes. */
  async function sendHalf(stream: RawStream, bytes: number): Promise<void> {
    await stream.write(prefixOf(bytes));
    for (let sent = 0; sent + CHUNK.length < bytes && !stream.isOver; sent += CHUNK.length) await stream.write(CHUNK);
  }

  for (const [name, { path, bytes }] of Object.entries(ATTACKED) as [Service, (typeof ATTACKED)[Service]][]) {
    it(`${name} keeps a bounded part of a thousand half-sent requests, and serves others`, async () => {
      await attack(name, (stream) => void sendHalf(stream, bytes), path);
    });
  }

  it("a thousand streams, idle or amid a message, lock nobody out", async () => {
    const path = "/petage.v1.InferenceService/PredictStream";
    let count = 0;
    await attack("inference", (stream) => void (count++ % 2 === 0 && stream.write(prefixOf(1000))), path);
  });

  it("was bounded by the system, where it lets this user do that", function () {
    if ([...targets.values()].every(({ memory }) => memory.isEnforced)) return;
    console.warn("      no cgroup can be made here: the memory was only looked at");
    this.skip();
  });
});
