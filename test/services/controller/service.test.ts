import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import type { CreateTrainingJobRequest } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { WatchTrainingJobResponse__Output } from "#proto/petage/v1/WatchTrainingJobResponse.ts";
import { MachineJobs } from "#services/controller/local/jobs.ts";
import { createControllerService } from "#services/controller/service.ts";
import { assertRefused, REFUSALS } from "./refusals.ts";
import { anyReach } from "#test/support/controller.ts";
import { wordsOfShell } from "#test/support/shell.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { asWorkerOf } from "#test/support/job-access.ts";
import { until } from "#test/support/until.ts";

const JOB_TIMEOUT_MS = 60_000;

describe("the controller service", function () {
  this.timeout(2 * JOB_TIMEOUT_MS);
  let folder = "";
  let config = "";
  let controller: MachineJobs;
  let server: RunningServer;
  let client: Client<"ControllerService">;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-controller-"));
    const noValidation = { val_dataloader: null, val_cfg: null, val_evaluator: null };
    config = (await writeTinyProject(folder, { count: 20, maxEpochs: 1, changes: noValidation })).config;
    controller = new MachineJobs({ natsUrl: undefined, root: folder, log: silentLog, reach: anyReach(true) });
    const services = [implement("ControllerService", createControllerService(controller))];
    server = await serve({ port: 0, services, log: silentLog });
    client = dial(server.address, "ControllerService");
  });
  after(async () => {
    await client[Symbol.asyncDispose]();
    await controller[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  interface Wish extends Omit<CreateTrainingJobRequest, "job"> {
    readonly name?: string;
    readonly path?: string;
    readonly workers?: number;
    readonly cfgOptions?: string[];
  }

  function create({ name = "", path = config, workers = 1, cfgOptions = [], ...rest }: Wish = {}) {
    return client.createTrainingJob({
      job: { metadata: { name }, spec: { workers, config: { path, cfgOptions }, workDir: "work" } },
      ...rest,
    });
  }

  async function cancelled(name: string): Promise<void> {
    await client.cancelTrainingJob({ name });
    await watch(name);
  }

  async function watch(name: string, afterSequence = 0): Promise<WatchTrainingJobResponse__Output[]> {
    const events: WatchTrainingJobResponse__Output[] = [];
    const options = { signal: AbortSignal.timeout(JOB_TIMEOUT_MS) };
    for await (const event of client.watchTrainingJob({ name, afterSequence }, options)) events.push(event);
    return events;
  }

  async function logs(request: {
    name: string;
    worker?: string;
    tailLines?: number;
    follow?: boolean;
  }): Promise<string[]> {
    const lines: string[] = [];
    const options = { signal: AbortSignal.timeout(JOB_TIMEOUT_MS) };
    for await (const { worker, line } of client.streamLogs(request, options)) lines.push(`${worker} | ${line}`);
    return lines;
  }

  it("validate_only answers with the job as it would be, and starts and writes nothing", async () => {
    const { job } = await create({ name: "maybe", validateOnly: true, workers: 3 });
    assert.equal(job?.metadata?.name, "maybe");
    assert.equal(job.spec?.workers, 3);
    assert.deepEqual((await client.listTrainingJobs({})).jobs, []);
    assert.equal(existsSync(join(folder, "work")), false);
  });

  const bad: readonly { what: string; wish: () => Promise<unknown>; code: ErrorCode; says: RegExp }[] = [
    { what: "no spec", wish: () => client.createTrainingJob({}), code: "INVALID_ARGUMENT", says: /no job\.spec/ },
    {
      what: "no config",
      wish: () => client.createTrainingJob({ job: { spec: { workers: 1 } } }),
      code: "INVALID_ARGUMENT",
      says: /names no config.*path.*name.*text/,
    },
    {
      what: "a config that does not exist",
      wish: () => create({ path: join(folder, "absent.py") }),
      code: "CONFIG_NOT_FOUND",
      says: /absent\.py/,
    },
    {
      what: "half of what validation needs",
      wish: () => create({ cfgOptions: ["val_cfg=dict()"] }),
      code: "CONFIG_INVALID_VALUE",
      says: /no val_dataloader/,
    },
    {
      what: "a wish to hold it back",
      wish: () =>
        client.createTrainingJob({
          job: { spec: { workers: 1, config: { path: config }, runPolicy: { suspend: true } } },
        }),
      code: "INVALID_ARGUMENT",
      says: /suspend is true, and only a cluster/,
    },
    ...REFUSALS.map(({ wish, ...refusal }) => ({ ...refusal, wish: () => create(wish) })),
  ];
  for (const { what, wish, code, says } of bad) {
    it(`refuses a job with ${what}, before anything is started`, async () => {
      await assertRefused(wish(), code, says);
      assert.deepEqual((await client.listTrainingJobs({})).jobs, []);
    });
  }

  it("tells file and line of what is wrong in a config", async () => {
    const path = join(folder, "wrong.py");
    await writeFile(path, `_base_ = ['./tiny.json']\n\nmodel = dict(\n    backbone=dict(depht=18))\n`);
    await assert.rejects(create({ path }), (error) => {
      assert.ok(error instanceof PetageError);
      assert.equal(error.code, "CONFIG_UNKNOWN_KEY");
      assert.deepEqual([basename(error.position?.file ?? ""), error.position?.line], ["wrong.py", 4]);
      assert.match(error.hint ?? "", /depth/);
      return true;
    });
  });

  it("makes a name of any config's", async () => {
    const path = join(folder, "_ResNet18 (2).json");
    await writeFile(path, await readFile(config));
    const { job } = await create({ path, validateOnly: true });
    assert.match(job?.metadata?.name ?? "", /^resnet18-2-[0-9a-f]{5}$/);
  });

  it("creates one job of requests with one request_id, also when they come at once", async () => {
    const wish = { requestId: "7e57", cfgOptions: ["train_cfg.max_epochs=1000"] };
    const answers = await Promise.all([create(wish), create(wish), create(wish)]);
    const later = await create(wish);
    const uids = [...answers, later].map(({ job }) => job?.metadata?.uid);
    assert.equal(new Set(uids).size, 1);
    assert.equal((await client.listTrainingJobs({})).jobs.length, 1);
    await cancelled(later.job?.metadata?.name ?? "");
  });

  it("forgets a request that was refused, so that it may be mended and sent again", async () => {
    await assert.rejects(create({ requestId: "again", workers: -1 }), { code: "INVALID_ARGUMENT" });
    const { job } = await create({ requestId: "again", validateOnly: true });
    assert.ok(job);
  });

  it("gives a name to one job only, also when two ask at once", async () => {
    const wish = { name: "twin", cfgOptions: ["train_cfg.max_epochs=1000"] };
    const answers = await Promise.allSettled([create(wish), create(wish)]);
    const refused = answers.filter((answer) => answer.status === "rejected");
    assert.equal(refused.length, 1);
    assert.equal(PetageError.from(refused[0]?.reason).code, "ALREADY_EXISTS");
    await cancelled("twin");
  });

  it("knows a job by its name, and names one that is meant by another", async () => {
    assert.equal((await client.getTrainingJob({ name: "twin" })).job?.metadata?.name, "twin");
    await assert.rejects(
      client.getTrainingJob({ name: "twins" }),
      (error) => error instanceof PetageError && error.code === "NOT_FOUND" && /twin\b/.test(error.hint ?? ""),
    );
    for (const call of [
      watch,
      (name: string) => logs({ name }),
      (name: string) => client.cancelTrainingJob({ name }),
    ]) {
      await assert.rejects(call("nobody"), { code: "NOT_FOUND" });
    }
  });

  it("runs a job, tells every change of it once and in order, and ends the watch with it", async () => {
    const { job } = await create({ name: "whole" });
    assert.equal(job?.status?.phase, "TRAINING_JOB_PHASE_STARTING");
    const [events, followed] = await Promise.all([watch("whole"), logs({ name: "whole", follow: true })]);
    const sequences = events.map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      [...new Set(sequences)].toSorted((a, b) => a - b),
    );
    const phases = events.map(({ job: seen }) => seen?.status?.phase?.replace("TRAINING_JOB_PHASE_", ""));
    assert.deepEqual([...new Set(phases)], ["STARTING", "RUNNING", "SUCCEEDED"]);
    const last = events.at(-1)?.job?.status;
    assert.deepEqual([last?.progress?.step, last?.progress?.maxSteps, last?.progress?.percent], [2, 2, 100]);
    assert.match(last?.lastCheckpoint?.uri ?? "", /epoch_1$/);
    assert.equal(last?.workers?.succeeded, 1);
    assert.deepEqual((await watch("whole", sequences.at(-2))).length, 1, "only what came after");
    assert.deepEqual(await watch("whole", sequences.at(-1)), [], "nothing has come after, and nothing will");

    const kept = await logs({ name: "whole" });
    assert.deepEqual(followed, kept, "who follows sees what is kept");
    assert.ok(kept.some((line) => /^trainer-0 \| .*Epoch\(train\) \[1\]\[2\/2\]/.test(line)));
    assert.ok(kept.some((line) => line.startsWith("data-loader | ")));
    assert.deepEqual(await logs({ name: "whole", tailLines: 2 }), kept.slice(-2));
    const trainer = kept.filter((line) => line.startsWith("trainer-0"));
    assert.deepEqual(await logs({ name: "whole", worker: "trainer-0" }), trainer);
    assert.deepEqual(await logs({ name: "whole", worker: "trainer-0", tailLines: 1 }), trainer.slice(-1));
    assert.deepEqual(await logs({ name: "whole", tailLines: 0 }), []);
    const files = await readdir(last?.workDir ?? "");
    for (const file of ["config.json", "tiny.py", "epoch_1", "scalars.json"]) assert.ok(files.includes(file), file);
  });

  it("refuses to go on where nothing is left to train, before anything is started", async () => {
    const before = (await client.listTrainingJobs({})).jobs.length;
    const whole = (await client.getTrainingJob({ name: "whole" })).job?.status;
    const ways = [
      { resume: "Auto", workDir: "work" },
      { resume: whole?.lastCheckpoint?.uri ?? "", workDir: "elsewhere" },
    ];
    for (const { resume, workDir } of ways) {
      const spec = { config: { path: config }, workDir, checkpoint: { resume } };
      await assertRefused(
        client.createTrainingJob({ job: { spec } }),
        "CONFIG_INVALID_VALUE",
        /Nothing is left to train/,
      );
      const longer = { ...spec, config: { path: config, cfgOptions: ["train_cfg.max_epochs=2"] } };
      assert.ok((await client.createTrainingJob({ job: { spec: longer }, validateOnly: true })).job);
    }
    assert.equal((await client.listTrainingJobs({})).jobs.length, before);
    assert.equal(existsSync(join(folder, "elsewhere")), false);
  });

  it("cancels a job, which is then Cancelled and cannot be cancelled again", async () => {
    const { job } = await create({ cfgOptions: ["train_cfg.max_epochs=1000"] });
    const name = job?.metadata?.name ?? "";
    await until("a process runs", async () => (await logs({ name })).length > 0, JOB_TIMEOUT_MS);
    await client.cancelTrainingJob({ name });
    await client.cancelTrainingJob({ name }).catch((error: unknown) => assert.ok(error instanceof PetageError)); // a retry
    const last = (await watch(name)).at(-1)?.job?.status;
    assert.equal(last?.phase, "TRAINING_JOB_PHASE_CANCELLED");
    await assert.rejects(client.cancelTrainingJob({ name }), { code: "FAILED_PRECONDITION" });
  });

  it("has a job that was stopped before its last step fail, and says how to go on", async () => {
    const { job } = await create({ cfgOptions: ["train_cfg.max_epochs=1000"] });
    const name = job?.metadata?.name ?? "";
    const address = await until(
      "a trainer is ready",
      async () => /Ready address=(\S+)/.exec((await logs({ name, worker: "trainer-0" })).join("\n"))?.[1],
      JOB_TIMEOUT_MS,
    );
    await using stranger = dial(address, "TrainerService");
    for (const call of [stranger.stop({}), stranger.saveCheckpoint({})]) {
      await assert.rejects(call, { code: "PERMISSION_DENIED", message: /answers only .* its own job$/ });
    }
    await using trainer = dial(address, "TrainerService", await asWorkerOf(job?.metadata?.uid));
    await trainer.stop({ saveCheckpoint: true });
    const last = (await watch(name)).at(-1)?.job?.status;
    assert.equal(last?.phase, "TRAINING_JOB_PHASE_FAILED");
    assert.equal(last.result, null);
    assert.deepEqual([last.lastFailure?.exitCode, last.lastFailure?.reason], [4, "Stopped"]);
    const step = last.lastCheckpoint?.step;
    const [said = "", command = ""] = last.message.split("Continue with: ");
    assert.ok(said.includes(`TrainerService.Stop ended training after step ${step} of 2000 `), said);
    const words = ["train", config, "--nproc", "1", "--resume", "--work-dir", "work"];
    assert.deepEqual(await wordsOfShell(command), [...words, "--cfg-options", "train_cfg.max_epochs=1000"]);
  });

  it("lists the jobs page by page, the newest first", async () => {
    const all = (await client.listTrainingJobs({})).jobs.map(({ metadata }) => metadata?.name);
    assert.equal(all.length, 5);
    assert.deepEqual(all.slice(2, 4), ["whole", "twin"]);
    const first = await client.listTrainingJobs({ pageSize: 3 });
    const second = await client.listTrainingJobs({ pageSize: 3, pageToken: first.nextPageToken });
    assert.deepEqual(
      [...first.jobs, ...second.jobs].map(({ metadata }) => metadata?.name),
      all,
    );
    assert.equal(second.nextPageToken, "");
    for (const request of [{ pageToken: "x" }, { pageSize: -1 }]) {
      await assert.rejects(client.listTrainingJobs(request), { code: "INVALID_ARGUMENT" });
    }
  });

  it("ends the processes of its jobs when it ends", async () => {
    const other = new MachineJobs({ natsUrl: undefined, root: folder, log: silentLog, reach: anyReach(true) });
    await using own = await serve({
      port: 0,
      services: [implement("ControllerService", createControllerService(other))],
      log: silentLog,
    });
    await using caller = dial(own.address, "ControllerService");
    await caller.createTrainingJob({ job: { metadata: { name: "left" }, spec: { config: { path: config } } } });
    await other[Symbol.asyncDispose]();
    const { job } = await caller.getTrainingJob({ name: "left" });
    assert.equal(job?.status?.workers?.ready, 0);
  });
});
