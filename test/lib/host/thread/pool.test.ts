import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { ThreadPool } from "#lib/host/thread/pool.ts";
import { remote, type Remote } from "#lib/host/thread/remote.ts";
import { until } from "#test/support/until.ts";
import type { Worker } from "./fixtures/worker-entry.ts";

const ENTRY = new URL("./fixtures/worker-entry.ts", import.meta.url);
const FOREVER = new AbortController().signal;

function open({ maxThreads = 2, maxGivenUp = 2 } = {}) {
  let opened = 0;
  const pool = new ThreadPool<Worker>({
    open: () => (opened++, remote<Worker>("worker", ENTRY)),
    warm: (thread) => thread.name(),
    maxThreads,
    maxGivenUp,
    exhausted: (count) => new PetageError("UNAVAILABLE", `${count} are stuck`),
  });
  return { pool, opened: () => opened };
}

/** Keeps a thread busy until it is given up. */
function spin(pool: ThreadPool<Worker>) {
  const started = new Int32Array(new SharedArrayBuffer(4));
  const stop = new AbortController();
  const spun = assert.rejects(
    pool.run((thread) => thread.spin(started), stop.signal),
    { code: "DEADLINE_EXCEEDED", message: "too late" },
  );
  return {
    begun: () => until("the thread spins", () => Atomics.load(started, 0) === 1),
    giveUp: async (): Promise<void> => {
      stop.abort(new PetageError("DEADLINE_EXCEEDED", "too late"));
      await spun;
    },
  };
}

describe("ThreadPool", () => {
  it("opens threads as they are needed, and uses them again", async () => {
    const { pool, opened } = open();
    await using _pool = pool;
    const name = () => pool.run((thread) => thread.name(), FOREVER);
    const first = await name();
    assert.deepEqual([await name(), opened()], [first, 1]);
    const names = new Set(await Promise.all([name(), name(), name(), name(), name()]));
    assert.deepEqual([names.size, opened()], [2, 2]);
  });

  it("keeps a thread whose work failed", async () => {
    const { pool, opened } = open();
    await using _pool = pool;
    await assert.rejects(
      pool.run((thread) => thread.fail(), FOREVER),
      { code: "INVALID_ARGUMENT" },
    );
    await pool.run((thread) => thread.name(), FOREVER);
    assert.equal(opened(), 1);
  });

  it("ends no thread because its caller left while it started, or shortly before it was done", async () => {
    const { pool, opened } = open({ maxThreads: 1 });
    await using _pool = pool;
    const leaves = async (work: (thread: Remote<Worker>) => Promise<unknown>, begun: () => unknown): Promise<void> => {
      const caller = new AbortController();
      const left = assert.rejects(pool.run(work, caller.signal), { code: "ABORTED" });
      await begun();
      caller.abort(new PetageError("ABORTED", "gone"));
      await left;
    };
    let isBegun = false;
    await leaves(
      async () => void (isBegun = true),
      () => {},
    );
    const first = await pool.run((thread) => thread.name(), FOREVER);
    assert.equal(isBegun, false);
    const held = new Int32Array(new SharedArrayBuffer(4));
    await leaves(
      (thread) => thread.hold(held),
      () => until("the thread works", () => Atomics.load(held, 0) === 1),
    );
    Atomics.store(held, 0, 0);
    Atomics.notify(held, 0);
    assert.deepEqual([await pool.run((thread) => thread.name(), FOREVER), opened()], [first, 1]);
  });

  it("gives work up together with its thread, and keeps nobody waiting for it", async () => {
    const { pool, opened } = open({ maxThreads: 1, maxGivenUp: 1 });
    await using _pool = pool;
    for (let turn = 1; turn <= 3; turn++) {
      const spinning = spin(pool);
      const next = pool.run((thread) => thread.name(), FOREVER);
      await spinning.begun();
      await spinning.giveUp();
      // A thread that computes ends at once, so that it counts no longer among those given up.
      await next.catch((error: unknown) => assert.equal(PetageError.from(error).message, "1 are stuck"));
      await until(
        "a thread is free",
        async () => (await pool.run((thread) => thread.name(), FOREVER).catch(() => 0)) !== 0,
      );
      assert.ok(opened() >= turn + 1, `${opened()} threads`);
    }
  });

  it("does not begin work that was given up while it waited", async () => {
    const { pool } = open({ maxThreads: 1 });
    await using _pool = pool;
    const spinning = spin(pool);
    await spinning.begun();
    const stop = new AbortController();
    let begun = false;
    const waiting = assert.rejects(
      pool.run(async () => void (begun = true), stop.signal),
      { code: "ABORTED" },
    );
    stop.abort(new PetageError("ABORTED", "gone"));
    await waiting;
    await spinning.giveUp();
    assert.equal(begun, false);
  });
});
