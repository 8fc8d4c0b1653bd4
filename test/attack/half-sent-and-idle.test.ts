import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { delay } from "#lib/system/clock.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { photo } from "#test/services/inference/support.ts";
import { saveUntrained } from "#test/services/inference/untrained.ts";
import { prefixOf, RawConnection, type RawStream } from "#test/support/raw-connection.ts";
import { MIB, startTarget, type AttackedService, type Target } from "./target.ts";

const CHUNK = Buffer.alloc(64 * 1024, 7);
const CONNECTIONS = 4;
/** What one connection may have open. */
const STREAMS = 256;
/** How long an attack goes on: without bounds it took a controller less than a second to have all its memory. */
const ATTACK_MS = 2_500;

interface Attacked {
  readonly target: Target;
  /** A call as others make it. */
  call(): Promise<unknown>;
}

const ATTACKS: Readonly<Record<AttackedService, { readonly path: string; readonly bytes: number }>> = {
  controller: { path: "/petage.v1.ControllerService/CreateTrainingJob", bytes: MIB },
  inference: { path: "/petage.v1.InferenceService/Predict", bytes: 16 * MIB },
};

describe("services that get half-sent and idle calls", function () {
  this.timeout(180_000);
  let folder = "";
  const attacked = new Map<AttackedService, Attacked>();
  const clients: Client<"ControllerService" | "InferenceService">[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-attack-"));
    const image = await photo(100);
    const controller = await startTarget("controller", { PETAGE_ROOT: folder });
    const jobs = dial(controller.address, "ControllerService");
    attacked.set("controller", { target: controller, call: () => jobs.listTrainingJobs({}) });
    const inference = await startTarget("inference", { PETAGE_CHECKPOINT: await saveUntrained(folder) });
    const ages = dial(inference.address, "InferenceService");
    attacked.set("inference", { target: inference, call: () => ages.predict({ image }) });
    clients.push(jobs, ages);
  });
  after(async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
    for (const { target } of attacked.values()) await target[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function attack(name: AttackedService, begin: (stream: RawStream) => void, path: string): Promise<void> {
    const { target, call } = defined(attacked.get(name), name);
    const raws = Array.from({ length: CONNECTIONS }, () => new RawConnection(target.address));
    try {
      for (const raw of raws) for (let stream = 0; stream < STREAMS; stream++) begin(raw.open(path));
      await target.holdsOut(delay(ATTACK_MS), call);
    } finally {
      for (const raw of raws) raw[Symbol.dispose]();
    }
    await call();
  }

  /** Sends a message but for its last bytes. */
  async function sendHalf(stream: RawStream, bytes: number): Promise<void> {
    await stream.write(prefixOf(bytes));
    for (let sent = 0; sent + CHUNK.length < bytes && !stream.isOver; sent += CHUNK.length) await stream.write(CHUNK);
  }

  for (const [name, { path, bytes }] of Object.entries(ATTACKS) as [
    AttackedService,
    (typeof ATTACKS)[AttackedService],
  ][]) {
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
    if ([...attacked.values()].every(({ target }) => target.isLimited)) return;
    console.warn("      no cgroup can be made here: the memory was only looked at");
    this.skip();
  });
});
