import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/grpc-js";
import fc from "fast-check";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { silentLog } from "#lib/base/log.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import type { PredictorThread } from "#lib/host/thread/predictor.ts";
import type { ServiceName } from "#lib/rpc/contract.ts";
import { PROTOS, serviceDefinition } from "#lib/rpc/protos.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import { Estimator } from "#lib/serve/estimator.ts";
import { ModelSlot } from "#lib/serve/model-slot.ts";
import { systemClock } from "#lib/system/clock.ts";
import { MachineJobs } from "#services/controller/local/jobs.ts";
import { reachOf } from "#services/controller/local/reach.ts";
import { createControllerService } from "#services/controller/service.ts";
import { createDataLoaderService } from "#services/data-loader/service.ts";
import { openSplits } from "#services/data-loader/splits.ts";
import { createEvaluatorService } from "#services/evaluator/service.ts";
import type { ServedModel } from "#services/inference/models.ts";
import { inferenceService } from "#services/inference/service.ts";
import { Reporter } from "#services/trainer/reporter.ts";
import { Requests } from "#services/trainer/requests.ts";
import { createTrainerService } from "#services/trainer/service.ts";
import { fakePredictor } from "#test/services/inference/support.ts";
import { hostileMessages } from "#test/support/hostile-messages.ts";
import type { Message } from "#test/support/hostile-messages.ts";
import { RawCaller } from "#test/support/raw-call.ts";
import { resolved } from "#test/support/tiny-model.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";

/** A call without a stream that takes longer hangs. */
const ANSWER_MS = 20_000;
/** Streams that wait for what comes later are left after this time. */
const STREAM_MS = 500;
const AT_ONCE = 8;
const HEALTH_MS = 1_000;
/** What says that the fault is ours. */
const BUGS: ReadonlySet<status> = new Set([status.INTERNAL, status.UNKNOWN]);
const NO_SETTINGS = {
  PETAGE_READ_ROOTS: undefined,
  PETAGE_WRITE_ROOTS: undefined,
  PETAGE_CONFIG_VARIABLES: undefined,
};
const JUNK_RUNS = 40;

/** What the messages of an RPC have besides the field that is hostile, so that it is got to. */
const BASES: Readonly<Record<string, Message>> = {
  CreateTrainingJob: {
    job: { metadata: { name: "a" }, spec: { workers: 1, config: { name: "resnet18_petage_quickstart" } } },
    validateOnly: true,
  },
  GetDataset: { split: 1 },
  ListSamples: { split: 1, pageSize: 2 },
  StreamBatches: { split: 2, worldSize: 2 },
  Evaluate: { split: 2, checkpointUri: "nowhere" },
};

/** Bytes that are no message of ours, or of no end. */
const JUNK = [
  Buffer.alloc(500_000, 0x0b), // groups in groups
  Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), // a text longer than the message
  Buffer.alloc(20, 0xff), // a number without an end
  ...fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: JUNK_RUNS, seed: 1 }).map((bytes) => Buffer.from(bytes)),
];

describe("services that get hostile requests", function () {
  this.timeout(120_000);
  const open: AsyncDisposable[] = [];
  let folder = "";
  let server: RunningServer;
  let caller: RawCaller;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-attack-"));
    const { value } = await writeTinyProject(folder, { count: 20 });
    const reach = reachOf({ ...NO_SETTINGS, PETAGE_ROOT: folder }, { quotesFiles: false });
    const jobs = new MachineJobs({ natsUrl: undefined, root: folder, log: silentLog, reach });
    const splits = openSplits(resolved(value), (node, purpose, seed) =>
      openLoader(node, { purpose, seed, log: silentLog }),
    );
    const reporter = new Reporter({ jobUid: "u", attempt: 0, rank: 0, worldSize: 1, generation: 0, maxEpochs: 1 });
    const requests = new Requests(reporter);
    requests.end(); // nobody trains here: what waits for a step is answered
    const loaders = Promise.reject(new PetageError("UNAVAILABLE", "There is no data-loader"));
    loaders.catch(() => {});
    const predictor = {} as PredictorThread; // no request gets that far: there is no checkpoint
    const slot = new ModelSlot<ServedModel>();
    const estimator = await Estimator.warm(fakePredictor(), { clock: systemClock });
    const model = { estimator, readyTime: new Date(0), version: 0, sha256: "" };
    await slot.replace({ ...model, [Symbol.asyncDispose]: async () => {} });
    const absence = (): PetageError => new PetageError("UNAVAILABLE", "The model is still loading");
    const services = [
      implement("ControllerService", createControllerService(jobs)),
      implement("DataLoaderService", createDataLoaderService(splits)),
      implement("EvaluatorService", createEvaluatorService({ config: resolved(value), loaders, predictor })),
      implement("InferenceService", inferenceService({ slot, absence }, silentLog)),
      implement("TrainerService", createTrainerService({ reporter, requests })),
    ];
    server = await serve({ port: 0, services, log: silentLog });
    caller = new RawCaller(server.address);
    open.push(server, splits, jobs);
  });
  after(async () => {
    caller[Symbol.dispose]();
    for (const part of open) await part[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Answers within a second whatever goes on. */
  async function assertHealthy(): Promise<void> {
    const path = "/grpc.health.v1.Health/Check";
    const { code, messages } = await caller.call(
      { path, requestStream: false, responseStream: false },
      Buffer.alloc(0),
      HEALTH_MS,
    );
    assert.deepEqual([code, messages[0]?.toString("hex")], [status.OK, "0801"], "the server is healthy");
  }

  /** Sends them all, some at a time; every answer is one that a caller can understand. */
  async function attack(rpc: MethodDefinition<unknown, unknown>, messages: readonly Buffer[]): Promise<void> {
    const deadlineMs = rpc.responseStream ? STREAM_MS : ANSWER_MS;
    const isPatient = rpc.responseStream ? [status.DEADLINE_EXCEEDED] : [];
    await mapLimited(messages, AT_ONCE, async (message) => {
      const { code, details } = await caller.call(rpc, message, deadlineMs);
      const what = `${rpc.path} with ${message.length} bytes ${message.subarray(0, 60).toString("latin1")}`;
      assert.ok(!BUGS.has(code), `${what}: ${status[code]} ${details}`);
      assert.ok(code !== status.DEADLINE_EXCEEDED || isPatient.includes(code), `${what}: no answer in time`);
    });
    await assertHealthy();
  }

  for (const service of Object.keys(PROTOS) as ServiceName[]) {
    for (const [name, rpc] of Object.entries(serviceDefinition(service))) {
      it(`${service}.${name} answers what can be understood, and health goes on`, async () => {
        const hostile = hostileMessages(`petage.v1.${name}Request`, BASES[name] ?? {});
        const messages = hostile.map((message) => rpc.requestSerialize(message));
        assert.ok(messages.length >= 2);
        await attack(rpc, [...messages, ...JUNK]);
      });
    }
  }
});
