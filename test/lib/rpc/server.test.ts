import assert from "node:assert/strict";
import { connect } from "node:http2";
import { Client as Channel, credentials, Metadata } from "@grpc/grpc-js";
import { service as health } from "grpc-health-check";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { serve, type ServeOptions } from "#lib/rpc/server.ts";
import { cancelled, collect, evaluator, gate, inference } from "./support.ts";

function start(options: Partial<ServeOptions> & Pick<ServeOptions, "services">) {
  return serve({ port: 0, log: silentLog, ...options });
}

function rejection(code: string, message?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof PetageError, String(error));
    assert.equal(error.code, code);
    if (message) assert.match(error.message, message);
    return true;
  };
}

describe("serve and dial", () => {
  it("answer a unary call with defaults for what was not set", async () => {
    await using server = await start({ services: [evaluator({ getStatus: async () => ({ queuedCount: 3 }) })] });
    await using client = dial(server.address, "EvaluatorService");
    assert.deepEqual(await client.getStatus({}), {
      phase: "EVALUATOR_PHASE_UNSPECIFIED",
      checkpointUri: "",
      progress: null,
      queuedCount: 3,
    });
  });

  it("carry an error of a unary call and of a stream after its messages", async () => {
    const fail = new PetageError("CHECKPOINT_INVALID", "Checkpoint is torn", { hint: "Take another" });
    const services = [
      evaluator({
        getStatus: () => Promise.reject(fail),
        async *evaluate() {
          yield { progress: { sampleCount: 1 } };
          throw fail;
        },
      }),
    ];
    await using server = await start({ services });
    await using client = dial(server.address, "EvaluatorService");
    await assert.rejects(client.getStatus({}), rejection("CHECKPOINT_INVALID", /torn/));
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of client.evaluate({ checkpointUri: "x" })) seen.push(event.progress?.sampleCount);
    })();
    await assert.rejects(reading, rejection("CHECKPOINT_INVALID", /torn/));
    assert.deepEqual(seen, [1]);
  });

  it("stream in both directions, answering while requests still come", async () => {
    const services = [
      inference({
        async *predictStream(requests) {
          for await (const { predict } of requests) yield { requestId: predict?.requestId ?? "" };
        },
      }),
    ];
    await using server = await start({ services });
    await using client = dial(server.address, "InferenceService");
    const answers = client.predictStream(Array.from({ length: 100 }, (_, i) => ({ predict: { requestId: `${i}` } })));
    const ids = (await collect(answers)).map(({ requestId }) => requestId);
    assert.deepEqual(
      ids,
      Array.from({ length: 100 }, (_, i) => `${i}`),
    );
  });

  it("give the error of the caller's own requests back to the caller", async () => {
    const services = [inference({ predictStream: (requests) => drop(requests) })];
    await using server = await start({ services });
    await using client = dial(server.address, "InferenceService");
    async function* broken() {
      yield { predict: { requestId: "1" } };
      throw new PetageError("NOT_FOUND", "photo.jpg is missing");
    }
    await assert.rejects(collect(client.predictStream(broken())), rejection("NOT_FOUND", /photo/));
  });

  it("do not run ahead of a slow reader", async () => {
    let written = 0;
    const done = gate();
    const services = [
      evaluator({
        async *evaluate(_, { signal }) {
          signal.addEventListener("abort", () => done.open());
          const blob = "x".repeat(500_000);
          for (; written < 1000; written++) yield { result: { skippedSampleIds: [blob] } };
        },
      }),
    ];
    await using server = await start({ services });
    await using client = dial(server.address, "EvaluatorService");
    for await (const event of client.evaluate({})) {
      assert.ok(event.result);
      await new Promise((resolve) => setTimeout(resolve, 100)); // long enough to write all, were it not held back
      break;
    }
    await done.promise; // leaving the loop cancelled the call
    assert.ok(written < 200, `${written} messages were written for one read`);
  });

  it("tell the handler when the caller cancels, and the caller that it did", async () => {
    const reached = gate();
    const seen = gate<unknown>();
    const services = [
      evaluator({
        async getStatus(_, context) {
          reached.open();
          seen.open(await cancelled(context));
          return {};
        },
      }),
    ];
    await using server = await start({ services });
    await using client = dial(server.address, "EvaluatorService");
    const abort = new AbortController();
    const call = client.getStatus({}, { signal: abort.signal });
    await reached.promise;
    abort.abort(new PetageError("ABORTED", "enough"));
    await assert.rejects(call, rejection("ABORTED", /enough/));
    assert.equal(((await seen.promise) as PetageError).code, "ABORTED");
  });

  it("end a call at its deadline on both sides", async () => {
    const seen = gate<unknown>();
    const services = [
      evaluator({
        async getStatus(_, context) {
          assert.ok(context.deadline);
          seen.open(await cancelled(context));
          return {};
        },
      }),
    ];
    await using server = await start({ services });
    await using client = dial(server.address, "EvaluatorService");
    await assert.rejects(client.getStatus({}, { deadlineMs: 50 }), rejection("DEADLINE_EXCEEDED"));
    assert.ok(["DEADLINE_EXCEEDED", "ABORTED"].includes(((await seen.promise) as PetageError).code));
  });

  it("answer INVALID_ARGUMENT to bytes that are no protobuf", async () => {
    await using server = await start({ services: [evaluator({ getStatus: async () => ({}) })] });
    const channel = new Channel(server.address, credentials.createInsecure());
    const code = await new Promise((resolve) =>
      channel.makeUnaryRequest(
        "/petage.v1.EvaluatorService/GetStatus",
        () => Buffer.from([0x0a, 0xff, 0xff, 0xff]),
        (bytes) => bytes,
        {},
        new Metadata(),
        (error) => resolve(error?.metadata.get("petage-error-code")[0]),
      ),
    );
    channel.close();
    assert.equal(code, "INVALID_ARGUMENT");
  });

  it("refuse a message over the limit and serve on", async () => {
    const services = [evaluator({ async *evaluate() {}, getStatus: async () => ({}) })];
    await using server = await start({ services, limits: { requestBytes: 1000 } });
    await using client = dial(server.address, "EvaluatorService");
    await assert.rejects(
      collect(client.evaluate({ checkpointUri: "x".repeat(2000) })),
      rejection("RESOURCE_EXHAUSTED"),
    );
    await client.getStatus({});
  });

  it("answer UNAVAILABLE at once when too many calls are open", async () => {
    const reached = gate();
    const release = gate();
    const services = [
      evaluator({
        async *evaluate() {
          reached.open();
          await release.promise;
        },
      }),
    ];
    await using server = await start({ services, limits: { openCalls: 1 } });
    await using client = dial(server.address, "EvaluatorService");
    const first = collect(client.evaluate({}));
    await reached.promise;
    await assert.rejects(collect(client.evaluate({})), rejection("UNAVAILABLE", /busy/));
    release.open();
    await first;
  });

  it("name the occupied port", async () => {
    await using server = await start({ services: [] });
    await assert.rejects(
      serve({ port: server.port, services: [], log: silentLog }),
      rejection("PORT_IN_USE", new RegExp(`127\\.0\\.0\\.1:${server.port}`)),
    );
  });

  it("name the service that is not there", async () => {
    const server = await start({ services: [] });
    await server[Symbol.asyncDispose]();
    await using client = dial(server.address, "TrainerService");
    await assert.rejects(
      client.stop({}, { deadlineMs: 5000 }),
      rejection("UNAVAILABLE", new RegExp(`TrainerService at ${server.address}`)),
    );
  });
});

