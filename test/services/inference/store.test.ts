import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rename, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { modelVersions, publishModel } from "#lib/store/model-store.ts";
import { saveUntrained } from "#test/support/untrained.ts";
import { until } from "#test/support/until.ts";
import { startInference } from "./process.ts";
import { CONFIG, photo } from "./support.ts";

const SERVICE = { service: "InferenceService" } as const;
/** A swap loads a model and computes with it first. */
const SWAP_MS = 60_000;
/** Predicts one photo after another until it is ended or one fails, and remembers who answered. */
class Caller {
  readonly versions: string[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #failure: unknown;

  constructor(client: Client<"InferenceService">, image: Buffer) {
    this.#running = (async () => {
      while (!this.#stop.signal.aborted) this.versions.push((await client.predict({ image })).servedBy?.version ?? "");
    })().catch((error: unknown) => void (this.#failure = error));
  }

  /** Who answered last. Throws what failed. */
  get last(): string | undefined {
    if (this.#failure) throw this.#failure as Error;
    return this.versions.at(-1);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    assert.ok(this.last);
  }
}

/** Threads of Node's and TensorFlow's; those of libvips come and go with the photos. */
function threadsOf(pid: number): number {
  const names = readdirSync(`/proc/${pid}/task`).map((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").trim();
    } catch {
      return undefined; // it has just ended
    }
  });
  return names.filter((name) => name !== undefined && !name.startsWith("libvips")).length;
}

describe("the inference service with a model store", function () {
  this.timeout(300_000);
  let root = "";
  let store = "";
  let checkpoint = "";

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "petage-"));
    store = join(root, "models");
    checkpoint = await saveUntrained(join(root, "run"), CONFIG);
  });
  after(() => rm(root, { recursive: true }));

  it("starts empty, then serves the newest version without a failed call, whatever is published", async () => {
    const folder = join(store, "pet-age");
    const publish = () => publishModel({ folder, checkpoint });
    const environment = { PETAGE_MODEL_STORE: store, PETAGE_MODEL: "pet-age", PETAGE_MODEL_POLL_MS: "50" };
    const { process, text } = startInference({ ...environment, PETAGE_METRICS_PORT: "0" });
    await using service = process;
    const { address, metrics } = await service.ready({ timeoutMs: 30_000 });
    const measured = async (line: RegExp): Promise<string | undefined> =>
      line.exec(await (await fetch(`http://${String(metrics)}/metrics`)).text())?.[1];
    await using client = dial(String(address), "InferenceService", { deadlineMs: 20_000 });
    const image = await photo(90);

    // Nothing is published: the server is ready, the service is not.
    await waitForReady(String(address), 5000);
    await assert.rejects(waitForReady(String(address), 1_000, SERVICE), /NOT_SERVING/);
    await assert.rejects(client.predict({ image }), {
      code: "UNAVAILABLE",
      message: "No model named pet-age has been published yet",
      hint: /--publish pet-age/,
    });

    await publish();
    await waitForReady(String(address), SWAP_MS, SERVICE);
    const { servedBy } = await client.predict({ image });
    assert.deepEqual([servedBy?.name, servedBy?.version], ["pet-age", "1"]);

    const callers = Array.from({ length: 4 }, () => new Caller(client, image));
    const answeredBy = (version: string): Promise<boolean> =>
      until(`version ${version} answers everybody`, () => callers.every(({ last }) => last === version), SWAP_MS);
    await answeredBy("1");
    const threads = threadsOf(service.pid);
    const oneIsLeft = (version: string): Promise<boolean> =>
      until(`no thread is left of version ${version}`, () => threadsOf(service.pid) === threads);
    await publish();
    await answeredBy("2");
    await oneIsLeft("1");

    // A broken version: the one before goes on.
    await cp(join(folder, "2"), join(folder, ".broken"), { recursive: true });
    await truncate(join(folder, ".broken", "model.safetensors"), 1000);
    await rename(join(folder, ".broken"), join(folder, "3"));
    const failures = /^petage_inference_model_failures_total (\d+)$/m;
    await until("the failure is counted", async () => (await measured(failures)) === "1", SWAP_MS);
    assert.match(text(), /Cannot load a version of the model/);
    assert.equal((await client.predict({ image })).servedBy?.version, "2");
    assert.equal(await measured(/^petage_inference_model_info\{name="pet-age",version="(\d+)"\} 1$/m), "2");

    // Another version: the thread of the one before, with all its memory, goes.
    assert.equal((await publish()).version, 4);
    await answeredBy("4");
    await oneIsLeft("2");

    await Promise.all(callers.map((caller) => caller.end()));
    for (const { versions } of callers) {
      const order = versions.map(Number);
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        "nobody is answered by an older version again",
      );
    }
    assert.equal((await service.stop()).exitCode, 0, text());
  });

  it("waits with being ready until the published model is warm, and counts what it does", async () => {
    const folder = join(store, "other");
    await publishModel({ folder, checkpoint });
    const environment = { PETAGE_MODEL_STORE: store, PETAGE_MODEL: "other", PETAGE_METRICS_PORT: "0" };
    await using service = startInference(environment).process;
    const { address, metrics } = await service.ready({ timeoutMs: 60_000 });
    await using client = dial(String(address), "InferenceService");
    const image = await photo(90);
    await Promise.all(Array.from({ length: 6 }, () => client.predict({ image })));
    await assert.rejects(client.predict({ image: Buffer.from("no photo") }));
    const text = await (await fetch(`http://${String(metrics)}/metrics`)).text();
    for (const line of [
      /^petage_inference_request_seconds_count 6$/m,
      /^petage_inference_stage_seconds_count\{stage="queue"\} 6$/m,
      /^petage_inference_batch_size_sum 6$/m,
      /^petage_inference_rejected_total\{code="IMAGE_FORMAT_UNSUPPORTED"\} 1$/m,
      /^petage_inference_queue_length 0$/m,
      /^petage_inference_queue_seconds [\d.]+$/m,
      /^petage_inference_model_info\{name="other",version="1"\} 1$/m,
      /^petage_rpc_requests_total\{service="petage\.v1\.InferenceService",method="Predict",code="OK"\} 6$/m,
    ]) {
      assert.match(text, line);
    }
    assert.equal((await modelVersions(folder)).length, 1, "it writes nothing to the store");
  });

  it("is not ready while nothing of what is published can be loaded", async () => {
    const folder = join(store, "broken");
    const { path } = await publishModel({ folder, checkpoint });
    await truncate(join(path, "model.safetensors"), 1000);
    const environment = { PETAGE_MODEL_STORE: store, PETAGE_MODEL: "broken", PETAGE_MODEL_POLL_MS: "50" };
    const { process, text } = startInference(environment);
    await using service = process;
    await until("it says so", () => text().includes("Cannot load a version of the model"), 30_000);
    await publishModel({ folder, checkpoint });
    const { address } = await service.ready({ timeoutMs: SWAP_MS });
    await using client = dial(String(address), "InferenceService");
    assert.equal((await client.getModel({})).model?.version, "2");
  });
});
