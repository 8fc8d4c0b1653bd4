import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { petage } from "#test/support/cli.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import { failure } from "../../lib/k8s/proxied-cluster.ts";
import { GrpcJobs } from "../../../cli/jobs/grpc-jobs.ts";
import type { JobManifest, Manifest } from "../../../cli/jobs/job-api.ts";
import { startService } from "../../../cli/service.ts";
import type { RunningService } from "../../../cli/service.ts";

const DEADLINE_MS = 120_000;

describe("GrpcJobs, with a controller on this machine", function () {
  this.timeout(DEADLINE_MS);
  let folder = "";
  let controller: RunningService;
  let jobs: GrpcJobs;
  let config: Manifest;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-grpc-jobs-"));
    const changes = { val_dataloader: null, val_cfg: null, val_evaluator: null };
    const project = await writeTinyProject(folder, { count: 20, maxEpochs: 1, changes });
    const data = { [basename(project.config)]: await readFile(project.config, "utf8") };
    config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "tiny" }, data };
    controller = await startService({
      name: "controller",
      environment: { PETAGE_ROOT: folder, PETAGE_LOG_LEVEL: "error", NATS_URL: "" },
    });
    jobs = new GrpcJobs(controller.address);
  });
  after(async () => {
    await jobs?.[Symbol.asyncDispose]();
    await controller?.process.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  function manifest(name: string, spec: Partial<JobManifest["spec"]> = {}): JobManifest {
    return {
      apiVersion: "petage.dev/v1alpha1",
      kind: "TrainingJob",
      metadata: { name },
      spec: { workers: 1, config: { configMapRef: { name: "tiny", key: "tiny.json" } }, workDir: "work", ...spec },
    };
  }

  async function submit(manifests: readonly Manifest[], dryRun = false): Promise<string[]> {
    const names: string[] = [];
    for await (const { kind, metadata } of jobs.submit(manifests, { dryRun })) names.push(`${kind} ${metadata.name}`);
    return names;
  }

  const run = (...args: readonly string[]) => petage(["job", ...args, "--controller", controller.address]);

  it("takes a dry run for one", async () => {
    assert.deepEqual(await submit([config, manifest("dry")], true), ["TrainingJob dry"]);
    assert.deepEqual((await jobs.list()).rows, []);
  });

  it("runs a job whose config is a ConfigMap of the manifest, and shows it to its end", async () => {
    assert.deepEqual(await submit([config, manifest("a")]), ["TrainingJob a"]);
    const watched = await run("watch", "a");
    assert.equal(watched.exitCode, 0, watched.stderr);
    assert.match(watched.stderr, /^a +\| Succeeded/m);
    const listed = await run("list");
    assert.match(listed.stdout, /^NAME +PHASE +READY +RESTARTS +EPOCH +AGE\na +Succeeded +/);
    const shown = await run("get", "a");
    assert.match(shown.stdout, /^Progress +█{24} 100 %, epoch 1\/1, step 2\/2/m);
    assert.match(shown.stdout, /^Model +.*work\//m);
    const logs = await run("logs", "a", "--rank", "0", "--tail", "3");
    assert.equal(logs.stdout.trim().split("\n").length, 3);
    assert.match((await run("logs", "a")).stdout, /^data-loader \| /m);
  });

  const needs: readonly (readonly [string, readonly string[]])[] = [
    ["suspend", ["suspend", "a"]],
    ["resume", ["resume", "a"]],
    ["render", ["render", "resnet18_petage_quickstart"]],
    ["logs --attempt", ["logs", "a", "--attempt", "0"]],
  ];
  for (const [what, args] of needs) {
    it(`says that ${what} needs Kubernetes`, async () => {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 1);
      assert.match(stderr, /^petage: .* needs Kubernetes\. Leave out --controller/);
    });
  }

  it("says what it leaves out", async () => {
    const { stderr, stdout } = await run("submit", "-f", "deploy/samples/quickstart.yaml", "--dry-run", "server");
    assert.match(stderr, /Left out, .*: spec\.dataset, spec\.publish/);
    assert.equal(stdout, "trainingjob.petage.dev/quickstart created (server dry run)\n");
  });

  it("knows no ConfigMaps but those of the manifest", async () => {
    assert.match((await failure(submit([manifest("b")]))).message, /b names a ConfigMap that is not in the manifest/);
  });

  it("says that there is no controller", async () => {
    await using none = new GrpcJobs("127.0.0.1:1");
    assert.equal((await failure(none.list())).code, "UNAVAILABLE");
  });

  describe("a job that goes on", () => {
    before("submit it", async () => {
      const configMapRef = { name: "tiny", key: "tiny.json" };
      const cfgOptions = ["train_cfg.max_epochs=10000"];
      await submit([config, manifest("long", { config: { configMapRef, cfgOptions } })]);
    });

    it("is cancelled", async () => {
      const end = new AbortController();
      for await (const _ of jobs.watch("long", end.signal)) end.abort(); // a quiet end, as with a cluster
      const { stdout, exitCode } = await run("cancel", "long", "--wait");
      const name = "trainingjob.petage.dev/long";
      assert.deepEqual([stdout, exitCode], [`${name} cancelling\n${name} cancelled\n`, 0]);
      assert.equal((await failure(jobs.cancel("long"))).code, "FAILED_PRECONDITION");
    });

    it("is the nearest when there is none of a name", async () => {
      const { message, hint } = await failure(jobs.get("lng"));
      assert.equal(message, `There is no job named "lng" at the controller ${controller.address}`);
      assert.equal(hint, "Did you mean `long`?");
    });
  });
});
