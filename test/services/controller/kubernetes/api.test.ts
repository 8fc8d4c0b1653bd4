import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { Client } from "#lib/rpc/contract.ts";
import type { CreateTrainingJobRequest } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { WatchTrainingJobResponse__Output } from "#proto/petage/v1/WatchTrainingJobResponse.ts";
import { assertRefused, REFUSALS } from "#test/services/controller/refusals.ts";
import type { Wish } from "#test/services/controller/refusals.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import { PodStage } from "#test/support/stage-pods.ts";

const WATCH_TIMEOUT_MS = 30_000;
const CONFIG = "resnet18_petage_quickstart";

describe("the controller service in a cluster", function () {
  this.timeout(2 * WATCH_TIMEOUT_MS);
  const cluster = useCluster(1);
  const end = new AbortController();
  let jobs: JobCluster;
  let credentials: Credentials;
  let controller: TestController;
  let client: Client<"ControllerService">;

  before("a controller, and pods that succeed unless they are to wait", async () => {
    const { kubeconfig } = cluster();
    jobs = await JobCluster.prepare(kubeconfig, "api");
    credentials = Credentials.load(kubeconfig);
    const stage = new PodStage(new KubeClient(credentials), ({ role, rank }) =>
      role === "trainer" && rank < 2 ? 0 : undefined,
    );
    void stage.run(end.signal);
    controller = await jobs.startController();
    ({ client } = controller);
  });
  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    end.abort();
    credentials?.[Symbol.dispose]();
    jobs?.[Symbol.dispose]();
  });

  /** Three workers: of them one never ends. */
  const ENDLESS = 3;

  interface JobWish extends Wish, Omit<CreateTrainingJobRequest, "job"> {}

  async function create({ name = "", workers = 1, cfgOptions = [], ...rest }: JobWish = {}) {
    const spec = { workers, config: { name: CONFIG, cfgOptions } };
    return (await client.createTrainingJob({ job: { metadata: { name }, spec }, ...rest })).job;
  }

  async function watch(name: string, afterSequence = 0): Promise<WatchTrainingJobResponse__Output[]> {
    const events: WatchTrainingJobResponse__Output[] = [];
    const options = { signal: AbortSignal.timeout(WATCH_TIMEOUT_MS) };
    for await (const event of client.watchTrainingJob({ name, afterSequence }, options)) events.push(event);
    return events;
  }

  async function all(): Promise<(string | undefined)[]> {
    return (await client.listTrainingJobs({})).jobs.map(({ metadata }) => metadata?.name);
  }

  it("validate_only answers with the job as it would be, and creates nothing", async () => {
    const job = await create({ name: "maybe", validateOnly: true, workers: 3 });
    assert.deepEqual([job?.metadata?.name, job?.spec?.workers], ["maybe", 3]);
    assert.deepEqual(await all(), []);
    await assert.rejects(jobs.get("maybe"), { code: "NOT_FOUND" });
  });

  for (const { what, wish, code, says } of REFUSALS) {
    it(`refuses a job with ${what}, before anything is created`, async () => {
      await assertRefused(create(wish), code, says);
      assert.deepEqual(await all(), []);
    });
  }

  it("refuses a config that a cluster cannot read, or that is none", async () => {
    const of = async (config: object) => await client.createTrainingJob({ job: { spec: { workers: 1, config } } });
    await assertRefused(client.createTrainingJob({}), "INVALID_ARGUMENT", /no job\.spec/);
    await assertRefused(of({ path: "/home/me/mine.py" }), "INVALID_ARGUMENT", /a path is a file of one machine/);
    await assertRefused(of({ name: "resnet18_petage_quikstart" }), "CONFIG_NOT_FOUND", /resnet18_petage_quickstart/);
    const text = "_base_ = ['./resnet/resnet18_petage_quickstart.py']\n\nmodel = dict(\n    backbone=dict(depht=18))\n";
    await assert.rejects(of({ text }), (error) => {
      assert.ok(error instanceof PetageError);
      assert.equal(error.code, "CONFIG_UNKNOWN_KEY");
      assert.equal(error.position?.line, 4);
      assert.match(error.hint ?? "", /depth/);
      return true;
    });
  });

  it("creates one job of requests with one request_id, also when they come at once", async () => {
    const wish = { requestId: "7e57", workers: ENDLESS };
    const answers = await Promise.all([create(wish), create(wish), create(wish)]);
    const later = await create(wish);
    assert.equal(new Set([...answers, later].map((job) => job?.metadata?.uid)).size, 1);
    assert.deepEqual(await all(), [later?.metadata?.name]);
  });

  it("gives a name to one job only, also when two ask at once", async () => {
    const wish = { name: "twin", workers: ENDLESS };
    const answers = await Promise.allSettled([create(wish), create(wish)]);
    const refused = answers.filter((answer) => answer.status === "rejected");
    assert.equal(refused.length, 1);
    assert.equal(PetageError.from(refused[0]?.reason).code, "ALREADY_EXISTS");
  });

  it("knows a job by its name, and names one that is meant by another", async () => {
    assert.equal((await client.getTrainingJob({ name: "twin" })).job?.metadata?.name, "twin");
    await assertRefused(client.getTrainingJob({ name: "twins" }), "NOT_FOUND", /twin\b/);
    for (const call of [watch, (name: string) => client.cancelTrainingJob({ name })]) {
      await assert.rejects(call("nobody"), { code: "NOT_FOUND" });
    }
  });

  it("tells every change of a job once and in order, and ends the watch with it", async () => {
    await create({ name: "whole", workers: 2 });
    const events = await watch("whole");
    const sequences = events.map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      [...new Set(sequences)].toSorted((a, b) => a - b),
    );
    const phases = events.map(({ job }) => job?.status?.phase?.replace("TRAINING_JOB_PHASE_", ""));
    assert.deepEqual([phases.at(0) === "SUCCEEDED", phases.at(-1)], [false, "SUCCEEDED"]);
    assert.equal(events.at(-1)?.job?.status?.workers?.succeeded, 2);
    assert.deepEqual((await watch("whole", sequences.at(-2))).length, 1, "only what came after");
    assert.deepEqual(await watch("whole", sequences.at(-1)), [], "nothing has come after, and nothing will");
  });

  it("cancels a job, which is then Cancelled and cannot be cancelled again", async () => {
    await client.cancelTrainingJob({ name: "twin" });
    const last = (await watch("twin")).at(-1)?.job?.status;
    assert.equal(last?.phase, "TRAINING_JOB_PHASE_CANCELLED");
    await assert.rejects(client.cancelTrainingJob({ name: "twin" }), { code: "FAILED_PRECONDITION" });
  });

  it("lists the jobs page by page, the newest first, also those that kubectl made", async () => {
    await jobs.apply("by-hand");
    await jobs.isIn("by-hand", "Succeeded");
    const names = await all();
    assert.equal(names.length, 4);
    assert.ok(names.includes("by-hand"));
    const one = await client.listTrainingJobs({ pageSize: 3 });
    const two = await client.listTrainingJobs({ pageSize: 3, pageToken: one.nextPageToken });
    assert.deepEqual(
      [...one.jobs, ...two.jobs].map(({ metadata }) => metadata?.name),
      names,
    );
    for (const request of [{ pageToken: "x" }, { pageSize: -1 }]) {
      await assert.rejects(client.listTrainingJobs(request), { code: "INVALID_ARGUMENT" });
    }
  });
});
