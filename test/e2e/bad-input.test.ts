import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { complaint, petage } from "#test/support/cli.ts";
import { createJob, logOf, startController, watchUntil } from "#test/support/controller.ts";
import type { JobRequest, TestController } from "#test/support/controller.ts";
import { ROOT } from "#test/support/sources.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import type { TinyProject } from "#test/support/tiny-project.ts";
import { saveUntrained } from "#test/support/untrained.ts";
import { jpegClaiming } from "../lib/data/odd-images.ts";

const JOB_TIMEOUT_MS = 60_000;
/** Half the width of the tiny model. */
const OTHER_MODEL = ["model.backbone.base_channels=4", "model.head.in_channels=32"];
const PETAGE_CONFIG = join(ROOT, "configs/resnet/resnet101_8xb32_petage.py");

describe("bad input to training", function () {
  this.timeout(120_000);
  let folder = "";
  let project: TinyProject;
  let checkpoint = "";
  let controller: TestController;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-bad-input-"));
    project = await writeTinyProject(folder, { count: 50, maxEpochs: 1 });
    checkpoint = await saveUntrained(join(folder, "models"), project.value);
    controller = await startController({ PETAGE_QUOTE_FILES: "true" });
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const request = (changes: Partial<JobRequest> = {}): JobRequest => ({
    config: project.config,
    workDir: join(folder, "work"),
    workers: 1,
    ...changes,
  });

  async function writeConfig(name: string, lines: readonly string[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `${lines.join("\n")}\n`);
    return path;
  }

  /** What the controller answers to a job that it does not take. */
  async function refusal(changes: Partial<JobRequest>): Promise<PetageError> {
    try {
      await createJob(controller.client, request(changes));
    } catch (thrown) {
      assert.ok(thrown instanceof PetageError);
      return thrown;
    }
    return assert.fail("the job was accepted");
  }

  interface Refusal {
    readonly what: string;
    readonly changes: () => Partial<JobRequest> | Promise<Partial<JobRequest>>;
    readonly says: RegExp;
  }
  const refusals: readonly Refusal[] = [
    {
      what: "a config that is not there, naming the nearest",
      changes: () => ({ config: join(folder, "tinny.json") }),
      says: /^The config `.*tinny\.json` does not exist\. Did you mean `.*tiny\.json`\? \[CONFIG_NOT_FOUND\]$/,
    },
    {
      what: "an unknown type, naming file, line and the nearest",
      changes: async () => ({
        config: await writeConfig("type.py", ["_base_ = 'tiny.json'", "", "val_evaluator = dict(type='PetAgeMEA')"]),
      }),
      says: /type\.py:3:\d+: `val_evaluator` has type `PetAgeMEA`, but there is no such metric\. Did you mean `PetAgeMAE`\? Known: .*\[CONFIG_UNKNOWN_TYPE\]$/,
    },
    {
      what: "an unknown key, naming file, line and the nearest",
      changes: async () => ({
        config: await writeConfig("key.py", ["_base_ = 'tiny.json'", "model = dict(", "    backbone=dict(deph=18))"]),
      }),
      says: /key\.py:3:19: .*ResNet has no key `deph`\. Did you mean `depth`\?.*\[CONFIG_UNKNOWN_KEY\]$/,
    },
    {
      what: "a value that cannot be used, naming the option that set it",
      changes: () => ({ cfgOptions: ["optim_wrapper.optimizer.lr=fast"] }),
      says: /optim_wrapper\.optimizer\.lr=fast.*is 'fast', expected a number \[CONFIG_INVALID_VALUE\]$/,
    },
    {
      what: "a checkpoint to resume that is not there",
      changes: () => ({ resume: join(folder, "work/epoch_9") }),
      says: /^Checkpoint .*work\/epoch_9 does not exist .*\[NOT_FOUND\]$/,
    },
    {
      what: "weights of load_from that are not there, and where they were named",
      changes: async () => ({
        config: await writeConfig("load.py", ["_base_ = 'tiny.json'", "load_from = 'x.safetensors'"]),
      }),
      says: /load\.py:2:\d+: Weights .*x\.safetensors do not exist \[NOT_FOUND\]$/,
    },
    {
      what: "pretrained weights that are not there, and what else can be done",
      changes: () => ({ config: PETAGE_CONFIG }),
      says: /resnet101_8xb32_petage\.py:\d+:\d+: Weights .*539c63f8\.pth do not exist\. .*init_cfg=None \[NOT_FOUND\]$/,
    },
    {
      what: "a checkpoint of another model to resume",
      changes: () => ({ resume: checkpoint, cfgOptions: [...OTHER_MODEL, "train_cfg.max_epochs=2"] }),
      says: /is of another model: missing in it.*\. The config differs: model\..* was .* and is .*\[CHECKPOINT_MISMATCH\]$/,
    },
    {
      what: "a damaged checkpoint",
      changes: async () => ({ resume: await damaged(), cfgOptions: ["train_cfg.max_epochs=2"] }),
      says: /model\.safetensors is damaged: its SHA-256 .*\[CHECKPOINT_INVALID\]$/,
    },
  ];
  for (const { what, changes, says } of refusals) {
    it(`is refused before anything starts: ${what}`, async () => {
      const error = await refusal(await changes());
      assert.match(error.describe(), says);
      assert.equal(error.describe().split("\n").length, 1);
    });
  }

  it("is described through gRPC as it is at home", async () => {
    const config = await writeConfig("syntax.py", ["model = dict(", "    backbone=dict(depth=18", "x = 1"]);
    const there = await refusal({ config });
    assert.throws(() => loadConfig(config, { files: nodeConfigFiles, env: {} }), {
      code: there.code,
      message: there.message,
      hint: there.hint,
      position: there.position,
    });
    assert.ok(there.position);
  });

  /** Runs a job to its end; its message and log. */
  async function outcome(changes: Partial<JobRequest>): Promise<{ phase: string; message: string; log: string }> {
    const name = await createJob(controller.client, request(changes));
    const { status } = await watchUntil(controller.client, name, { timeoutMs: JOB_TIMEOUT_MS });
    const { phase = "", message = "" } = status ?? {};
    return { phase: phase.replace("TRAINING_JOB_PHASE_", ""), message, log: await logOf(controller.client, name) };
  }

  async function annotate(name: string, change: (lines: string[]) => string[]): Promise<string[]> {
    const lines = (await readFile(join(folder, "pets/meta/train.txt"), "utf8")).trimEnd().split("\n");
    await writeFile(join(folder, "pets/meta", name), `${change(lines).join("\n")}\n`);
    return [`train_dataloader.dataset.ann_file=meta/${name}`];
  }

  async function damaged(): Promise<string> {
    const copy = join(folder, "models/damaged");
    await cp(checkpoint, copy, { recursive: true });
    const file = join(copy, "model.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(file, bytes);
    return copy;
  }

  const failures: readonly Refusal[] = [
    {
      what: "an annotation that names a missing file",
      changes: async () => ({
        cfgOptions: await annotate("missing.txt", (lines) => [...lines.slice(0, 4), "pet-0000x.jpg\t3"]),
      }),
      says: /^data-loader ended .*missing\.txt:5:1: The image "pet-0000x\.jpg" is not in .*Did you mean `pet-0000\d\.jpg`.*\[DATASET_FILE_MISSING\]$/,
    },
    {
      what: "a label out of range",
      changes: async () => ({
        cfgOptions: await annotate("range.txt", (lines) => [`${lines[0]?.split("\t")[0]}\t192`]),
      }),
      says: /^data-loader ended .*range\.txt:1:1: The label 192 lies outside .*0 to 191.*\[DATASET_LABEL_OUT_OF_RANGE\]$/,
    },
  ];
  let failedJobs = 0;
  for (const { what, changes, says } of failures) {
    it(`ends the job with one line and no advice to resume: ${what}`, async () => {
      const { phase, message } = await outcome(await changes());
      failedJobs += 1;
      assert.equal(phase, "FAILED");
      assert.match(message, says);
    });
  }

  const images: readonly { readonly what: string; readonly bytes: () => Promise<Buffer>; readonly code: string }[] = [
    { what: "empty.jpg", bytes: async () => Buffer.alloc(0), code: "IMAGE_EMPTY" },
    { what: "letter.jpg", bytes: async () => Buffer.from("Dear Sir"), code: "IMAGE_FORMAT_UNSUPPORTED" },
    { what: "huge.jpg", bytes: () => jpegClaiming(20_000, 14_000), code: "IMAGE_TOO_LARGE" },
  ];

  it("trains on: bad images are replaced and named, weights that do not fit told, --resume finds nothing and says so", async () => {
    for (const { what, bytes } of images) await writeFile(join(folder, "pets/train", what), await bytes());
    const bad = images.map(({ what }) => `${what}\t7`);
    const cfgOptions = [...(await annotate("images.txt", (lines) => [...lines, ...bad])), ...OTHER_MODEL];
    cfgOptions.push(`load_from=${checkpoint}`);
    const { phase, message, log } = await outcome({ cfgOptions, resume: "Auto", workDir: join(folder, "fresh") });
    assert.equal(phase, "SUCCEEDED", message);
    for (const { what, code } of images) assert.match(log, new RegExp(`data-loader .* WARN .*${what}.*${code}`));
    assert.ok(controller.lines.some((line) => /WARN - There is nothing to resume below .*fresh/.test(line)));
    assert.match(log, /trainer-0 .* WARN - Loaded the weights of .* that fit; not these: .*; and \d+ more/);
  });

  it("ends a job of which more than a tenth of the images cannot be read", async () => {
    for (const { what, bytes } of images) await writeFile(join(folder, "pets/train", what), await bytes());
    const bad = images.map(({ what }) => `${what}\t7`);
    const { phase, message } = await outcome({
      cfgOptions: await annotate("spoilt.txt", (lines) => [...lines.slice(0, 15), ...bad]),
    });
    assert.equal(phase, "FAILED");
    assert.match(message, /\[TOO_MANY_BAD_SAMPLES\]/);
  });

  it("leaves the controller at work", async () => {
    const { jobs } = await controller.client.listTrainingJobs({});
    assert.ok(jobs.length >= failedJobs);
  });
});

describe("bad input to the command", function () {
  this.timeout(120_000);
  let folder = "";
  let project: TinyProject;
  let checkpoint = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-bad-command-"));
    project = await writeTinyProject(folder, { count: 30 });
    checkpoint = await saveUntrained(join(folder, "models"), project.value);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    server.unref(); // nothing waits for it where this fails
    const { port } = server.address() as AddressInfo;
    for (const [host, flags, env] of [
      ["127.0.0.1", [], {}],
      ["0.0.0.0", [], { PETAGE_HOST: "0.0.0.0" }],
      ["0.0.0.0", ["--host", "0.0.0.0"], {}],
    ] as const) {
      const result = await petage(["up", "--port", String(port), ...flags], { env });
      assert.equal(result.exitCode, 1);
      assert.match(complaint(result), /^petage: .*\[PORT_IN_USE\]$/);
      assert.ok(complaint(result).includes(`Cannot listen on ${host}:${port}: `));
    }
    server.close();
  });

  interface Case {
    readonly what: string;
    readonly args: () => string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly says: RegExp;
  }
  const cases: readonly Case[] = [
    {
      what: "a nats-server that is not there",
      args: () => ["train", project.config, "--nproc", "2", "--work-dir", join(folder, "work")],
      env: { PETAGE_NATS_SERVER: "/nowhere/nats-server" },
      says: /^Failed: nats-server .*PETAGE_NATS_SERVER names "\/nowhere\/nats-server", which is not a nats-server that runs here\..*/,
    },
    {
      what: "a checkpoint of another model to test",
      args: () => ["test", project.config, checkpoint, "--cfg-options", ...OTHER_MODEL],
      says: /^petage: .*epoch_1 is of another model: missing in it: .*size mismatch.*\[CHECKPOINT_MISMATCH\]$/,
    },
    {
      what: "a checkpoint that is not there to serve",
      args: () => ["predict", "x.jpg", "--checkpoint", join(folder, "models/epoch_2")],
      says: /^petage: Checkpoint .*epoch_2 does not exist .*\[NOT_FOUND\]$/,
    },
    {
      what: "no service at the address",
      args: () => ["predict", project.config, "--address", "127.0.0.1:1"],
      says: /^petage: .*InferenceService at 127\.0\.0\.1:1 .*ECONNREFUSED.*\[UNAVAILABLE\]$/,
    },
  ];
  for (const { what, args, env, says } of cases) {
    it(`is told in one line: ${what}`, async () => {
      const result = await petage(args(), { cwd: folder, ...(env && { env }) });
      assert.equal(result.exitCode, 1);
      assert.match(complaint(result), says);
    });
  }
});
