import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { Backoff } from "#lib/k8s/backoff.ts";
import { KubeError, readRefusal } from "#lib/k8s/errors.ts";
import { runWorkers } from "#lib/k8s/workers.ts";
import { WorkQueue } from "#lib/k8s/work-queue.ts";
import { delay } from "#lib/system/clock.ts";
import { until } from "#test/support/until.ts";

const never = new AbortController().signal;

describe("WorkQueue", () => {
  it("gives each key once, in the order of their arrival", async () => {
    using queue = new WorkQueue();
    for (const key of ["a", "b", "a", "c", "a"]) queue.add(key);
    assert.equal(queue.depth, 3);
    assert.deepEqual([await queue.next(never), await queue.next(never), await queue.next(never)], ["a", "b", "c"]);
  });

  it("gives a key to one worker at a time, and again when it was added meanwhile", async () => {
    using queue = new WorkQueue();
    queue.add("a");
    await queue.next(never);
    queue.add("a");
    queue.add("a");
    assert.equal(queue.depth, 0);
    queue.done("a");
    assert.equal(queue.depth, 1);
    assert.equal(await queue.next(never), "a");
    queue.done("a");
    assert.equal(queue.depth, 0);
  });

  it("wakes a worker that waits", async () => {
    using queue = new WorkQueue();
    const waiting = [queue.next(never), queue.next(never)];
    queue.add("a");
    queue.add("b");
    assert.deepEqual(await Promise.all(waiting), ["a", "b"]);
  });

  it("loses no key to a worker that went away", async () => {
    using queue = new WorkQueue();
    const end = new AbortController();
    const gone = queue.next(end.signal);
    const waits = queue.next(never);
    end.abort();
    assert.equal(await gone, undefined);
    queue.add("a");
    assert.equal(await waits, "a");
  });

  it("adds a key later, at the earliest of the times asked for", async () => {
    using queue = new WorkQueue();
    const from = performance.now();
    queue.addAfter("a", 10_000);
    queue.addAfter("a", 20);
    queue.addAfter("a", 5_000);
    assert.equal(await queue.next(never), "a");
    assert.ok(performance.now() - from >= 19);
    queue.done("a");
    assert.equal(queue.depth, 0);
  });

  it("takes delays longer than a timer can", () => {
    using queue = new WorkQueue();
    queue.addAfter("a", 10 * 365 * 24 * 3600 * 1000);
    assert.equal(queue.depth, 0);
  });

  it("lets failures wait longer each time, until one went well", async () => {
    using queue = new WorkQueue({ retry: { firstMs: 10, maximumMs: 40 }, random: () => 1 });
    const waits: number[] = [];
    async function retried(): Promise<number> {
      const from = performance.now();
      queue.retry("a");
      queue.done((await queue.next(never)) ?? "");
      return performance.now() - from;
    }
    for (let round = 0; round < 4; round++) waits.push(await retried());
    for (const [index, least] of [9, 19, 39, 39].entries()) assert.ok((waits[index] ?? 0) >= least, String(waits));
    queue.forget("a");
    const from = performance.now();
    queue.retry("a", 30);
    await queue.next(never);
    assert.ok(performance.now() - from >= 29, "the server's wish counts");
  });
});

describe("Backoff", () => {
  it("doubles up to its maximum, with full jitter", () => {
    const halves = new Backoff({ firstMs: 100, maximumMs: 1_000 }, () => 0.5);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => halves.next()),
      [50, 100, 200, 400, 500, 500],
    );
    halves.reset();
    assert.equal(halves.next(), 50);
  });

  it("never overflows", () => {
    const backoff = new Backoff({ firstMs: 1, maximumMs: 1_000 }, () => 1);
    for (let failure = 0; failure < 5_000; failure++) backoff.next();
    assert.equal(backoff.next(), 1_000);
  });
});

describe("runWorkers()", () => {
  async function work(
    keys: readonly string[],
    reconcile: (key: string) => Promise<number | undefined>,
    { log = silentLog, count = 4, enough }: { log?: Log; count?: number; enough: () => boolean },
  ): Promise<void> {
    using queue = new WorkQueue({ retry: { firstMs: 2, maximumMs: 10 } });
    const end = new AbortController();
    for (const key of keys) queue.add(key);
    const running = runWorkers({ queue, count, reconcile, log }, end.signal);
    await until("enough work", enough);
    end.abort();
    await running;
  }

  it("handles keys at once, and each key alone", async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    const busy = new Set<string>();
    const keys = Array.from({ length: 20 }, (_, index) => `k${index % 10}`);
    await work(
      keys,
      async (key) => {
        assert.ok(!busy.has(key));
        busy.add(key);
        most = Math.max(most, ++now);
        await delay(1);
        now -= 1;
        busy.delete(key);
        done += 1;
        return undefined;
      },
      { enough: () => done >= 10 },
    );
    assert.equal(most, 4);
  });

  it("comes back to a key that failed, and to one that asks for it", async () => {
    const seen: string[] = [];
    await work(
      ["fails", "asks"],
      (key) => {
        seen.push(key);
        if (key === "asks") return Promise.resolve(5);
        return Promise.reject(new Error("not yet"));
      },
      { enough: () => ["fails", "asks"].every((key) => seen.filter((one) => one === key).length >= 3) },
    );
  });

  it("warns of failures, but not of having been too late", async () => {
    const lines: string[] = [];
    const say =
      (level: string) =>
      (message: string, fields?: Readonly<Record<string, unknown>>): void =>
        void lines.push(`${level} ${message} ${String(fields?.["key"])}`);
    const log: Log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
    const conflict = new KubeError("PUT a", { status: 409, reason: "Conflict", message: "modified" });
    await work(
      ["conflict", "other"],
      (key) => Promise.reject(key === "conflict" ? conflict : new PetageError("UNAVAILABLE", "away")),
      { log, enough: () => lines.length >= 2 },
    );
    assert.deepEqual(
      new Set(lines),
      new Set(["debug Reconciling failed; trying again conflict", "warn Reconciling failed; trying again other"]),
    );
  });
});

describe("readRefusal()", () => {
  const status = JSON.stringify({ kind: "Status", reason: "Conflict", message: "modified" });
  const cases: readonly (readonly [what: string, Parameters<typeof readRefusal>, ReturnType<typeof readRefusal>])[] = [
    ["a Status", [409, status, undefined], { status: 409, reason: "Conflict", message: "modified" }],
    [
      "a wish to be left alone",
      [429, status, "3"],
      { status: 429, reason: "Conflict", message: "modified", retryAfterMs: 3_000 },
    ],
    ["a wish in another form", [503, status, "Fri, 31 Dec"], { status: 503, reason: "Conflict", message: "modified" }],
    ["JSON that is no Status", [500, "[]", undefined], { status: 500, reason: "", message: "HTTP 500 []" }],
    ["null", [500, "null", undefined], { status: 500, reason: "", message: "HTTP 500 null" }],
    ["nothing", [500, "", undefined], { status: 500, reason: "", message: "HTTP 500" }],
  ];
  for (const [what, [code, body, retryAfter], expected] of cases) {
    it(`reads ${what}`, () => assert.deepEqual(readRefusal(code, body, retryAfter), expected));
  }
});
