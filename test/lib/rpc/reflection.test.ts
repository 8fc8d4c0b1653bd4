import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { silentLog } from "#lib/base/log.ts";
import type { ServiceName } from "#lib/rpc/contract.ts";
import type { AnyHandler } from "#lib/rpc/handlers.ts";
import { serviceDefinition } from "#lib/rpc/protos.ts";
import { serve, type RunningServer } from "#lib/rpc/server.ts";
import { runCommand } from "#test/support/cli.ts";
import { useGrpcurl } from "#test/support/grpcurl.ts";
import { readText, ROOT } from "#test/support/sources.ts";
import { evaluator, unimplemented } from "./support.ts";

/** It is made with Go's protobuf, too, and speaks the version of reflection that it is told to. */
const BUF = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");
const PROTOS = "proto/petage/v1";
const STANDARD = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

/** The messages, enums and services of a proto, by name, as they are written there with their comments. */
function definitions(file: string): ReadonlyMap<string, string> {
  const pattern = /^(?:\/\/.*\n)*(?:message|enum|service) (\w+) \{(?:\}|[^]*?^\})/gm;
  const found = readText(`${PROTOS}/${file}`).matchAll(pattern);
  return new Map([...found].map(([text, name = ""]) => [name, text]));
}

/** What both ways of writing a definition have in common: full names, spaces and the order of lines do not count. */
function plain(definition: string): readonly string[] {
  const lines = definition.replaceAll(/\.petage\.v1\.|\.(?=google\.protobuf\.)|[^\S\n]/g, "").split(/\n|(?=\}$)/m);
  return lines.filter((line) => line !== "").toSorted();
}

const common = definitions("common.proto");
const services = readdirSync(join(ROOT, PROTOS))
  .filter((file) => file !== "common.proto")
  .map((file) => {
    const own = definitions(file);
    return {
      name: defined(
        [...own.keys()].find((name) => name.endsWith("Service")),
        file,
      ) as ServiceName,
      own,
    };
  });

/** Serves a service that answers nothing. */
async function start(name: ServiceName): Promise<RunningServer> {
  const methods = Object.keys(serviceDefinition(name)).map(
    (method) => method.charAt(0).toLowerCase() + method.slice(1),
  );
  const handlers = Object.fromEntries(methods.map((method) => [method, unimplemented as AnyHandler]));
  return await serve({ port: 0, log: silentLog, services: [{ name, handlers, serving: true }] });
}

describe("reflection, as grpcurl sees it", function () {
  this.timeout(60_000);
  const grpcurl = useGrpcurl();

  async function ask(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await grpcurl.run(args);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  for (const { name, own } of services) {
    describe(name, () => {
      let server: RunningServer;
      before(async () => (server = await start(name)));
      after(() => server[Symbol.asyncDispose]());

      it("is listed with health and reflection, and nothing else is there", async () => {
        const listed = (await ask(server.address, "list")).trim().split("\n");
        assert.deepEqual(listed, [...STANDARD, `petage.v1.${name}`]);
        const other = services.find((service) => service.name !== name);
        const { stderr, exitCode } = await grpcurl.run([server.address, "describe", `petage.v1.${other?.name}`]);
        assert.notEqual(exitCode, 0);
        assert.match(stderr, /Symbol not found: petage\.v1\./);
      });

      it("has all its methods", async () => {
        const listed = (await ask(server.address, "list", `petage.v1.${name}`)).trim().split("\n");
        const methods = Object.keys(serviceDefinition(name)).map((method) => `petage.v1.${name}.${method}`);
        assert.deepEqual(listed, methods.toSorted());
        for (const method of methods) assert.match(await ask(server.address, "describe", method), / is a method:/);
      });

      it("is described as it is written in its proto, with every message, enum and comment", async () => {
        for (const [symbol, text] of [...own, ...common]) {
          const said = await ask(server.address, "describe", `petage.v1.${symbol}`);
          assert.deepEqual(plain(said.slice(said.indexOf(":\n") + 2)), plain(text), symbol);
        }
      });

      it("comes with what the protocols of health and reflection are", async () => {
        for (const symbol of STANDARD) assert.match(await ask(server.address, "describe", symbol), / is a service:/);
        const answer = await ask(
          "-d",
          JSON.stringify({ service: `petage.v1.${name}` }),
          server.address,
          `${STANDARD[0]}/Check`,
        );
        assert.deepEqual(JSON.parse(answer), { status: "SERVING" });
      });
    });
  }
});

describe("calls by grpcurl", function () {
  this.timeout(60_000);
  const grpcurl = useGrpcurl();

  it("go to a stream, with every kind of field", async () => {
    const seen: unknown[] = [];
    const service = evaluator({
      async *evaluate({ checkpointUri, split }) {
        seen.push(checkpointUri, split);
        yield { progress: { sampleCount: 2, eta: { seconds: 90, nanos: 500_000_000 } } };
        yield { predictions: { predictions: [{ sampleId: "a.jpg", label: 0 }, { sampleId: "b.jpg" }] } };
        yield { result: { sampleCount: 2, metrics: { "petage/mae_median": 1.5 } } };
      },
    });
    await using server = await serve({ port: 0, log: silentLog, services: [service] });
    const request = JSON.stringify({ checkpointUri: "work_dirs/x", split: "SPLIT_VALIDATION" });
    const { stdout, stderr } = await grpcurl.run([
      "-d",
      request,
      server.address,
      "petage.v1.EvaluatorService/Evaluate",
    ]);
    assert.equal(stderr, "");
    assert.deepEqual(seen, ["work_dirs/x", "SPLIT_VALIDATION"]);
    assert.deepEqual(JSON.parse(`[${stdout.replaceAll(/^\}\n\{$/gm, "},{")}]`), [
      { progress: { sampleCount: "2", eta: "90.500s" } },
      { predictions: { predictions: [{ sampleId: "a.jpg", label: 0 }, { sampleId: "b.jpg" }] } },
      { result: { sampleCount: "2", metrics: { "petage/mae_median": 1.5 } } },
    ]);
  });
});

describe("reflection", () => {
  for (const version of ["v1", "v1alpha"]) {
    it(`answers clients of ${version}`, async () => {
      await using server = await serve({
        port: 0,
        log: silentLog,
        services: [evaluator({ getStatus: async () => ({ queuedCount: 3 }) })],
      });
      const flags = ["--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", `grpc-${version}`];
      const buf = async (...args: readonly string[]): Promise<string> => {
        const { exitCode, stdout, stderr } = await runCommand(process.execPath, [BUF, "curl", ...flags, ...args]);
        assert.equal(exitCode, 0, stderr);
        return stdout;
      };
      const listed = (await buf("--list-services", `http://${server.address}`)).trim().split("\n");
      assert.deepEqual(listed, [...STANDARD, "petage.v1.EvaluatorService"]);
      const answer = await buf(`http://${server.address}/petage.v1.EvaluatorService/GetStatus`);
      assert.deepEqual(JSON.parse(answer), { queuedCount: 3 });
    });
  }
});
