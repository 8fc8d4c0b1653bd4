import assert from "node:assert/strict";
import type { MethodDefinition } from "@grpc/grpc-js";
import { lentMessage, returning } from "#lib/rpc/lent-message.ts";

describe("a lent message", () => {
  /** A method of which only the writing matters, and what has happened. */
  function method(write: (message: unknown) => Buffer): MethodDefinition<unknown, unknown> {
    const read = (bytes: Buffer): unknown => bytes;
    const rpc = { path: "/s/m", requestStream: false, responseStream: true } as const;
    return returning({
      ...rpc,
      requestSerialize: write,
      requestDeserialize: read,
      responseSerialize: write,
      responseDeserialize: read,
    });
  }

  it("is given back when it is written, and no sooner", () => {
    const events: string[] = [];
    const message = lentMessage({ step: 1 }, { [Symbol.dispose]: () => void events.push("given back") });
    const { responseSerialize } = method((written) => {
      events.push(`written ${JSON.stringify(written)}`);
      return Buffer.of(7);
    });
    assert.deepEqual(events, []);
    assert.deepEqual(responseSerialize(message), Buffer.of(7));
    assert.deepEqual(events, ['written {"step":1}', "given back"]);
  });

  it("is given back also where it cannot be written", () => {
    let returned = 0;
    const message = lentMessage({}, { [Symbol.dispose]: () => void returned++ });
    assert.throws(() => method(() => assert.fail("too large")).responseSerialize(message), /too large/);
    assert.equal(returned, 1);
  });

  it("needs no owner", () => {
    assert.deepEqual(method(() => Buffer.of(1)).responseSerialize({ step: 2 }), Buffer.of(1));
  });
});
