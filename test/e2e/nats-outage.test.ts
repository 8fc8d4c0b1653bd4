import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { findResumable } from "#lib/store/find-resumable.ts";
import type { TrainingJob__Output } from "#proto/petage/v1/TrainingJob.ts";
import { createJob, logOf, startController, watchUntil } from "#test/support/controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { freeze } from "#test/support/freeze.ts";
import { descendants, SHOWS_PROCESSES } from "#test/support/process-tree.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import type { TinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

/** How long NATS is away: longer than a peer may be silent. PETAGE_OUTAGE_SECONDS=180 is the long form. */
const OUTAGE_MS = Number(process.env["PETAGE_OUTAGE_SECONDS"] ?? 12) * 1000;
const JOB_TIMEOUT_MS = 120_000 + OUTAGE_MS;
const EPOCHS = 12;

describe("a job whose NATS goes away", function () {
  this.timeout(2 * JOB_TIMEOUT_MS);
  let folder = "";
  let project: TinyProject;
  let controller: TestController;
  let undisturbed: Checkpoint;
  before("train undisturbed", async function () {
    if (!SHOWS_PROCESSES) this.skip();
    folder = await mkdtemp(join(tmpdir(), "petage-nats-outage-"));
    project = await writeTinyProject(folder, { maxEpochs: EPOCHS });
    controller = await startController();
    undisturbed = await train("undisturbed", async () => {});
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  type Disturb = (name: string) => Promise<void>;

  /** Trains to the end, disturbed once it has made a few steps; what came of it. */
  async function train(place: string, disturb: Disturb): Promise<Checkpoint> {
    const workDir = join(folder, place);
    const name = await createJob(controller.client, { config: project.config, workDir });
    const wanted = ({ status }: TrainingJob__Output): boolean => (status?.progress?.step ?? 0) >= 5;
    await watchUntil(controller.client, name, { wanted, timeoutMs: JOB_TIMEOUT_MS });
    await disturb(name);
    const { status } = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
    assert.equal(status?.phase, "TRAINING_JOB_PHASE_SUCCEEDED", status?.message);
    assert.deepEqual([status.restarts, status.attempt], [0, 0]);
    return (await findResumable(workDir))?.checkpoint ?? assert.fail("no checkpoint");
  }

  function assertSame(trained: Checkpoint): void {
    assert.deepEqual(trained.weights, undisturbed.weights);
    assert.deepEqual(trained.optimizer, undisturbed.optimizer);
  }

  const broker = (): Promise<number> =>
    until("nats-server runs", async () => {
      return (await descendants(controller.pid)).find(({ name }) => name === "nats-server")?.pid;
    });

  it("gets it back when it is killed hard, is told so, and ends with the same bits", async () => {
    let log = "";
    const trained = await train("killed", async (name) => {
      for (let kill = 1; kill <= 2; kill++) {
        process.kill(await broker(), "SIGKILL");
        await until("it is started again", async () => {
          log = await logOf(controller.client, name);
          return log.match(/nats-server was killed by SIGKILL: it is started again on port \d+/g)?.length === kill;
        });
      }
    });
    assertSame(trained);
    assert.doesNotMatch(log, /AssertionError|^\s+at /m);
  });

  it(`waits for it for ${OUTAGE_MS / 1000} s, says so, and ends with the same bits`, async () => {
    const trained = await train("frozen", async (name) => {
      const pid = await broker();
      freeze(pid);
      try {
        const waits = ({ status }: TrainingJob__Output): boolean =>
          status?.message.startsWith("Waiting for NATS") ?? false;
        const { status } = await watchUntil(controller.client, name, { wanted: waits, timeoutMs: JOB_TIMEOUT_MS });
        const [, since, end] = /^Waiting for NATS since (\S+), gives up at (\S+)$/.exec(status?.message ?? "") ?? [];
        assert.equal(Date.parse(end ?? "") - Date.parse(since ?? ""), 600_000);
        const running = status?.conditions.find(({ type }) => type === "Running");
        assert.deepEqual([running?.status, running?.reason], ["True", "WaitingForNats"]);
        await until("it was away", () => Date.now() > Date.parse(since ?? "") + OUTAGE_MS, OUTAGE_MS + 10_000);
      } finally {
        process.kill(pid, "SIGCONT");
      }
    });
    assertSame(trained);
  });
});