describe("health", () => {
  it("waitForReady waits for the one service it names", async () => {
    const services = [{ ...evaluator({}), serving: false }, inference({})];
    await using server = await start({ services });
    await waitForReady(server.address, 5000, { service: "InferenceService" });
    await assert.rejects(
      waitForReady(server.address, 1_000, { service: "EvaluatorService" }),
      rejection("DEADLINE_EXCEEDED", /petage\.v1\.EvaluatorService.*NOT_SERVING/),
    );
    const ready = waitForReady(server.address, 5000);
    server.setServing("EvaluatorService", true);
    await ready;
  });

  it("of the whole server may be good while a service that has nothing to serve yet is not", async () => {
    await using server = await start({ services: [{ ...inference({}), serving: false }] });
    server.setServing("InferenceService", false, { ready: true });
    await waitForReady(server.address, 5000);
    await assert.rejects(
      waitForReady(server.address, 1_000, { service: "InferenceService" }),
      rejection("DEADLINE_EXCEEDED", /NOT_SERVING/),
    );
  });

  it("is not serving while draining, and an open watch does not hold the drain up", async () => {
    const release = gate();
    const reached = gate();
    const services = [
      evaluator({
        async getStatus() {
          reached.open();
          await release.promise;
          return { queuedCount: 7 };
        },
      }),
    ];
    const server = await start({ services });
    const statuses: string[] = [];
    const channel = new Channel(server.address, credentials.createInsecure());
    const definition = health["Watch"] as never as { requestSerialize: never; responseDeserialize: never };
    const watch = channel.makeServerStreamRequest<object, { status: string }>(
      "/grpc.health.v1.Health/Watch",
      definition.requestSerialize,
      definition.responseDeserialize,
      { service: "petage.v1.EvaluatorService" },
    );
    const ended = new Promise((resolve) =>
      watch.on("data", (answer: { status: string }) => statuses.push(answer.status)).on("end", resolve),
    );
    await using client = dial(server.address, "EvaluatorService");
    const call = client.getStatus({});
    await reached.promise;
    const drained = server[Symbol.asyncDispose]();
    await ended;
    release.open();
    assert.equal((await call).queuedCount, 7, "the call in progress is finished");
    await drained;
    channel.close();
    assert.deepEqual(statuses, ["SERVING", "NOT_SERVING"]);
  });
});

