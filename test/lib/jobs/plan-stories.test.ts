import assert from "node:assert/strict";
import fc from "fast-check";
import { INITIAL_STATUS, isTerminal, TERMINATED_EXIT_CODE } from "#lib/jobs/job-state.ts";
import { plan, SURVIVOR_GRACE_MS, wakeTime } from "#lib/jobs/plan.ts";
import type { Action, JobSpec, JobStatus, Observed, WorkerName, WorkerState } from "#lib/jobs/job-state.ts";

const NOW = 1_000_000;

const starting: WorkerState = { state: "starting" };
const ready: WorkerState = { state: "ready", address: "127.0.0.1:1" };

// A world in which processes are placed, start, serve and end as a random story has it.

interface World {
  status: JobStatus;
  readonly workers: { name: WorkerName; process: WorkerState; told: boolean }[];
  now: number;
  cancelRequested: boolean;
  suspendRequested: boolean;
  checkpointStep: number;
  deleted: boolean;
  /** What `spec.workers` of an elastic job was set to. */
  scaledTo: number | null;
  /** Trainers that its queue lets in; null while it lets in none. */
  quota: number | null;
}

const newWorld = (): World => ({
  status: INITIAL_STATUS,
  workers: [],
  now: NOW,
  cancelRequested: false,
  suspendRequested: false,
  checkpointStep: 0,
  deleted: false,
  scaledTo: null,
  quota: Infinity,
});

type Event =
  | { readonly kind: "place" | "ready" | "obey"; readonly pick: number }
  | { readonly kind: "exit"; readonly pick: number; readonly code: number | null; readonly disrupted: boolean }
  | { readonly kind: "cancel" | "suspend" | "checkpoint" | "evict" }
  | { readonly kind: "scale" | "admit"; readonly workers: number }
  | { readonly kind: "wait"; readonly ms: number };

const pick = fc.nat(20);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("place" as const, "ready" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("obey" as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("exit" as const),
      pick,
      code: fc.constantFrom(0, 1, 3, 4, 75, 143, null),
      disrupted: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(40_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("scale" as const, "admit" as const),
      workers: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("cancel" as const, "suspend" as const, "checkpoint" as const, "evict" as const),
    }),
  },
);
const spec: fc.Arbitrary<JobSpec> = fc
  .record({
    name: fc.constant("job"),
    workers: fc.integer({ min: 1, max: 4 }),
    elastic: fc.boolean(),
    maxRestarts: fc.nat(3),
    rules: fc.constantFrom<JobSpec["rules"]>([], [{ exitCodes: [1], action: "FailJob" }]),
    ownNatsServer: fc.boolean(),
    dataLoaders: fc.integer({ min: 1, max: 2 }),
    evaluator: fc.boolean(),
    startsTogether: fc.boolean(),
    startTimeoutMs: fc.option(fc.integer({ min: 5_000, max: 20_000 })),
    activeDeadlineMs: fc.option(fc.nat(20_000)),
    ttlMs: fc.option(fc.nat(1_000)),
    cleanPolicy: fc.constantFrom("Running" as const, "All" as const),
    backoff: fc.constantFrom({ firstMs: 0, maximumMs: 0 }, { firstMs: 1_000, maximumMs: 4_000 }),
    continueHint: fc.constantFrom("", "resume"),
  })
  .map(({ elastic, ...job }) => ({ ...job, minWorkers: elastic ? 1 : job.workers }));

const specNow = (job: JobSpec, { scaledTo, quota }: World): JobSpec => {
  if (job.minWorkers === job.workers) return job; // it is let in whole or not at all
  const wanted = scaledTo === null ? job.workers : Math.max(job.minWorkers, scaledTo);
  return { ...job, workers: Math.min(wanted, quota ?? Infinity) };
};

