import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defined } from "#lib/base/assert.ts";
import { KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS } from "#lib/rpc/limits.ts";
import { readCheckpoint } from "#lib/store/checkpoint-folder.ts";
import { findResumable } from "#lib/store/find-resumable.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import { createJob, logOf, startController, watchUntil } from "#test/support/controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { descendants, SHOWS_PROCESSES, stillRunning } from "#test/support/process-tree.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import type { TinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

/** A job must have failed this long after one of its processes was killed. */
const FAILED_WITHIN_MS = 15_000;
/** Heartbeats end at once, the others wait 10 s for them, and then end the job as after a kill. */
const STOPPED_WITHIN_MS = 10_000 + FAILED_WITHIN_MS;
/** As the job of these tests has it, so that none waits for ten minutes. */
const NATS_OUTAGE_SECONDS = 10;
/** A service has no heartbeat: it is asked for a sign of life after 20 s, and has 20 s for the answer. */
const FROZEN_WITHIN_MS = KEEPALIVE_INTERVAL_MS + KEEPALIVE_TIMEOUT_MS + FAILED_WITHIN_MS;
const START_TIMEOUT_MS = 60_000;
/** More epochs than any test waits for. */
const ENDLESS = ["train_cfg.max_epochs=100000", "param_scheduler.0.T_max=100000"];

const stepOf = (job: TrainingJob__Output): number => job.status?.progress?.step ?? 0;

