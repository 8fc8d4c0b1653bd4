import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ErrorCode } from "#lib/base/errors.ts";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { TrainingJobSpec } from "#proto/petage/v1/TrainingJobSpec.ts";
import { MachineJobs } from "#services/controller/local/jobs.ts";
import type { MachineJobsOptions } from "#services/controller/local/jobs.ts";
import { createControllerService } from "#services/controller/service.ts";
import { anyReach, logOf, startController, watchUntil } from "#test/support/controller.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

const SECRET = "hunter2";
/** What takes longer than this hangs. */
const ANSWER_MS = 10_000;
const JOB_TIMEOUT_MS = 60_000;

interface Service extends AsyncDisposable {
  readonly client: Client<"ControllerService">;
  readonly controller: MachineJobs;
}

describe("a controller that is given paths of others", function () {
  this.timeout(2 * JOB_TIMEOUT_MS);
  let folder = "";
  let config = "";
  let service: Service;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-hostile-"));
    config = (await writeTinyProject(folder, { count: 20, maxEpochs: 1000 })).config;
    service = await open();
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function open(options: Partial<MachineJobsOptions> = {}): Promise<Service> {
    const controller = new MachineJobs({
      natsUrl: undefined,
      root: folder,
      log: silentLog,
      reach: anyReach(false),
      ...options,
    });
    const services = [implement("ControllerService", createControllerService(controller))];
    const server = await serve({ port: 0, services, log: silentLog });
    const client = dial(server.address, "ControllerService");
    return {
      client,
      controller,
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await controller[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  async function refusal(spec: TrainingJobSpec, { client } = service): Promise<PetageError> {
    const options = { deadlineMs: ANSWER_MS };
    const answer = await client.createTrainingJob({ job: { spec } }, options).catch((thrown: unknown) => thrown);
    assert.ok(answer instanceof PetageError, "the job was accepted");
    return answer;
  }

  async function put(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  const workDirs: readonly { readonly what: string; readonly workDir: () => string; readonly says: RegExp }[] = [
    { what: "below /proc", workDir: () => "/proc/x/y", says: /Cannot make the folder .*\/proc\/x.*ENOENT/ },
    { what: "that is a file", workDir: () => config, says: /Cannot make the folder .*tiny\.json/ },
    { what: "below a file", workDir: () => join(config, "x", "y"), says: /Cannot make the folder .*ENOTDIR/ },
    { what: "of no bytes", workDir: () => "a\0b", says: /Cannot make the folder/ },
  ];
  for (const { what, workDir, says } of workDirs) {
    it(`refuses a work dir ${what}, and takes the next job`, async () => {
      const error = await refusal({ config: { path: config }, workDir: workDir() });
      assert.equal(error.code, "INVALID_ARGUMENT", error.message);
      assert.match(error.describe(), says);
      const next = { job: { spec: { config: { path: config }, workDir: "next" } }, validateOnly: true };
      assert.ok((await service.client.createTrainingJob(next, { deadlineMs: ANSWER_MS })).job);
      assert.deepEqual((await service.client.listTrainingJobs({})).jobs, []);
    });
  }

  const FILES: readonly {
    readonly name: string;
    readonly text: string;
    readonly code: ErrorCode;
    readonly line: number;
  }[] = [
    { name: "syntax.py", text: `\nroot:${SECRET}:0:0\n`, code: "CONFIG_SYNTAX", line: 2 },
    { name: "name.py", text: `PASSWORD = ${SECRET}\n`, code: "CONFIG_EVALUATION", line: 1 },
    { name: "class.py", text: `class ${SECRET}:\n    pass\n`, code: "CONFIG_UNSUPPORTED", line: 1 },
    { name: "text.yaml", text: `a: 1\n${SECRET}: [\n`, code: "CONFIG_SYNTAX", line: 3 },
    { name: "text.json", text: `{"a": ${SECRET}}\n`, code: "CONFIG_SYNTAX", line: 1 },
    { name: "base.py", text: `_base_ = './${SECRET}.py'\n`, code: "CONFIG_NOT_FOUND", line: 1 },
    { name: "chain.py", text: `_base_ = './syntax.py'\n`, code: "CONFIG_SYNTAX", line: 2 },
    { name: "key.py", text: `_base_ = 'tiny.json'\nmodel = dict(${SECRET}=1)\n`, code: "CONFIG_UNKNOWN_KEY", line: 2 },
    {
      name: "type.py",
      text: `_base_ = 'tiny.json'\nmodel = dict(type='${SECRET}')\n`,
      code: "CONFIG_UNKNOWN_TYPE",
      line: 2,
    },
    { name: "load.py", text: `_base_ = 'tiny.json'\nload_from = '${SECRET}.pth'\n`, code: "NOT_FOUND", line: 2 },
  ];
  for (const { name, text, code, line } of FILES) {
    it(`says where ${name} is wrong and quotes nothing of it, but to whom it belongs`, async () => {
      const path = await put(name, text);
      if (name === "chain.py") await put("syntax.py", FILES[0]?.text ?? "");
      const error = await refusal({ config: { path } });
      assert.deepEqual([error.code, error.position?.line], [code, line]);
      assert.ok(!JSON.stringify([error.describe(), error.position, error.hint]).includes(SECRET), error.describe());
      await using own = await open({ reach: anyReach(true) });
      const whole = await refusal({ config: { path } }, own);
      assert.deepEqual([whole.code, whole.position], [error.code, error.position]);
      assert.notEqual(whole.message, error.message);
    });
  }

  it("tells what is wrong in an override: that is the caller's own", async () => {
    const error = await refusal({ config: { path: config, cfgOptions: ["model.backbone.depth=19"] } });
    assert.match(error.describe(), /depth=19/);
  });

  it("gives a text no bases but those that come with petage", async () => {
    const secret = await put("secret.py", `token = '${SECRET}'\n`);
    const error = await refusal({ config: { text: `_base_ = '${secret}'\nwork_dir = _base_.token\n` } });
    assert.equal(error.code, "CONFIG_NOT_FOUND", error.describe());
    const text = `_base_ = './_base_/models/resnet18.py'\n`;
    assert.notEqual((await refusal({ config: { text } })).code, "CONFIG_NOT_FOUND");
  });

  const odd: readonly { readonly what: string; readonly path: () => Promise<string>; readonly code: ErrorCode }[] = [
    { what: "a pipe", path: () => pipe("pipe.py"), code: "CONFIG_NOT_FOUND" },
    { what: "a device", path: async () => "/dev/zero", code: "CONFIG_UNSUPPORTED" },
    { what: "a device by another name", path: () => device("zero.py"), code: "CONFIG_NOT_FOUND" },
    {
      what: "a folder",
      path: async () => (await mkdir(join(folder, "d.py")), join(folder, "d.py")),
      code: "CONFIG_NOT_FOUND",
    },
    { what: "a huge file", path: () => huge("huge.py"), code: "CONFIG_LIMIT" },
    { what: "no config at all", path: async () => "/etc/passwd", code: "CONFIG_UNSUPPORTED" },
    { what: "a huge file that is no config", path: () => huge("huge.bin"), code: "CONFIG_UNSUPPORTED" },
  ];
  for (const { what, path, code } of odd) {
    it(`refuses ${what} as a config at once`, async () => {
      assert.equal((await refusal({ config: { path: await path() } })).code, code);
    });
  }

  async function pipe(name: string): Promise<string> {
    execFileSync("mkfifo", [join(folder, name)]);
    return join(folder, name);
  }

  async function device(name: string): Promise<string> {
    await symlink("/dev/zero", join(folder, name));
    return join(folder, name);
  }

  async function huge(name: string): Promise<string> {
    const path = await put(name, "");
    await truncate(path, 8 * 2 ** 30);
    return path;
  }

  it("refuses a checkpoint whose manifest is a pipe at once, to resume it or to find it", async () => {
    await mkdir(join(folder, "odd/run/epoch_1"), { recursive: true });
    await pipe("odd/run/epoch_1/checkpoint.json");
    await writeFile(join(folder, "odd/run/epoch_1/optimizer.safetensors"), "");
    const resume = join(folder, "odd/run/epoch_1");
    assert.equal((await refusal({ config: { path: config }, checkpoint: { resume } })).code, "CHECKPOINT_INVALID");
    const found = { spec: { config: { path: config }, workDir: "odd", checkpoint: { resume: "Auto" } } };
    assert.ok(
      (await service.client.createTrainingJob({ job: found, validateOnly: true }, { deadlineMs: ANSWER_MS })).job,
    );
  });

  it("gives up a creation that takes too long, and leaves nothing of it", async () => {
    await using hasty = await open({ createTimeoutMs: 1 });
    const error = await refusal({ config: { path: config }, workDir: "slow" }, hasty);
    assert.equal(error.code, "DEADLINE_EXCEEDED");
    assert.match(error.describe(), /could not be created within 1 ms.*work_dir/);
    assert.deepEqual(hasty.controller.names(), []);
    await until("no run is left", async () => (await readdir(join(folder, "slow")).catch(() => [])).length === 0);
  });

  it("starts no more than its quota, however many come at once, and leaves nothing of the rest", async () => {
    await using small = await open({ quota: { jobs: 1, workers: 1 } });
    const spec = { config: { path: config }, workDir: "quota" };
    const errors = [await refusal({ ...spec, workers: 2 }, small)];
    const wishes = [1, 2, 3].map(() => small.client.createTrainingJob({ job: { spec } }));
    for (const answer of await Promise.allSettled(wishes)) {
      if (answer.status === "rejected") errors.push(PetageError.from(answer.reason));
    }
    assert.deepEqual(
      errors.map(({ message }) => message),
      [
        "0 workers run, 2 more are wanted, and the quota is 1",
        ...Array.from({ length: 2 }, () => "1 jobs run, and the quota is 1"),
      ],
    );
    assert.equal(small.controller.names().length, 1);
    assert.equal((await readdir(join(folder, "quota"))).length, 1);
  });

  it("gives each of several jobs that come at once a folder of its own", async () => {
    const spec = { config: { path: config }, workDir: "many" };
    const created = await Promise.all([1, 2, 3].map(() => service.client.createTrainingJob({ job: { spec } })));
    const folders = created.map(({ job }) => basename(job?.status?.workDir ?? ""));
    assert.equal(new Set(folders).size, 3);
    assert.deepEqual((await readdir(join(folder, "many"))).toSorted(), folders.toSorted());
    for (const { job } of created) await service.client.cancelTrainingJob({ name: job?.metadata?.name ?? "" });
  });

  const datasets: readonly { readonly what: string; readonly options: (file: string) => string[] }[] = [
    { what: "labels", options: (file) => [`train_dataloader.dataset.ann_file=${file}`] },
    {
      what: "names",
      options: (file) => [`train_dataloader.dataset.ann_file=${file}`, "train_dataloader.dataset.with_label=False"],
    },
    { what: "classes", options: (file) => [`train_dataloader.dataset.classes=${file}`] },
  ];
  for (const { what, options } of datasets) {
    it(`quotes nothing of a file that is no file of ${what}, neither in the job nor in its log`, async () => {
      const file = await put(`not-${what}.txt`, `root:${SECRET}:0:0\nroot:${SECRET}:0:0\n`);
      await using controller = await startController({ PETAGE_ROOT: folder });
      const spec = { config: { path: config, cfgOptions: options(file) }, workDir: "data" };
      const { job } = await controller.client.createTrainingJob({ job: { spec } });
      const name = job?.metadata?.name ?? "";
      const ended = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
      assert.equal(ended.status?.phase, "TRAINING_JOB_PHASE_FAILED");
      assert.match(ended.status.message, new RegExp(`not-${what}\\.txt:\\d:1: .*\\[DATASET_`));
      assert.ok(!JSON.stringify(ended).includes(SECRET), ended.status.message);
      assert.ok(!(await logOf(controller.client, name)).includes(SECRET));
    });
  }
});