const observe = (job: JobSpec, world: World): Observed => ({
  spec: specNow(job, world),
  status: world.status,
  workers: world.workers.map(({ name, process }) => ({ ...name, process })),
  cancelRequested: world.cancelRequested,
  suspendRequested: world.suspendRequested,
  ...(world.quota === null && { queued: { reason: "Queued", message: "no quota" } }),
  checkpointStep: world.checkpointStep,
});

const isAlive = ({ process }: World["workers"][number]): boolean => process.state !== "exited";

/** Asks for the plan and carries it out until there is nothing to do but wait. */
function settle(job: JobSpec, world: World): void {
  for (let round = 0; !world.deleted; round++) {
    assert.ok(round < 10, "the plan settles");
    const actions = plan(observe(job, world), world.now);
    assert.deepEqual(plan(observe(job, world), world.now), actions, "the plan is deterministic");
    for (const action of actions) carryOut(action, job, world);
    checkWorkers(job, world);
    if (!actions.some(({ kind }) => kind !== "stop")) return;
  }
}

function carryOut(action: Action, job: JobSpec, world: World): void {
  if (action.kind === "set-status") {
    assert.ok(!isTerminal(world.status.phase), "an ended job stays as it ended");
    assert.ok(action.status.attempt >= world.status.attempt, "attempts only rise");
    world.status = action.status;
  } else if (action.kind === "start") {
    assert.notEqual(world.quota, null, "nothing starts that waits in a queue");
    const most = job.minWorkers < job.workers ? (world.quota ?? 0) : job.workers;
    assert.ok(action.worker.role !== "trainer" || action.worker.rank < most, "nor beyond its quota");
    const process: WorkerState = job.startsTogether ? { state: "starting", waitsFor: "admission" } : starting;
    world.workers.push({ name: action.worker, process, told: false });
  } else if (action.kind === "delete-job") {
    assert.ok(isTerminal(world.status.phase) && job.ttlMs !== null);
    world.deleted = true;
  } else {
    const key = JSON.stringify(action.worker);
    const found = world.workers.filter(({ name }) => JSON.stringify(name) === key);
    assert.equal(found.length, 1, "only what is there is touched");
    for (const worker of found) touch(action.kind, worker, world);
  }
}

function touch(kind: "stop" | "remove" | "admit", worker: World["workers"][number], world: World): void {
  if (kind === "stop") worker.told = true;
  else if (kind === "admit") worker.process = { state: "starting", waitsFor: "node" };
  else {
    assert.ok(!isAlive(worker), "only what has ended is removed");
    world.workers.splice(world.workers.indexOf(worker), 1);
  }
}

function checkWorkers(job: JobSpec, { workers: all, status, deleted }: World): void {
  const keys = all.map(({ name }) => JSON.stringify(name));
  assert.equal(new Set(keys).size, keys.length, "no worker is started twice");
  const alive = all.filter(isAlive);
  assert.ok(
    alive.every(({ name }) => name.attempt === status.attempt) || status.phase === "Stopping",
    "one attempt lives, so no rank lives twice",
  );
  const trainers = alive.filter(({ name }) => name.role === "trainer");
  const most = job.minWorkers < job.workers ? 4 : job.workers;
  assert.ok(trainers.length <= most && trainers.length <= Math.max(status.workers, most), "never more than wanted");
  assert.ok(trainers.every(({ name }) => name.rank < most));
  assert.ok(status.restarts <= job.maxRestarts, "never more restarts than allowed");
  if (isTerminal(status.phase)) assert.ok(deleted || alive.every(({ told }) => told || job.startsTogether));
}

function happen(story: Event, world: World): void {
  world.now += story.kind === "wait" ? story.ms : 1;
  if (story.kind === "checkpoint") world.checkpointStep += 10;
  if ("pick" in story) happenToWorker(story, world);
  else decide(story, world);
}

