import assert from "node:assert/strict";
import { connect } from "node:net";
import { status } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { serve, type ServedService } from "#lib/rpc/server.ts";
import type { ServerLimits } from "#lib/rpc/server-limits.ts";
import { prefixOf, RawConnection } from "#test/support/raw-connection.ts";
import { until } from "#test/support/until.ts";
import { collect, evaluator, gate, inference } from "../support.ts";

const PREDICT = "/petage.v1.InferenceService/Predict";
const PREDICT_STREAM = "/petage.v1.InferenceService/PredictStream";
const GET_STATUS = "/petage.v1.EvaluatorService/GetStatus";
const WATCH = "/grpc.health.v1.Health/Watch";
const HOUR_MS = 3_600_000;
const NEVER = { request: HOUR_MS, message: HOUR_MS, next: HOUR_MS, reader: HOUR_MS, end: HOUR_MS };
const KIB = 1024;

function start(services: readonly ServedService[], limits: Partial<ServerLimits> = {}) {
  return serve({ port: 0, log: silentLog, services, limits: { waitMs: NEVER, checkIntervalMs: 20, ...limits } });
}

const echo = inference({
  predict: async ({ requestId }) => ({ requestId }),
  async *predictStream(requests) {
    for await (const { predict } of requests) yield { requestId: predict?.requestId ?? "" };
  },
});