describe("drain", () => {
  it("tells streams to end, and answers what a stream of requests has taken in", async () => {
    const services = [
      evaluator({
        async *evaluate(_, context) {
          yield { progress: {} };
          await cancelled(context);
        },
      }),
      inference({
        async *predictStream(requests) {
          for await (const { predict } of requests) yield { requestId: predict?.requestId ?? "" };
        },
      }),
    ];
    const server = await start({ services });
    await using one = dial(server.address, "EvaluatorService");
    await using two = dial(server.address, "InferenceService");
    const stream = one.evaluate({})[Symbol.asyncIterator]();
    await stream.next();
    const endless = gate();
    async function* photos() {
      yield { predict: { requestId: "a" } };
      await endless.promise;
    }
    const answers = two.predictStream(photos())[Symbol.asyncIterator]();
    const first = await answers.next();
    assert.equal(first.done ? undefined : first.value.requestId, "a");
    const drained = server[Symbol.asyncDispose]();
    await assert.rejects(stream.next(), rejection("UNAVAILABLE", /shutting down/));
    await assert.rejects(answers.next(), rejection("UNAVAILABLE", /shutting down/));
    endless.open();
    await drained;
  });

  it("does not wait longer than the grace for a handler that ignores its signal", async () => {
    const reached = gate();
    const services = [
      evaluator({
        getStatus() {
          reached.open();
          return new Promise(() => {});
        },
      }),
    ];
    const server = await start({ services, limits: { drainGraceMs: 20 } });
    await using client = dial(server.address, "EvaluatorService");
    const call = assert.rejects(client.getStatus({}), rejection("UNAVAILABLE"));
    await reached.promise;
    await server[Symbol.asyncDispose]();
    await call;
  });

  it("starts when the signal aborts", async () => {
    const stop = new AbortController();
    const server = await start({ services: [evaluator({})], signal: stop.signal });
    stop.abort();
    await server[Symbol.asyncDispose]();
    const session = connect(`http://${server.address}`);
    const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => session.once("error", (e) => resolve([e])));
    assert.equal(error.code, "ECONNREFUSED");
  });
});

async function* drop(requests: AsyncIterable<unknown>): AsyncGenerator<never> {
  for await (const _ of requests);
}
