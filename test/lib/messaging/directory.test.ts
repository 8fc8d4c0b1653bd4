import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import type { Nats } from "#lib/messaging/connect.ts";
import { announce, findAddress } from "#lib/messaging/directory.ts";
import { withNatsServer } from "#test/support/nats-server.ts";
import { until } from "#test/support/until.ts";

const soon = { job: "j", attempt: 0, peerTimeoutMs: 100, signal: new AbortController().signal, log: silentLog };
const later = { ...soon, peerTimeoutMs: 20_000 };

/** The two sides of a question, each with a connection of its own. */
async function withTwo(body: (asker: Nats, answerer: Nats, pid: number) => Promise<void>): Promise<void> {
  await withNatsServer(async (url, { pid }) => {
    await using asker = await connectNats({ url, name: "asker", outageMs: 200 });
    await using answerer = await connectNats({ url, name: "answerer" });
    await body(asker, answerer, pid);
  });
}

describe("directory", () => {
  it("finds a service that was there before", async () => {
    await withTwo(async (asker, answerer) => {
      announce({ ...soon, nats: answerer }, "evaluator", "10.0.0.1:50051");
      assert.equal(await findAddress({ ...soon, nats: asker }, "evaluator"), "10.0.0.1:50051");
    });
  });

  it("finds a service that comes later", async () => {
    await withTwo(async (asker, answerer) => {
      const asked: string[] = [];
      answerer.connection.subscribe("petage.>", { callback: (_error, { subject }) => void asked.push(subject) });
      const found = findAddress({ ...later, nats: asker, attempt: 2 }, "data-loader");
      await until("it is asked for", () => asked.includes("petage.j.2.address.data-loader"));
      announce({ ...soon, nats: answerer, attempt: 2 }, "data-loader", "h:1");
      assert.equal(await found, "h:1");
    });
  });

  const others = [
    { what: "of another job", job: "k", attempt: 1, role: "data-loader" },
    { what: "of another attempt", job: "j", attempt: 0, role: "data-loader" },
    { what: "of another role", job: "j", attempt: 1, role: "evaluator" },
    { what: "of another number", job: "j", attempt: 1, role: "data-loader-1" },
  ] as const;
  for (const { what, job, attempt, role } of others) {
    it(`does not take a service ${what}, and says after the deadline who is missing`, async () => {
      await withTwo(async (asker, answerer) => {
        announce({ ...soon, nats: answerer, job, attempt }, role, "wrong:1");
        const finding = findAddress({ ...soon, nats: asker, attempt: 1 }, "data-loader");
        await assert.rejects(finding, {
          code: "UNAVAILABLE",
          message: "The data-loader of attempt 1 did not say within 0.1 s where it is",
          hint: /log of the data-loader/,
        });
      });
    });
  }

  const answers = ["", "\u0000\uFFFD junk", "no port", `${"x".repeat(300)}:1`];
  it("takes no answer that is no address, and asks on until one is", async () => {
    await withTwo(async (asker, answerer) => {
      let asked = 0;
      answerer.connection.subscribe("petage.j.3.address.>", {
        callback: (_error, question) =>
          void question.respond(new TextEncoder().encode(answers[asked++] ?? "[::1]:50051")),
      });
      assert.equal(await findAddress({ ...later, nats: asker, attempt: 3 }, "data-loader"), "[::1]:50051");
      assert.equal(asked, answers.length + 1);
    });
  });

  it("answers whoever asks, whatever the question holds and wherever the answer goes", async () => {
    await withTwo(async (asker, answerer) => {
      announce({ ...soon, nats: answerer, attempt: 4 }, "data-loader", "h:1");
      const subject = "petage.j.4.address.data-loader";
      for (const reply of [undefined, subject, "petage.>", "*", "x".repeat(2_000)]) {
        asker.connection.publish(subject, new Uint8Array(500_000), reply === undefined ? {} : { reply });
      }
      assert.equal(await findAddress({ ...later, nats: asker, attempt: 4 }, "data-loader"), "h:1");
    });
  });

  it("is no longer found once its connection has ended", async () => {
    await withTwo(async (asker, answerer) => {
      announce({ ...soon, nats: answerer }, "evaluator", "h:1");
      assert.equal(await findAddress({ ...soon, nats: asker }, "evaluator"), "h:1");
      await answerer[Symbol.asyncDispose]();
      await assert.rejects(findAddress({ ...soon, nats: asker }, "evaluator"), { code: "UNAVAILABLE" });
    });
  });

  it("ends the search when it is aborted", async () => {
    await withTwo(async (asker) => {
      const stop = new AbortController();
      const finding = findAddress({ ...later, nats: asker, signal: stop.signal }, "evaluator");
      stop.abort();
      await assert.rejects(finding, { code: "ABORTED" });
    });
  });

  it("ends the search when the broker is lost", async () => {
    await withTwo(async (asker, _answerer, pid) => {
      const finding = findAddress({ ...later, nats: asker }, "evaluator");
      process.kill(pid, "SIGKILL");
      await assert.rejects(finding, { code: "NATS_UNAVAILABLE" });
    });
  });
});