describe("a server", () => {
  it("ends a request that does not become whole, and a stream that is idle, and tells their callers why", async () => {
    await using server = await start([echo], { waitMs: { ...NEVER, request: 100, next: 100, message: 100 } });
    using raw = new RawConnection(server.address);
    const half = raw.open(PREDICT);
    await half.write(Buffer.concat([prefixOf(9000), Buffer.alloc(10)]));
    const idle = raw.open(PREDICT_STREAM);
    const amid = raw.open(PREDICT_STREAM);
    await amid.write(prefixOf(0)); // a whole message, which is answered
    await until("its answer", () => amid.receivedBytes > 0);
    await amid.write(Buffer.concat([prefixOf(9000), Buffer.alloc(10)]));
    const ends = await Promise.all([half.ended, idle.ended, amid.ended]);
    assert.deepEqual(
      ends.map(({ code }) => code),
      [status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED],
    );
    assert.match(ends[0].details, /Predict was not whole 0\.1 s after/);
    assert.match(ends[1].details, /PredictStream was idle for 0\.1 s/);
  });

  it("asks a service whether it takes a call before it reads a byte of the request", async () => {
    const asked: (readonly [string, boolean])[] = [];
    const admit = (method: string, timeoutMs: number | undefined): void => {
      asked.push([method, timeoutMs !== undefined && timeoutMs > 1000 && timeoutMs <= 5000]);
      if (method === "Predict") throw new PetageError("DEADLINE_EXCEEDED", "It would take too long");
    };
    await using server = await start([{ ...echo, admit }]);
    using raw = new RawConnection(server.address);
    const half = raw.open(PREDICT);
    await half.write(Buffer.concat([prefixOf(9000), Buffer.alloc(10)]));
    assert.deepEqual(await half.ended, { code: status.DEADLINE_EXCEEDED, details: "It would take too long" });
    await using client = dial(server.address, "InferenceService");
    await assert.rejects(client.predict({}, { deadlineMs: 5000 }), { code: "DEADLINE_EXCEEDED" });
    assert.equal((await collect(client.predictStream([{ predict: { requestId: "a" } }]))).length, 1);
    assert.deepEqual(asked, [
      ["Predict", false],
      ["Predict", true],
      ["PredictStream", false],
    ]);
  });

  it("lets health be watched, and a stream of answers last, however long nothing happens", async () => {
    const release = gate();
    const slow = evaluator({
      async *evaluate() {
        await release.promise;
        yield { progress: { sampleCount: 7 } };
      },
    });
    await using server = await start([slow], { waitMs: { request: 50, next: 50, message: 50, reader: 50, end: 50 } });
    using raw = new RawConnection(server.address);
    const watch = raw.open(WATCH);
    await watch.write(prefixOf(0));
    watch.end();
    const dawdler = raw.open(GET_STATUS);
    await using client = dial(server.address, "EvaluatorService");
    const events = collect(client.evaluate({}));
    await dawdler.ended; // by then the limits have passed
    release.open();
    assert.equal((await events)[0]?.progress?.sampleCount, 7);
    assert.ok(watch.receivedBytes > 0);
    assert.equal(watch.isOver, false);
  });

  it("keeps no more of half-sent requests than a share, and hears another connection's", async () => {
    await using server = await start([echo], { requestBytes: 64 * KIB });
    using raw = new RawConnection(server.address);
    const streams = Array.from({ length: 40 }, () => raw.open(PREDICT));
    const sent = streams.map((stream) => stream.write(Buffer.concat([prefixOf(64 * KIB), Buffer.alloc(64 * KIB - 1)])));
    await Promise.race(sent);
    await using client = dial(server.address, "InferenceService");
    const image = Buffer.alloc(60 * KIB);
    assert.equal((await client.predict({ requestId: "other", image })).requestId, "other");
    assert.ok(
      streams.every(({ isOver }) => !isOver),
      "they wait for each other",
    );
    for (const stream of streams.slice(0, 4)) await stream.write(Buffer.alloc(1));
    for (const stream of streams.slice(0, 4)) stream.end();
    await Promise.all(streams.slice(0, 4).map(({ ended }) => ended));
    await Promise.all(sent.slice(0, 8)); // the next four have the room of the first
  });

  it("has the half-sent requests of the many give way to those of another", async () => {
    await using server = await start([echo], { requestBytes: 64 * KIB });
    const raws = Array.from({ length: 5 }, () => new RawConnection(server.address));
    const streams = raws.flatMap((raw) => Array.from({ length: 4 }, () => raw.open(PREDICT)));
    for (const stream of streams) void stream.write(Buffer.concat([prefixOf(64 * KIB), Buffer.alloc(60 * KIB)]));
    await using client = dial(server.address, "InferenceService");
    const image = Buffer.alloc(60 * KIB);
    for (let call = 0; call < 20; call++) await client.predict({ image });
    const over = streams.filter(({ isOver }) => isOver);
    const ends = await Promise.all(over.map(({ ended }) => ended));
    assert.ok(ends.length > 0);
    assert.ok(ends.every(({ code }) => code === status.RESOURCE_EXHAUSTED));
    for (const raw of raws) raw[Symbol.dispose]();
  });

  it("answers others and health while idle streams have all places", async () => {
    await using server = await start([echo], { openCalls: 20, standardCalls: 4 });
    const raws = Array.from({ length: 4 }, () => new RawConnection(server.address));
    const streams = raws.flatMap((raw) => Array.from({ length: 10 }, () => raw.open(PREDICT_STREAM)));
    const watches = raws.flatMap((raw) => Array.from({ length: 4 }, () => raw.open(WATCH)));
    for (const watch of watches) void watch.write(prefixOf(0)).then(() => watch.end());
    await until("there is no place left", () => streams.filter(({ isOver }) => isOver).length >= 25);
    await using client = dial(server.address, "InferenceService");
    await waitForReady(server.address, 1000);
    for (let call = 0; call < 10; call++) await client.predict({});
    const answers = await collect(client.predictStream([{ predict: { requestId: "x" } }]));
    assert.deepEqual(
      answers.map(({ requestId }) => requestId),
      ["x"],
    );
    for (const raw of raws) raw[Symbol.dispose]();
  });

  it("cuts off who does not read the answer, and others get theirs", async () => {
    const classes = ["x".repeat(2 ** 20)]; // more than HTTP/2 sends to who does not read
    const limits = { waitMs: { ...NEVER, reader: 100 } };
    await using server = await start([inference({ getModel: async () => ({ classes }) })], limits);
    using raw = new RawConnection(server.address);
    const deaf = raw.open("/petage.v1.InferenceService/GetModel", { isReading: false });
    await deaf.write(prefixOf(0));
    deaf.end();
    assert.equal((await deaf.ended).code, undefined);
    await using client = dial(server.address, "InferenceService");
    assert.deepEqual((await client.getModel({})).classes, classes);
  });

  it("takes no large request where no photo travels", async () => {
    await using server = await start([evaluator({ getStatus: async () => ({}) }), echo]);
    using raw = new RawConnection(server.address);
    const large = raw.open(GET_STATUS);
    await large.write(prefixOf(2 ** 20 + 1));
    assert.deepEqual(await large.ended, {
      code: status.RESOURCE_EXHAUSTED,
      details: "A message of 1048577 bytes came; EvaluatorService/GetStatus takes at most 1048576",
    });
    await using client = dial(server.address, "InferenceService");
    await client.predict({ image: Buffer.alloc(2 * 2 ** 20) });
  });

  it("ends connections that say nothing, and has those without a call give way", async () => {
    await using server = await start([echo], { connections: 3, silentMs: 100 });
    const port = server.port;
    const silent = connect(port, "127.0.0.1").resume();
    await new Promise((resolve) => silent.once("close", resolve));
    const raws = Array.from({ length: 6 }, () => new RawConnection(server.address));
    await using client = dial(server.address, "InferenceService");
    assert.equal((await client.predict({ requestId: "in" })).requestId, "in");
    await Promise.all(raws.slice(0, 3).map(({ closed }) => closed));
    for (const raw of raws) raw[Symbol.dispose]();
  });
});
