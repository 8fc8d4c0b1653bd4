import assert from "node:assert/strict";
import { Thread } from "#lib/host/thread/thread.ts";
import type { EchoRequest } from "./fixtures/echo-thread.ts";

const ENTRY = new URL("./fixtures/echo-thread.ts", import.meta.url);

function open(): Thread<EchoRequest, unknown> {
  return new Thread("echo", ENTRY, { greeting: "hello" });
}

describe("Thread", () => {
  it("runs TypeScript, gets its set-up and answers calls that overlap", async () => {
    await using thread = open();
    const answers = await Promise.all(["a", "b"].map((text) => thread.call({ kind: "echo", text })));
    assert.deepEqual(answers, ["hello a", "hello b"]);
  });

  it("passes an error on with code, position and hint", async () => {
    await using thread = open();
    await assert.rejects(thread.call({ kind: "fail" }), {
      name: "PetageError",
      code: "DATASET_INVALID",
      message: "bad line",
      hint: "mend it",
      position: { file: "a.txt", line: 3, column: 1 },
    });
    assert.equal(await thread.call({ kind: "echo", text: "still here" }), "hello still here");
  });

  it("shares SharedArrayBuffers rather than copying them", async () => {
    await using thread = open();
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    await thread.call({ kind: "write", shared });
    assert.equal(shared[0], 42);
  });

  for (const kind of ["exit", "crash"] as const) {
    it(`rejects calls under way and later ones when the thread ends by ${kind}`, async () => {
      await using thread = open();
      await assert.rejects(thread.call({ kind }), { code: "PROCESS_FAILED", message: /thread echo/ });
      await assert.rejects(thread.call({ kind: "echo", text: "" }), { code: "PROCESS_FAILED" });
    });
  }

  it("rejects when its module cannot be loaded", async () => {
    await using thread = new Thread("nothing", new URL("./no-such-thread.ts", import.meta.url), {});
    await assert.rejects(thread.call(0), { code: "PROCESS_FAILED", message: /no-such-thread/ });
  });

  it("disposal ends calls under way, and may be repeated", async () => {
    const thread = open();
    const waiting = thread.call({ kind: "wait" });
    const rejected = assert.rejects(waiting, { code: "PROCESS_FAILED", message: /was stopped/ });
    await thread[Symbol.asyncDispose]();
    await thread[Symbol.asyncDispose]();
    await rejected;
  });
});
