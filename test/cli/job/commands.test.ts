import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { PETAGE, complaint } from "#test/support/cli.ts";
import type { CommandResult } from "#test/support/cli.ts";
import { ROOT } from "#test/support/sources.ts";
import { until } from "#test/support/until.ts";
import { useJobsCluster } from "./jobs-cluster.ts";

const PLUGIN = join(PETAGE, "../kubectl-petage.mjs");
const SAMPLES = join(ROOT, "deploy/samples");

describe("petage job", function () {
  this.timeout(90_000);
  const here = useJobsCluster(1);
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "petage-job-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const run = (...args: readonly string[]): Promise<CommandResult> => here.run(...args, "-n", here.namespace);
  const names = async (): Promise<string[]> => {
    const { rows } = await here.jobs.list({ allNamespaces: false, whole: false });
    return rows.map(({ object }) => object.metadata.name);
  };
  /** Without blanks at the ends of lines, and without the seconds that pass between two calls. */
  const plain = (text: string): string => text.replaceAll(/ +$/gm, "").replaceAll(/ +\d+s\b/g, " AGE");
  async function made(): Promise<void> {
    await here.make("one");
    await here.make("another-one", { workers: 4 });
    await here.report("one", {
      phase: "Running",
      message: "Training on 2 workers",
      restarts: 1,
      workers: { desired: 2, created: 2, ready: 2, succeeded: 0, failed: 0, summary: "2/2" },
      progress: { epoch: 3, maxEpochs: 12, step: 50, maxSteps: 200, percent: 25, loss: 0.5, valMaeMonths: 11.25 },
      lastCheckpoint: { uri: "work_dirs/a/epoch_2", epoch: 2, step: 34, sha256: "ab" },
    });
  }

  for (const flags of [[], ["-o", "wide"], ["-o", "name"], ["-A"]]) {
    it(`list ${flags.join(" ")} prints what kubectl does`, async () => {
      await made();
      const place = flags.includes("-A") ? [] : ["-n", here.namespace];
      const { stdout, exitCode } = await here.run("list", ...flags, ...place);
      assert.equal(exitCode, 0);
      assert.equal(plain(stdout), plain(await here.cluster().kubectl(["get", "tj", ...flags, ...place])));
      assert.match(stdout, /another-one/);
    });
  }

  it("get -o yaml prints what kubectl does", async () => {
    await made();
    const { stdout } = await run("get", "one", "-o", "yaml");
    const [ours] = parseAllDocuments(stdout).map((document) => document.toJS() as unknown);
    assert.deepEqual(ours, await here.cluster().get("tj", "one", "-n", here.namespace));
  });

  it("get shows a page with the next command", async () => {
    await made();
    const { stdout } = await run("get", "one");
    assert.match(stdout, /^Phase +Running: Training on 2 workers$/m);
    assert.match(stdout, /^Progress +█{6}░{18} 25 %, epoch 3\/12, step 50\/200$/m);
    assert.match(stdout, /^Next: petage job logs one --follow --namespace test-\d+$/m);
  });

  it("list says that there is nothing, and where", async () => {
    const { stdout, stderr, exitCode } = await run("list");
    assert.deepEqual([stdout, stderr, exitCode], ["", `No resources found in namespace ${here.namespace}\n`, 0]);
  });

  it("get of what is not there ends with 1", async () => {
    const result = await run("get", "none");
    assert.equal(result.exitCode, 1);
    assert.match(complaint(result), /^petage: There is no job named "none" in namespace test-/);
  });

  it("submit makes a job from the name of a config and flags", async () => {
    const flags = ["--name", "a", "--workers", "2", "--gpus", "1", "--publish", "pet-age", "--work-dir", "here"];
    const more = [
      "--resume",
      "Never",
      "--queue",
      "pets",
      "--image",
      "petage:1",
      "--cfg-options",
      "train_cfg.max_epochs=2",
    ];
    const { stdout } = await run("submit", "resnet18_petage_quickstart", ...flags, ...more);
    assert.equal(stdout, "trainingjob.petage.dev/a created\n");
    const { spec } = await here.jobs.get("a");
    assert.deepEqual(
      [spec.workers, spec.gpu?.count, spec.publish?.modelName, spec.workDir, spec.checkpoint?.resume, spec.image],
      [2, 1, "pet-age", "here", "Never", "petage:1"],
    );
    assert.equal(spec.schedulingPolicy?.queue, "pets");
    assert.equal(spec.config.name, "resnet18_petage_quickstart");
    assert.deepEqual(spec.config.cfgOptions, ["train_cfg.max_epochs=2"]);
  });

  it("submit carries a config file and names the job after it", async () => {
    const file = join(folder, "My_Pets.py");
    const text = "_base_ = ['resnet/resnet18_petage_quickstart.py']\ntrain_cfg = dict(max_epochs=2)\n";
    await writeFile(file, text.replace("resnet/", join(ROOT, "configs/resnet/")));
    const { stdout } = await run("submit", file);
    const [, name = ""] = /^trainingjob\.petage\.dev\/(my-pets-[0-9a-f]{5}) created\n$/.exec(stdout) ?? [];
    const { spec } = await here.jobs.get(name);
    assert.equal(spec.config.fileName, "My_Pets.py");
    assert.match(spec.config.inline ?? "", /max_epochs=2/);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ["a config that is wrong", "train_cfg = dict(max_epoch=2)", /bad\.py:2:\d+: .*max_epoch.*\[CONFIG_/],
    ["a config that is no Python", "train_cfg = dict(", /bad\.py:\d+:\d+: .*\[CONFIG_SYNTAX\]/],
  ];
  for (const [what, line, message] of bad) {
    it(`submit tells at once of ${what}, and creates nothing`, async () => {
      const file = join(folder, "bad.py");
      await writeFile(file, `_base_ = ['${ROOT}/configs/resnet/resnet18_petage_quickstart.py']\n${line}\n`);
      const result = await run("submit", file);
      assert.equal(result.exitCode, 1);
      assert.match(complaint(result), message);
      assert.deepEqual(await names(), []);
    });
  }

  it("submit -f takes several documents, checks the config of each, and prints as kubectl", async () => {
    const { stdout } = await run("submit", "-f", join(SAMPLES, "elastic.yaml"));
    assert.equal(stdout, "configmap/elastic-config created\ntrainingjob.petage.dev/elastic created\n");
    assert.deepEqual(await names(), ["elastic"]);
  });

  it("submit --watch watches a job where its manifest puts it", async () => {
    const file = join(folder, "b.json");
    await writeFile(file, JSON.stringify(here.manifest("b")));
    const watching = here.run("submit", "-f", file, "-w");
    await until("b is there", async () => (await names()).includes("b"), 60_000);
    await here.report("b", { phase: "Succeeded" });
    const { stdout, stderr, exitCode } = await watching;
    assert.deepEqual([stdout, exitCode], ["trainingjob.petage.dev/b created\n", 0], stderr);
  });

  it("submit --dry-run client needs no cluster; what it prints, kubectl takes", async () => {
    const none = { KUBECONFIG: join(folder, "none") };
    const { petage } = await import("#test/support/cli.ts");
    const args = ["job", "submit", "resnet18_petage_quickstart", "--name", "a", "--dry-run", "client", "-o", "yaml"];
    const { stdout, exitCode } = await petage(args, { env: none });
    assert.equal(exitCode, 0);
    const taken = await here.cluster().kubectl(["create", "-n", here.namespace, "-f", "-"], { input: stdout });
    assert.equal(taken, "trainingjob.petage.dev/a created\n");
  });

  it("submit --dry-run server asks the API server and keeps nothing", async () => {
    const result = await run("submit", "resnet18_petage_quickstart", "--name", "a", "--dry-run", "server");
    assert.equal(result.stdout, "trainingjob.petage.dev/a created (server dry run)\n");
    assert.deepEqual(await names(), []);
  });

  for (const [phase, exitCode] of [
    ["Succeeded", 0],
    ["Failed", 1],
  ] as const) {
    it(`watch ends with ${exitCode} when the job has ${phase}`, async () => {
      await here.make("a");
      await here.report("a", { phase, message: "It is over" });
      const result = await run("watch", "a");
      assert.equal(result.exitCode, exitCode);
      assert.match(result.stderr, new RegExp(`^a +\\| ${phase}: It is over$`, "m"));
    });
  }

  it("cancel, suspend and resume say what they did", async () => {
    await here.make("a");
    const said: string[] = [];
    for (const action of ["suspend", "resume", "cancel"]) said.push((await run(action, "a")).stdout);
    const name = "trainingjob.petage.dev/a";
    assert.deepEqual(said, [`${name} suspended\n`, `${name} resumed\n`, `${name} cancelling\n`]);
  });

  it("logs says why there are none", async () => {
    await here.make("a");
    await here.report("a", { phase: "Scheduling", message: "4 GPUs are wanted, 1 is free" });
    const result = await run("logs", "a");
    assert.equal(result.exitCode, 1);
    assert.match(complaint(result), /Job a has written nothing .*\(Scheduling: 4 GPUs are wanted, 1 is free\)/);
  });

  it("runs as a plugin of kubectl, under that name", async () => {
    await here.make("a");
    await symlink(PLUGIN, join(folder, "kubectl-petage"));
    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const environment = { PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` };
      return await here.cluster().kubectl(["petage", ...args], { environment });
    };
    const listed = await kubectl("list", "-n", here.namespace, "-o", "name");
    assert.equal(listed, "trainingjob.petage.dev/a\n");
    assert.equal(await kubectl("-n", here.namespace, "list", "-o", "name"), listed);
    assert.equal(await kubectl("-n", here.namespace, "get", listed.trim(), "-o", "name"), listed);
    assert.match(
      await kubectl("get", "a", "-n", here.namespace),
      /^Next: kubectl petage watch a --namespace test-\d+$/m,
    );
    const help = await kubectl("list", "--help");
    assert.match(help, /^Usage: kubectl petage list /);
    assert.match(help, /^ {2}kubectl petage list -A -o wide$/m);
  });

  it("render prints objects that the API server takes, and writes nothing", async () => {
    const [before] = [here.cluster().auditLog().length];
    const { stdout } = await run("render", "-f", join(SAMPLES, "quickstart.yaml"));
    const writes = here
      .cluster()
      .auditLog()
      .slice(before)
      .filter(({ verb }) => !["get", "list", "watch"].includes(verb));
    assert.ok(
      writes.every(({ uri }) => uri.includes("dryRun=All")),
      JSON.stringify(writes),
    );
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      [
        "ConfigMap quickstart-00000000",
        "PodGroup quickstart-00000000-0",
        "Pod quickstart-0-data-loader",
        "Pod quickstart-0-evaluator",
        "Pod quickstart-0-0",
        "Pod quickstart-0-1",
      ],
    );
    await here.cluster().kubectl(["create", "serviceaccount", "petage-worker", "-n", here.namespace]);
    await here.cluster().kubectl(["create", "--dry-run=server", "--validate=strict", "-f", "-"], { input: stdout });
  });

  it("render gives a job's priority class to its group and to all its pods", async () => {
    const file = join(folder, "a.json");
    const schedulingPolicy = { priorityClassName: "low" };
    await writeFile(file, JSON.stringify(here.manifest("a", { workers: 2, schedulingPolicy })));
    const { stdout } = await run("render", "-f", file);
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject & { spec?: object });
    const scheduled = objects.filter(({ kind }) => kind !== "ConfigMap");
    assert.deepEqual(
      scheduled.map(({ kind, spec }) => [kind, (spec as typeof schedulingPolicy).priorityClassName]),
      ["PodGroup", "Pod", "Pod", "Pod", "Pod"].map((kind) => [kind, "low"]),
    );
    await here.cluster().kubectl(["create", "serviceaccount", "petage-worker", "-n", here.namespace]);
    await here.cluster().kubectl(["create", "priorityclass", "low", "--value=1000"]);
    await here.cluster().kubectl(["create", "--dry-run=server", "--validate=strict", "-f", "-"], { input: stdout });
  });

  it("render uses the uid of the job that is there, and the settings of its controller", async () => {
    await here.make("a");
    const env = Object.entries({
      PETAGE_WATCH_NAMESPACES: `other,${here.namespace}`,
      PETAGE_JOB_IMAGE: "petage:7",
      PETAGE_JOB_NATS_URL: "nats://there:4222",
    }).map(([name, value]) => ({ name, value }));
    const labels = { "app.kubernetes.io/part-of": "petage", "app.kubernetes.io/component": "controller" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "controller", image: "petage:7", env }] } };
    await here.cluster().apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "controller", namespace: here.namespace, labels },
      spec: { selector: { matchLabels: labels }, template },
    });
    const { metadata } = await here.jobs.get("a");
    const file = join(folder, "a.json");
    await writeFile(file, JSON.stringify(here.manifest("a")));
    const { stdout } = await run("render", "-f", file, "-o", "json");
    const { items } = JSON.parse(stdout) as { items: TrainingJobObject[] };
    assert.ok(items.every(({ metadata: { ownerReferences } }) => ownerReferences?.[0]?.uid === metadata.uid));
    assert.match(stdout, /"image": "petage:7"/);
    assert.match(stdout, /"nats:\/\/there:4222"/);
    await here.cluster().kubectl(["delete", "deployment", "controller", "-n", here.namespace]); // others have none
  });
});
