import assert from "node:assert/strict";
import { firstProgram, run } from "../../../scripts/setup/run.ts";

const TIMEOUT_MS = 20_000;

function node(code: string, options: { timeoutMs?: number; onLine?: (line: string) => void } = {}): Promise<string> {
  return run(process.execPath, ["-e", code], { timeoutMs: TIMEOUT_MS, ...options });
}

describe("run()", () => {
  it("returns what was printed, and tells each whole line as it comes", async () => {
    const lines: string[] = [];
    const output = await node("process.stdout.write('one\\ntw'); process.stdout.write('o\\nthree')", {
      onLine: (line) => lines.push(line),
    });
    assert.equal(output, "one\ntwo\nthree");
    assert.deepEqual(lines, ["one", "two"]);
  });

  it("quotes the last lines of a program that failed, and no more", async () => {
    const code = "for (let i = 0; i < 100; i++) console.error('line ' + i); process.exit(3)";
    await assert.rejects(node(code), (error: Error) => {
      assert.match(error.message, /ended with 3:\nline 80\n[^]*line 99$/);
      return true;
    });
  });

  it("ends a program that takes too long", async () => {
    await assert.rejects(node("setInterval(() => {}, 1000)", { timeoutMs: 200 }), /ended with SIGTERM/);
  });

  it("names a program that does not exist", async () => {
    await assert.rejects(run("petage-no-such-program", [], { timeoutMs: TIMEOUT_MS }), /petage-no-such-program/);
  });
});

describe("firstProgram()", () => {
  it("finds the first that runs, passing over what is not set or not there", async () => {
    assert.equal(await firstProgram([undefined, "", "petage-no-such-program", process.execPath]), process.execPath);
    assert.equal(await firstProgram(["petage-no-such-program"]), undefined);
  });
});
