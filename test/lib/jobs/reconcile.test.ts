import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { JobSpec, JobStatus, Observed, ObservedWorker, WorkerName, WorkerState } from "#lib/jobs/job-state.ts";
import { POLL_INTERVAL_MS, reconcile, writeDelayMs } from "#lib/jobs/reconcile.ts";
import type { Launcher, Pass } from "#lib/jobs/reconcile.ts";
import { exited, gated, homeless, NOW, POD_SPEC, ready, starting } from "#test/support/observed-job.ts";

/** A place where a worker is what the test says, and everything done there is noted. */
class NotedPlace implements Launcher<Pass> {
  readonly notes: string[] = [];
  readonly writeIntervalMs = 1_000;
  spec: JobSpec = POD_SPEC;
  workers: ObservedWorker[] = [];
  fits: boolean | undefined;
  change: number | null = null;
  /** What starting a worker throws. */
  refusal: PetageError | undefined;
  clock = NOW;
  written: JobStatus = INITIAL_STATUS;
  /** What a worker is as soon as it is started. */
  begins: WorkerState | undefined = starting;

  observe({ status, track }: Pass): Observed {
    const { spec, workers, fits } = this;
    const checkpointStep = track.facts.lastCheckpoint?.step ?? 0;
    const asked = { cancelRequested: false, suspendRequested: false };
    return { spec, status, workers, checkpointStep, ...asked, ...(fits !== undefined && { fits }) };
  }
  kept(): JobStatus {
    return this.written;
  }
  async write({ status }: Pass): Promise<void> {
    this.written = status;
    this.notes.push(`write ${status.phase} ${status.attempt}`);
  }
  async begin({ status }: Pass): Promise<void> {
    this.notes.push(`begin ${status.attempt}`);
  }
  async start(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    this.notes.push(`start ${workers.length}`);
    if (this.refusal) throw this.refusal;
    const process = this.begins;
    if (process) this.workers.push(...workers.map((worker) => ({ ...worker, process })));
  }
  async admit(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    this.notes.push(`admit ${workers.length}`);
  }
  async stop(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    this.notes.push(`stop ${workers.length}`);
  }
  async remove(_pass: Pass, workers: readonly WorkerName[]): Promise<void> {
    this.notes.push(`remove ${workers.length}`);
  }
  async deleteJob(): Promise<void> {
    this.notes.push("delete job");
  }
  refused(status: JobStatus, { message }: PetageError): JobStatus | undefined {
    return { ...status, reason: "Refused", message };
  }
  nextChange(): number | null {
    return this.change;
  }
  now(): number {
    return this.clock;
  }

  /** Passes over its job, which remembers what `written` says. */
  async pass(track: Pass["track"] = newTrack()): Promise<number | undefined> {
    this.notes.length = 0;
    return await reconcile({ name: "job", track, status: this.written }, this);
  }
  become(state: WorkerState): void {
    this.workers = this.workers.map((worker) => ({ ...worker, process: state }));
  }
}

function newTrack(): Pass["track"] {
  return { facts: {}, attempt: undefined, unwrittenSince: undefined };
}

describe("reconcile()", () => {
  it("starts what is missing, writes that it did, and looks again when it has taken too long", async () => {
    const place = new NotedPlace();
    assert.equal(await place.pass(), (POD_SPEC.startTimeoutMs ?? 0) + 1);
    assert.deepEqual(place.notes, ["start 3", "write Starting 0"]);
  });

  it("writes what nobody waits for a while later, with what is new by then", async () => {
    const place = new NotedPlace();
    await place.pass();
    const track = newTrack();
    place.become(homeless);
    assert.equal(await place.pass(track), place.writeIntervalMs);
    assert.deepEqual(place.notes, []);
    place.clock += place.writeIntervalMs;
    await place.pass(track);
    assert.deepEqual(place.notes, ["write Scheduling 0"]);
  });

  it("takes a job from its first pass to its last", async () => {
    const place = new NotedPlace();
    place.begins = ready;
    await place.pass();
    assert.deepEqual(place.notes, ["start 3", "write Running 0"]);
    place.become(exited({ code: 0 }));
    await place.pass();
    assert.deepEqual(place.notes, ["write Succeeded 0"]);
    await place.pass();
    assert.deepEqual(place.notes, []);
  });

  it("writes a new attempt down before it begins it, and counts the steps that are lost with the old one", async () => {
    const place = new NotedPlace();
    place.begins = ready;
    await place.pass();
    place.become(exited({ code: 1 }));
    const track = newTrack();
    track.facts = { progress: { step: 10 } };
    await place.pass(track);
    assert.deepEqual(place.notes, ["write Restarting 1", "begin 1", "start 3", "write Running 1"]);
    assert.deepEqual(track, { facts: { progress: { step: 0, lostSteps: 10 } }, attempt: 1, unwrittenSince: undefined });
  });

  it("writes down why workers end before it stops them", async () => {
    const place = new NotedPlace();
    place.begins = ready;
    await place.pass();
    place.spec = { ...POD_SPEC, activeDeadlineMs: 0 };
    place.clock += 1;
    await place.pass();
    assert.deepEqual(place.notes, ["write Stopping 0", "stop 2"]);
  });

  const delays: readonly (readonly [string, Partial<NotedPlace>, number | undefined])[] = [
    ["polls where there is no room, which others make", { begins: gated, fits: false }, POLL_INTERVAL_MS],
    ["passes again when time alone changes what is seen", { begins: starting, change: NOW + 300 }, 300],
  ];
  for (const [what, place, expected] of delays) {
    it(what, async () => assert.equal(await Object.assign(new NotedPlace(), place).pass(), expected));
  }

  it("gives up a plan that does not settle", async () => {
    const place = Object.assign(new NotedPlace(), { begins: undefined });
    await assert.rejects(place.pass(), { code: "INTERNAL", message: "The plan of job job does not settle" });
  });

  it("says in the status what could not be executed, and throws it, so that it is tried again", async () => {
    const place = new NotedPlace();
    place.refusal = new PetageError("RESOURCE_EXHAUSTED", "no room");
    await assert.rejects(place.pass(), { code: "RESOURCE_EXHAUSTED" });
    assert.deepEqual([place.written.reason, place.written.message], ["Refused", "no room"]);
    place.refusal = undefined;
    await place.pass();
    assert.deepEqual(place.notes, ["start 3", "write Starting 0"]);
  });
});

describe("writeDelayMs()", () => {
  const kept = { phase: "Starting", created: false } as const;
  const cases: readonly (readonly [string, Partial<JobStatus>, number | undefined, number])[] = [
    ["waits with what is new", { phase: "Starting" }, undefined, 1_000],
    ["waits with a phase that only passes", { phase: "Scheduling" }, undefined, 1_000],
    ["waits from the first of several changes on", { phase: "Starting" }, NOW - 400, 600],
    ["waits no longer than that", { phase: "Starting" }, NOW - 5_000, 0],
    ["waits with no phase that people wait for", { phase: "Running" }, undefined, 0],
    ["waits not with that all workers were created", { phase: "Starting", created: true }, undefined, 0],
  ];
  for (const [what, status, unwrittenSince, expected] of cases) {
    it(what, () => {
      const pass = { status: { ...INITIAL_STATUS, ...status }, track: { ...newTrack(), unwrittenSince } };
      assert.equal(writeDelayMs(pass, kept, { now: NOW, writeIntervalMs: 1_000 }), expected);
    });
  }
});