/** What people and the queue want; that gives out quota only once it has been given back. */
function decide(story: Event, world: World): void {
  if (story.kind === "cancel") world.cancelRequested = true;
  if (story.kind === "suspend") world.suspendRequested = !world.suspendRequested;
  if (story.kind === "scale") world.scaledTo = story.workers;
  if (story.kind === "evict") world.quota = null;
  if (story.kind === "admit" && world.quota === null && !world.workers.some(isAlive)) world.quota = story.workers;
}

function happenToWorker(story: Extract<Event, { pick: number }>, world: World): void {
  const alive = world.workers.filter(isAlive);
  if (alive.length === 0) return;
  const worker = alive[story.pick % alive.length];
  if (worker?.process.state === "starting") {
    const waitsFor = worker.process.waitsFor ?? "itself";
    if (story.kind === "place" && waitsFor === "node") worker.process = starting;
    if (story.kind === "ready" && waitsFor === "itself") worker.process = ready;
  }
  if (worker && story.kind === "exit") end(worker, world, story);
  if (worker?.told && story.kind === "obey") end(worker, world, { code: TERMINATED_EXIT_CODE });
}

interface End {
  readonly code: number | null;
  readonly disrupted?: boolean;
}

function end(worker: World["workers"][number], world: World, { code, disrupted = false }: End): void {
  const exit = { code, signal: code === null ? "SIGKILL" : null, at: world.now, message: "", disrupted };
  worker.process = { state: "exited", exit };
}

/** The rest of a story in which nothing more goes wrong: all are placed, become ready, obey, and finish. */
function finish(job: JobSpec, world: World): void {
  world.suspendRequested = false;
  world.quota ??= Infinity;
  settle(job, world);
  for (let round = 0; !world.deleted && (!isTerminal(world.status.phase) || world.workers.some(isAlive)); round++) {
    assert.ok(round < 100, `the job ends: ${world.status.phase}`);
    world.now += SURVIVOR_GRACE_MS;
    for (const worker of world.workers.filter(isAlive)) {
      if (worker.told) end(worker, world, { code: TERMINATED_EXIT_CODE });
      else if (worker.process.state === "starting") worker.process = ready;
      else if (worker.name.role === "trainer") end(worker, world, { code: 0 });
    }
    settle(job, world);
  }
}

describe("plan, over any story", () => {
  it("never starts a worker twice, never more than wanted, and always comes to an end", () => {
    fc.assert(
      fc.property(spec, fc.array(event, { maxLength: 60 }), (job, stories) => {
        const world = newWorld();
        settle(job, world);
        for (const story of stories) {
          happen(story, world);
          settle(job, world);
        }
        finish(job, world);
        const { phase, completionTime } = world.status;
        assert.ok(isTerminal(phase));
        assert.notEqual(completionTime, null);
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends Succeeded when nothing goes wrong, whatever the order in which workers get ready", () => {
    const orders = fc.array(fc.record({ kind: fc.constantFrom("place" as const, "ready" as const), pick }));
    fc.assert(
      fc.property(spec, orders, (job, stories) => {
        const world = newWorld();
        const patient = { ...job, activeDeadlineMs: null };
        settle(patient, world);
        for (const story of stories) {
          happen(story, world);
          settle(patient, world);
        }
        finish(patient, world);
        assert.equal(world.status.phase, "Succeeded");
        assert.equal(world.status.restarts, 0);
      }),
    );
  });

  it("says when to look again, so that time alone never goes unnoticed", () => {
    fc.assert(
      fc.property(spec, fc.array(event, { maxLength: 40 }), (job, stories) => {
        const world = newWorld();
        settle(job, world);
        for (const story of stories) {
          happen(story, world);
          settle(job, world);
          if (world.deleted) return;
          const before = plan(observe(job, world), world.now);
          const wake = wakeTime(observe(job, world), world.now) ?? world.now + 3_600_000;
          assert.deepEqual(plan(observe(job, world), Math.max(world.now, wake - 1)), before);
        }
      }),
      { numRuns: 500 },
    );
  });
});