describe("a job that loses a process", function () {
  this.timeout(120_000);
  let folder = "";
  let project: TinyProject;
  let controller: TestController;
  before(async function () {
    if (!SHOWS_PROCESSES) this.skip();
    folder = await mkdtemp(join(tmpdir(), "petage-faults-"));
    project = await writeTinyProject(folder);
    controller = await startController();
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const request = (resume: string, cfgOptions: string[] = ENDLESS) => ({
    config: project.config,
    workDir: join(folder, "work"),
    resume,
    cfgOptions,
    natsOutageSeconds: NATS_OUTAGE_SECONDS,
  });

  async function find(worker: string): Promise<number> {
    const found = (await descendants(controller.pid)).filter(({ name }) => name === worker);
    assert.equal(found.length, 1, `${worker} runs once`);
    return found[0]?.pid ?? 0;
  }

  /** Starts or continues a job and waits until it has made a few steps. */
  async function running(resume: string, steps = 2): Promise<{ name: string; job: TrainingJob__Output }> {
    const name = await createJob(controller.client, request(resume));
    let first = Infinity;
    const wanted = (seen: TrainingJob__Output): boolean => {
      if (stepOf(seen) > 0) first = Math.min(first, stepOf(seen));
      return stepOf(seen) >= first + steps;
    };
    return { name, job: await watchUntil(controller.client, name, { wanted, timeoutMs: START_TIMEOUT_MS }) };
  }

  /** What a resumed job began with, by its own log. */
  async function resumedStep(name: string): Promise<number> {
    return Number(/trainer-0 \| .*Resumed from .*step=(\d+)/.exec(await logOf(controller.client, name))?.[1]);
  }

  interface Fault {
    readonly worker: string;
    readonly signal: "SIGKILL" | "SIGSTOP";
    readonly says: RegExp;
    readonly withinMs?: number;
  }
  const faults: readonly Fault[] = [
    { worker: "trainer-1", signal: "SIGKILL", says: /^trainer-1 was killed by SIGKILL/ },
    { worker: "trainer-0", signal: "SIGKILL", says: /^trainer-0 was killed by SIGKILL/ },
    { worker: "data-loader", signal: "SIGKILL", says: /^data-loader was killed by SIGKILL/ },
    { worker: "evaluator", signal: "SIGKILL", says: /^evaluator was killed by SIGKILL/ },
    { worker: "trainer-1", signal: "SIGSTOP", says: /[Rr]ank 1/ },
    { worker: "nats-server", signal: "SIGSTOP", says: /Lost NATS at nats:\S+: .* \d+\.\d s, the most that is waited/ },
    {
      worker: "data-loader",
      signal: "SIGSTOP",
      says: /DataLoaderService at \S+ failed: it (no longer answers|did not answer).* frozen/,
      withinMs: FROZEN_WITHIN_MS,
    },
  ];
  let lastStep = 0;
  let lostJobs = 0;
  async function losesProcess({ worker, signal, says, withinMs }: Fault): Promise<void> {
    const { name, job } = await running(lastStep === 0 ? "Never" : "Auto");
    if (lastStep > 0) assert.equal(await resumedStep(name), lastStep, "continues from where it was saved");
    const stepBefore = stepOf(job);
    process.kill(await find(worker), signal);
    const killedAt = performance.now();
    const limitMs = withinMs ?? (signal === "SIGSTOP" ? STOPPED_WITHIN_MS : FAILED_WITHIN_MS);
    const ended = await watchUntil(controller.client, name, { timeoutMs: limitMs + 5_000 });
    const tookMs = performance.now() - killedAt;
    const { phase, message = "" } = ended.status ?? {};
    assert.equal(phase, "TRAINING_JOB_PHASE_FAILED");
    assert.match(message, says);
    assert.match(message, /Continue with: petage train .*tiny\.json --nproc 2 --resume/);
    assert.ok(tookMs <= limitMs, `failed ${tookMs.toFixed(0)} ms after the kill`);
    assert.deepEqual(await descendants(controller.pid), [], "no process is left");
    const saved = await findResumable(join(folder, "work"));
    assert.ok(saved);
    assert.deepEqual(saved.skipped, []);
    lastStep = saved.checkpoint.meta.progress.step;
    assert.ok(lastStep >= stepBefore, `step ${lastStep} is saved, ${stepBefore} was done when ${worker} was lost`);
    lostJobs += 1;
  }
  for (const fault of faults) {
    const { worker, signal } = fault;
    it(`by ${signal} of ${worker} fails soon, names it, and goes on from its last step with --resume`, () =>
      losesProcess(fault));
  }

  describe("and goes on", () => {
    before("it has lost one", async () => {
      if (lostJobs === 0) await losesProcess(defined(faults[0], "a fault"));
    });

    it("ends Succeeded when it is resumed and nothing more happens", async () => {
      const { progress } = (await findResumable(join(folder, "work")))?.checkpoint.meta ?? assert.fail("no checkpoint");
      const options = [`train_cfg.max_epochs=${progress.epoch + 1}`, "param_scheduler.0.T_max=100000"];
      const name = await createJob(controller.client, request("Auto", options));
      const { status } = await watchUntil(controller.client, name, { timeoutMs: START_TIMEOUT_MS });
      assert.equal(status?.phase, "TRAINING_JOB_PHASE_SUCCEEDED", status?.message);
      assert.equal(await resumedStep(name), progress.step);
      const last = await findResumable(join(folder, "work"));
      assert.equal(last?.checkpoint.meta.progress.step, ((progress.epoch + 1) * project.steps) / 2);
    });

    it("has left no torn checkpoint behind", async () => {
      const runs = (await readdir(join(folder, "work"), { withFileTypes: true })).filter((entry) =>
        entry.isDirectory(),
      );
      assert.ok(runs.length >= lostJobs);
      for (const run of runs) {
        const checkpoints = (await readdir(join(folder, "work", run.name))).filter((name) =>
          /^(epoch|iter)_/.test(name),
        );
        for (const name of checkpoints) {
          await readCheckpoint(join(folder, "work", run.name, name), { withOptimizer: true });
        }
      }
    });
  });

  describe("with its controller", () => {
    it("leaves no process behind when the controller itself is killed", async () => {
      await running("Auto");
      const workers = await descendants(controller.pid);
      assert.equal(workers.length, 5);
      process.kill(controller.pid, "SIGKILL");
      await until(
        "all workers end",
        async () => (await stillRunning(workers.map(({ pid }) => pid))).length === 0,
        10_000,
      );
    });
  });
});

describe("petage train", function () {
  this.timeout(90_000);
  let folder = "";
  before(async function () {
    if (!SHOWS_PROCESSES) this.skip();
    folder = await mkdtemp(join(tmpdir(), "petage-interrupt-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const cli = fileURLToPath(new URL("../../cli/petage.mjs", import.meta.url));

  /** The command, training; `kill` is sent once it has made a step. */
  async function interrupted(
    kill: NodeJS.Signals,
  ): Promise<{ exit: readonly [number | null, string | null]; output: string }> {
    const { config } = await writeTinyProject(folder);
    const args = ["train", config, "--nproc", "2", "--work-dir", join(folder, kill), "--cfg-options", ...ENDLESS];
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    const exited = once(child, "exit") as Promise<[number | null, string | null]>;
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    try {
      await until("it trains", () => /Epoch\(train\)/.test(output), START_TIMEOUT_MS);
      const below = await descendants(child.pid ?? 0);
      assert.ok(below.some(({ name }) => name === "trainer-1"));
      child.kill(kill);
      const exit = await exited;
      await until("all it started ends", async () => (await stillRunning(below.map(({ pid }) => pid))).length === 0);
      return { exit, output };
    } finally {
      child.kill("SIGKILL");
    }
  }

  it("ends its job and all processes at Ctrl-C, with exit code 130", async () => {
    const { exit, output } = await interrupted("SIGINT");
    assert.deepEqual(exit, [130, null]);
    assert.match(output, /Cancelled/);
  });

  it("leaves no process behind when it is killed", async () => {
    assert.deepEqual((await interrupted("SIGKILL")).exit, [null, "SIGKILL"]);
  });
});
