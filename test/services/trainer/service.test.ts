import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { loadConfig } from "#lib/config/language/load.ts";
import { serializeConfig } from "#lib/config/print/serialize.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/process/processes.ts";
import type { RunningProcess } from "#lib/host/process/processes.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { parseTermination } from "#lib/jobs/termination.ts";
import { readCheckpoint } from "#lib/store/checkpoint-folder.ts";
import type { StreamMetricsResponse__Output } from "#proto/petage/v1/StreamMetricsResponse.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

const READY_TIMEOUT_MS = 60_000;
const EPOCH_STEPS = 4;

/** A trainer of one rank, a real process beside a real data-loader. */
describe("the trainer service", function () {
  this.timeout(2 * READY_TIMEOUT_MS);
  let folder = "";
  let common: Record<string, string>;
  let loader: RunningProcess;
  let loaderAddress = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-trainer-"));
    const noValidation = { val_dataloader: null, val_cfg: null, val_evaluator: null };
    const project = await writeTinyProject(folder, { count: 40, maxEpochs: 1000, changes: noValidation });
    const config = loadConfig(project.config, { files: nodeConfigFiles });
    await writeFile(join(folder, "config.json"), serializeConfig({ name: "tiny", config }));
    common = { PETAGE_CONFIG: join(folder, "config.json"), TF_CPP_MIN_LOG_LEVEL: "3" };
    loader = startProcess({ name: "data-loader", entry: serviceEntry("data-loader"), environment: common });
    loaderAddress = String((await loader.ready({ timeoutMs: READY_TIMEOUT_MS }))["address"]);
  });
  after(async () => {
    await loader.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  interface Trainer extends AsyncDisposable {
    readonly process: RunningProcess;
    readonly client: Client<"TrainerService">;
  }

  async function launch(run: string, environment: Record<string, string> = {}): Promise<RunningProcess> {
    const runDir = join(folder, run);
    await mkdir(runDir, { recursive: true });
    const identity = { JOB_NAME: "tiny", JOB_UID: "u1", ATTEMPT: "0", RANK: "0", WORLD_SIZE: "1" };
    const places = { PETAGE_DATA_LOADER: loaderAddress, PETAGE_RUN_DIR: runDir, PETAGE_WORK_DIR: folder };
    return startProcess({
      name: "trainer-0",
      entry: serviceEntry("trainer"),
      environment: { ...common, ...identity, ...places, ...environment },
    });
  }

  async function start(run: string): Promise<Trainer> {
    const running = await launch(run);
    const { address } = await running.ready({ timeoutMs: READY_TIMEOUT_MS });
    const client = dial(String(address), "TrainerService");
    return {
      process: running,
      client,
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await running.stop(0);
      },
    };
  }

  it("tells its steps, saves between them when asked, and stops with the weights of its last step", async () => {
    await using trainer = await start("whole");
    const { client } = trainer;
    const events: StreamMetricsResponse__Output[] = [];
    const listening = (async () => {
      for await (const event of client.streamMetrics({})) events.push(event);
    })();
    const lastStep = (): number => events.findLast(({ step }) => step)?.step?.step ?? 0;
    await until("it trains", () => lastStep() >= 2, READY_TIMEOUT_MS);

    const status = await client.getStatus({});
    assert.equal(status.phase, "TRAINER_PHASE_TRAINING");
    const { jobUid, rank, worldSize, maxEpochs } = status;
    assert.deepEqual({ jobUid, rank, worldSize, maxEpochs }, { jobUid: "u1", rank: 0, worldSize: 1, maxEpochs: 1000 });

    const { checkpoint } = await client.saveCheckpoint({});
    const name = basename(checkpoint?.uri ?? "");
    assert.equal(name, `iter_${checkpoint?.step}`);
    const saved = await readCheckpoint(checkpoint?.uri ?? "", { withOptimizer: true });
    const { epoch, iteration, step } = saved.meta.progress;
    assert.equal(step, checkpoint?.step);
    assert.equal(epoch * EPOCH_STEPS + iteration, step);
    assert.ok(saved.optimizer.size > 0);
    const { lastCheckpoint } = await client.getStatus({}); // of an epoch that has ended meanwhile, perhaps
    assert.ok((lastCheckpoint?.step ?? 0) >= saved.meta.progress.step);

    const stopped = await client.stop({ saveCheckpoint: true });
    const { exitCode, lastLines } = await trainer.process.exited;
    await listening;
    assert.equal(exitCode, 4, "its work is not done");
    const said = `TrainerService.Stop ended training after step ${lastStep()} of 4000 [STOPPED]`;
    assert.ok(lastLines.at(-1)?.includes(said), lastLines.at(-1));
    assert.equal(stopped.checkpoint?.step, lastStep(), "the checkpoint is of the last step");
    checkSteps(events);
    const told = events.flatMap((event) => (event.checkpoint ? [event.checkpoint.uri] : []));
    for (const uri of [checkpoint?.uri, stopped.checkpoint?.uri]) assert.ok(uri && told.includes(uri), uri);
    const phases = events.flatMap(({ phase }) => phase ?? []);
    assert.equal(phases.at(-1), "TRAINER_PHASE_STOPPING");
  });

  it("leaves out steps for who asks for every fourth only, and stops without a checkpoint", async () => {
    await using trainer = await start("sparse");
    const steps: number[] = [];
    for await (const { step } of trainer.client.streamMetrics({ intervalSteps: 4 })) {
      if (step) steps.push(step.step);
      if (steps.length === 2) break;
    }
    assert.ok(steps.every((step) => step % 4 === 0));
    const { checkpoint } = await trainer.client.stop({});
    assert.equal(checkpoint ?? null, null);
    assert.equal((await trainer.process.exited).exitCode, 4);
  });

  it("saves what it has when it is told to end by SIGTERM, and says so by its exit code", async () => {
    await using trainer = await start("ended");
    await until(
      "it trains",
      async () => ((await trainer.client.getStatus({})).lastStep?.step ?? 0) >= 2,
      READY_TIMEOUT_MS,
    );
    const { exitCode, lastLines } = await trainer.process.stop();
    assert.equal(exitCode, 143);
    const said = lastLines.join("\n");
    const [, iteration] = /Saved iter_(\d+)/.exec(said) ?? [];
    const [, epoch] = /.*Saving checkpoint at (\d+) epochs/s.exec(said) ?? []; // it may end just as an epoch does
    const name = iteration === undefined ? `epoch_${epoch}` : `iter_${iteration}`;
    const { meta } = await readCheckpoint(join(folder, "ended", name), { withOptimizer: true });
    assert.equal(meta.progress.step, Number(iteration ?? Number(epoch) * EPOCH_STEPS));
  });

  describe("with a checkpoint of the last step", () => {
    let common1: Record<string, string>;
    before(async () => {
      const config = loadConfig(join(folder, "tiny.json"), {
        files: nodeConfigFiles,
        options: ["train_cfg.max_epochs=1"],
      });
      await writeFile(join(folder, "one.json"), serializeConfig({ name: "tiny", config }));
      common1 = { PETAGE_CONFIG: join(folder, "one.json"), PETAGE_WORK_DIR: join(folder, "one") };
      const first = await launch("one/first", common1);
      assert.equal((await first.exited).exitCode, 0);
    });

    it("ends well when the attempt before this one was lost after that step, and names the result", async () => {
      const report = join(folder, "last-words");
      const more = { PETAGE_RESUME_FROM: "run", ATTEMPT: "1", PETAGE_TERMINATION_LOG: report };
      const { exitCode, lastLines } = await (await launch("one/first", { ...common1, ...more })).exited;
      assert.equal(exitCode, 0, lastLines.join("\n"));
      const words = parseTermination(await readFile(report, "utf8"));
      assert.deepEqual([words?.step, basename(words?.result?.modelUri ?? "")], [EPOCH_STEPS, "epoch_1"]);
    });

    for (const wanted of ["auto", "one/first/epoch_1"]) {
      it(`refuses to go on from it (${wanted}) with another run: nothing is left to train`, async () => {
        const from = wanted === "auto" ? wanted : join(folder, wanted);
        const { exitCode, lastLines } = await (
          await launch("one/second", { ...common1, PETAGE_RESUME_FROM: from })
        ).exited;
        assert.equal(exitCode, 3);
        const said = /Nothing is left to train.*epoch_1.*1 epoch.*max_epochs is 1.*Raise it.*\[CONFIG_INVALID_VALUE\]/;
        assert.match(lastLines.at(-1) ?? "", said);
      });
    }
  });

  const bad: readonly { what: string; environment: Record<string, string>; exitCode: number; says: RegExp }[] = [
    {
      what: "a number of workers that is none",
      environment: { WORLD_SIZE: "x" },
      exitCode: 3,
      says: /WORLD_SIZE.*INVALID_ARGUMENT/,
    },
    {
      what: "two ranks without NATS",
      environment: { WORLD_SIZE: "2" },
      exitCode: 3,
      says: /NATS_URL is not set.*nats-server/,
    },
    {
      what: "a checkpoint that is not there",
      environment: { PETAGE_RESUME_FROM: "/nowhere/epoch_1" },
      exitCode: 3,
      says: /epoch_1 does not exist/,
    },
  ];
  for (const { what, environment, exitCode, says } of bad) {
    it(`ends with exit code ${exitCode} and one line when it is given ${what}`, async () => {
      await using trainer = await launch("bad", environment);
      const exit = await trainer.exited;
      assert.equal(exit.exitCode, exitCode);
      assert.match(exit.lastLines.at(-1) ?? "", says);
    });
  }
});

/** Every step came once and in order, with what was measured. */
function checkSteps(events: readonly StreamMetricsResponse__Output[]): void {
  const measured = events.flatMap((event) => event.step ?? []);
  const first = measured[0]?.step ?? 0;
  assert.deepEqual(
    measured.map(({ step }) => step),
    measured.map((_value, index) => first + index),
  );
  for (const { iterationsPerEpoch, loss, imagesPerSecond, learningRate } of measured) {
    assert.equal(iterationsPerEpoch, EPOCH_STEPS);
    assert.ok(loss > 0 && imagesPerSecond > 0 && learningRate > 0);
  }
}
