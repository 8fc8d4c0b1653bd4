import assert from "node:assert/strict";
import { createLogger, type LogFormat } from "#lib/host/logger.ts";

function written(format: LogFormat, write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = "";
  write(createLogger({ name: "petage", format, level: "info", write: (line) => void (text += line) }));
  return text;
}

describe("createLogger", () => {
  it("pretty writes the time, who, the level and the fields in one line", () => {
    const line = written("pretty", (log) => log.info("Epoch done", { epoch: 3, loss: 0.123456789, who: "a b" }));
    assert.match(line, /^\d\d\/\d\d \d\d:\d\d:\d\d - petage - INFO - Epoch done epoch=3 loss=0\.123457 who="a b"\n$/);
  });

  it("json writes one object a line", () => {
    const lines = written("json", (log) => {
      log.warn("One", { a: 1 });
      log.error("Two");
    }).trim();
    const [one, two] = lines.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([one?.["level"], one?.["msg"], one?.["a"], one?.["name"]], ["warn", "One", 1, "petage"]);
    assert.equal(two?.["level"], "error");
  });

  it("leaves out what is below its level", () => {
    assert.equal(
      written("json", (log) => log.debug("x")),
      "",
    );
  });

  const hidden: [string, Record<string, unknown>, RegExp][] = [
    ["a password by its name", { dbPassword: "hunter2" }, /hunter2/],
    ["a token inside", { auth: { accessToken: "hunter2" } }, /hunter2/],
    ["a password in an address", { url: "nats://me:hunter2@host:4222" }, /hunter2/],
    ["the bytes of an image", { image: Buffer.from("hunter2") }, /hunter2|104,117/],
  ];
  for (const [what, fields, secret] of hidden) {
    it(`hides ${what}`, () => {
      assert.doesNotMatch(
        written("json", (log) => log.info("x", fields)),
        secret,
      );
    });
  }

  it("hides a password in the message itself", () => {
    assert.doesNotMatch(
      written("pretty", (log) => log.info("Cannot reach nats://me:hunter2@host")),
      /hunter2/,
    );
  });

  it("writes errors with their stack, and survives circles", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const line = written("json", (log) => log.info("x", { error: new Error("broken"), circle }));
    assert.match(line, /Error: broken\\n/);
  });
});
