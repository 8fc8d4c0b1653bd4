import assert from "node:assert/strict";
import fc from "fast-check";
import { INITIAL_STATUS, isTerminal, plan, SURVIVOR_GRACE_MS, TERMINATED_EXIT_CODE } from "#lib/train/plan.ts";
import type { Action, JobSpec, JobStatus, Observed, WorkerName, WorkerState } from "#lib/train/plan.ts";

const NOW = 1_000_000;

const starting: WorkerState = { state: "starting" };
const ready: WorkerState = { state: "ready", address: "127.0.0.1:1" };

// A world in which processes start, serve and end as a random story has it.

interface World {
  status: JobStatus;
  readonly workers: { name: WorkerName; process: WorkerState; told: boolean }[];
  now: number;
  cancelRequested: boolean;
}

type Event =
  | { readonly kind: "ready" | "obey"; readonly pick: number }
  | { readonly kind: "exit"; readonly pick: number; readonly code: number | null }
  | { readonly kind: "cancel" }
  | { readonly kind: "wait"; readonly ms: number };

const pick = fc.nat(20);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("ready" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("obey" as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("exit" as const), pick, code: fc.constantFrom(0, 1, 3, 75, 143, null) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(10_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
);
const spec: fc.Arbitrary<JobSpec> = fc.record({
  name: fc.constant("job"),
  workers: fc.integer({ min: 1, max: 4 }),
  maxRestarts: fc.nat(3),
  ownNatsServer: fc.boolean(),
  evaluator: fc.boolean(),
  activeDeadlineMs: fc.option(fc.nat(20_000)),
  resumeCommand: fc.constantFrom("", "resume"),
});

const observe = (job: JobSpec, world: World): Observed => ({
  spec: job,
  status: world.status,
  workers: world.workers.map(({ name, process }) => ({ ...name, process })),
  cancelRequested: world.cancelRequested,
});

const isAlive = ({ process }: World["workers"][number]): boolean => process.state !== "exited";

/** Asks for the plan and carries it out until there is nothing to do but wait. */
function settle(job: JobSpec, world: World): void {
  for (let round = 0; ; round++) {
    assert.ok(round < 10, "the plan settles");
    const actions = plan(observe(job, world), world.now);
    assert.deepEqual(plan(observe(job, world), world.now), actions, "the plan is deterministic");
    for (const action of actions) carryOut(action, world);
    checkWorkers(job, world);
    if (!actions.some(({ kind }) => kind === "start" || kind === "set-status")) return;
  }
}

function carryOut(action: Action, world: World): void {
  if (action.kind === "set-status") {
    assert.ok(!isTerminal(world.status.phase), "an ended job stays as it ended");
    assert.ok(action.status.attempt >= world.status.attempt);
    world.status = action.status;
  } else if (action.kind === "start") {
    world.workers.push({ name: action.worker, process: starting, told: false });
  } else {
    const key = JSON.stringify(action.worker);
    const found = world.workers.filter(({ name }) => JSON.stringify(name) === key);
    assert.equal(found.length, 1, "only what is there is stopped");
    for (const worker of found) worker.told = true;
  }
}

function checkWorkers(job: JobSpec, { workers: all, status }: World): void {
  const keys = all.map(({ name }) => JSON.stringify(name));
  assert.equal(new Set(keys).size, keys.length, "no worker is started twice");
  const alive = all.filter(isAlive);
  assert.ok(
    alive.every(({ name }) => name.attempt === status.attempt) || status.phase === "Stopping",
    "one attempt lives",
  );
  const trainers = alive.filter(({ name }) => name.role === "trainer");
  assert.ok(trainers.length <= job.workers, "never more trainers than wanted");
  assert.ok(trainers.every(({ name }) => name.rank < job.workers));
  assert.ok(status.restarts <= job.maxRestarts, "never more restarts than allowed");
  if (isTerminal(status.phase)) assert.deepEqual(alive, [], "nothing lives after the end");
}

function happen(story: Event, world: World): void {
  const alive = world.workers.filter(isAlive);
  world.now += story.kind === "wait" ? story.ms : 1;
  if (story.kind === "cancel") world.cancelRequested = true;
  if (story.kind === "wait" || story.kind === "cancel" || alive.length === 0) return;
  const worker = alive[story.pick % alive.length];
  if (!worker) return;
  if (story.kind === "ready" && worker.process.state === "starting") worker.process = ready;
  if (story.kind === "exit") end(worker, world, story.code);
  if (story.kind === "obey" && worker.told) end(worker, world, TERMINATED_EXIT_CODE);
}

function end(worker: World["workers"][number], world: World, code: number | null): void {
  const exit = { code, signal: code === null ? "SIGKILL" : null, at: world.now, message: "" };
  worker.process = { state: "exited", exit };
}

/** The rest of a story in which nothing more goes wrong: all become ready, obey, and finish. */
function finish(job: JobSpec, world: World): void {
  for (let round = 0; !isTerminal(world.status.phase) || world.workers.some(isAlive); round++) {
    assert.ok(round < 100, `the job ends: ${world.status.phase}`);
    world.now += SURVIVOR_GRACE_MS;
    for (const worker of world.workers.filter(isAlive)) {
      if (worker.told) end(worker, world, TERMINATED_EXIT_CODE);
      else if (worker.process.state === "starting") worker.process = ready;
      else if (worker.name.role === "trainer") end(worker, world, 0);
    }
    settle(job, world);
  }
}

describe("plan, over any story", () => {
  it("never starts a worker twice, never more than wanted, and always comes to an end", () => {
    fc.assert(
      fc.property(spec, fc.array(event, { maxLength: 60 }), (job, stories) => {
        const world: World = { status: INITIAL_STATUS, workers: [], now: NOW, cancelRequested: false };
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
      { numRuns: 500 },
    );
  });

  it("ends Succeeded when nothing goes wrong, whatever the order in which workers get ready", () => {
    fc.assert(
      fc.property(spec, fc.array(fc.record({ kind: fc.constant("ready" as const), pick })), (job, stories) => {
        const world: World = { status: INITIAL_STATUS, workers: [], now: NOW, cancelRequested: false };
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
});
