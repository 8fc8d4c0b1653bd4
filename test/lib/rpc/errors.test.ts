import assert from "node:assert/strict";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { status, type ServiceError } from "@grpc/grpc-js";
import { ERROR_CODES, PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import { fromStatus, toStatus } from "#lib/rpc/errors.ts";

const callee = { service: "EvaluatorService", address: "127.0.0.1:1" };

function throughTheWire(error: unknown): PetageError {
  const sent = toStatus(error, silentLog);
  return fromStatus(Object.assign(new Error(sent.details), { ...sent, name: "Error" }), callee);
}

describe("toStatus and fromStatus", () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    if (code === "INTERNAL") continue;
    it(`carry ${code} with its message and hint`, () => {
      const error = throughTheWire(new PetageError(code, "Cannot do it", { hint: "Do that" }));
      assert.equal(error.code, code);
      assert.equal(error.message, "Cannot do it");
      assert.equal(error.hint, "Do that");
    });
  }

  it("carry hints that are no ASCII, and halves of characters", () => {
    const hint = "Näher: 100 % 猫\n\ud83d";
    const error = throughTheWire(new PetageError("NOT_FOUND", "x", { hint }));
    assert.equal(error.hint, "Näher: 100 % 猫\n�");
  });

  it("carry the position in a user's file", () => {
    const position = { file: "configs/ü.py", line: 3, column: 7 };
    const error = throughTheWire(new PetageError("CONFIG_SYNTAX", "x", { position }));
    assert.deepEqual(error.position, position);
  });

  it("shorten a message that no header could carry", () => {
    const error = throughTheWire(new PetageError("NOT_FOUND", "x".repeat(100_000)));
    assert.equal(error.message.length, 2048);
  });

  it("log an unexpected error and send its id alone", () => {
    const lines: unknown[] = [];
    const log = { ...silentLog, error: (_: string, fields: unknown) => void lines.push(fields) };
    const sent = toStatus(new Error("password is 1234"), log);
    assert.equal(sent.code, status.INTERNAL);
    assert.doesNotMatch(sent.details, /1234/);
    const [{ errorId, error }] = lines as [{ errorId: string; error: string }];
    assert.ok(sent.details.includes(errorId));
    assert.equal(error, "password is 1234");
  });

  const silences: readonly (readonly [code: status, details: string, says: RegExp])[] = [
    [
      status.UNAVAILABLE,
      "Connection dropped",
      /at 127\.0\.0\.1:1 failed: it no longer answers: .* is frozen or cut off$/,
    ],
    [
      status.DEADLINE_EXCEEDED,
      "Deadline exceeded after 30.007s,name resolution: 0.002s,Waiting for LB pick",
      /at 127\.0\.0\.1:1 failed: it did not answer within 30\.0 s: it is frozen, overloaded or cut off$/,
    ],
  ];
  for (const [code, details, says] of silences) {
    it(`say what it means that gRPC says ${JSON.stringify(details)}`, () => {
      assert.match(fromStatus(Object.assign(new Error("x"), { code, details }) as ServiceError, callee).message, says);
    });
  }

  it("are those of a service that cannot be reached when a connection ends with an error", async () => {
    const server = http2.createServer().on("stream", ({ session }) => {
      session?.goaway(http2.constants.NGHTTP2_INTERNAL_ERROR); // as Node's library does to who cancels too many calls
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = dial(`127.0.0.1:${(server.address() as AddressInfo).port}`, "InferenceService");
    await assert.rejects(client.getModel({}), { code: "UNAVAILABLE", message: /failed: its connection broke: / });
    await client[Symbol.asyncDispose]();
    server.close();
  });

  it("name the service and its address when gRPC itself failed", () => {
    const failure = Object.assign(new Error("x"), { code: status.UNAVAILABLE, details: "refused" });
    const error = fromStatus(failure as ServiceError, callee);
    assert.equal(error.code, "UNAVAILABLE");
    assert.match(error.message, /EvaluatorService at 127\.0\.0\.1:1 failed: refused/);
  });
});
