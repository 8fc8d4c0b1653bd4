import assert from "node:assert/strict";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { readKubeconfig } from "#lib/k8s/kubeconfig.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { until } from "#test/support/until.ts";
import { failure } from "../../lib/k8s/proxied-cluster.ts";
import type { Manifest } from "../../../cli/jobs/job-api.ts";
import { KubeJobs } from "../../../cli/jobs/kube-jobs.ts";
import { useJobsCluster } from "./jobs-cluster.ts";

const DEADLINE_MS = 20_000;

describe("KubeJobs", function () {
  this.timeout(60_000);
  const here = useJobsCluster(1);

  async function submit(manifests: readonly Manifest[], dryRun = false): Promise<string[]> {
    const names: string[] = [];
    for await (const { kind, metadata } of here.jobs.submit(manifests, { dryRun }))
      names.push(`${kind} ${metadata.name}`);
    return names;
  }

  /** Watches a job; tells the phases seen so far, and what came of it. */
  function watching(name: string) {
    const phases: (string | undefined)[] = [];
    const over = (async () => {
      for await (const { status } of here.jobs.watch(name, AbortSignal.timeout(DEADLINE_MS)))
        phases.push(status?.phase);
    })();
    over.catch(() => {});
    return { phases, over };
  }

  /** As somebody who may do no more with jobs than this. */
  async function readerOf(verbs: readonly string[]): Promise<KubeJobs> {
    const metadata = { name: "reader", namespace: here.namespace };
    const group = "rbac.authorization.k8s.io";
    const [roleRef, user] = [
      { apiGroup: group, kind: "Role", name: "reader" },
      { apiGroup: group, kind: "User", name: "reader" },
    ];
    const rules = [{ apiGroups: ["petage.dev"], resources: ["trainingjobs"], verbs }];
    await here.cluster().apply({ apiVersion: `${group}/v1`, kind: "Role", metadata, rules });
    await here.cluster().apply({ apiVersion: `${group}/v1`, kind: "RoleBinding", metadata, roleRef, subjects: [user] });
    const config = readKubeconfig(here.cluster().kubeconfig);
    const users = config.users.map((admin) => ({ ...admin, impersonateUser: "reader" }));
    return new KubeJobs(new Credentials({ ...config, users }), here.namespace);
  }

  it("creates jobs and what they name, in order", async () => {
    const words = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "words" }, data: { "config.py": "a = 1" } };
    assert.deepEqual(await submit([words, here.manifest("a")]), ["ConfigMap words", "TrainingJob a"]);
    assert.equal(await here.jobs.configText({ name: "words", key: "config.py" }), "a = 1");
    assert.equal(await here.jobs.configText({ name: "words", key: "other" }), undefined);
    assert.equal(await here.jobs.configText({ name: "none", key: "other" }), undefined);
  });

  it("creates nothing in a dry run", async () => {
    assert.deepEqual(await submit([here.manifest("a")], true), ["TrainingJob a"]);
    assert.equal((await failure(here.jobs.get("a"))).code, "NOT_FOUND");
  });

  it("creates none of several when one is refused", async () => {
    const words = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "words" }, data: { "config.py": "a = 1" } };
    await failure(submit([words, here.manifest("a", { workers: 0 })]));
    assert.equal(await here.jobs.configText({ name: "words", key: "config.py" }), undefined);
  });

  const refused: readonly (readonly [string, Manifest, RegExp])[] = [
    [
      "a misspelt field",
      { ...job("a"), spec: { config: { name: "b" }, wrokers: 2 } } as Manifest,
      /unknown field "spec\.wrokers"/,
    ],
    [
      "a value out of bounds",
      { ...job("a"), spec: { config: { name: "b" }, workers: 0 } } as Manifest,
      /spec\.workers/,
    ],
  ];
  for (const [what, manifest, message] of refused) {
    it(`tells in the API server's words of ${what}, without the path of the call`, async () => {
      const error = await failure(submit([manifest]));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /POST|apis\//);
    });
  }

  it("names the nearest job when there is none of a name", async () => {
    await here.make("quickstart");
    const error = await failure(here.jobs.get("quikstart"));
    assert.equal(
      error.describe(),
      `There is no job named "quikstart" in namespace ${here.namespace}. Did you mean \`quickstart\`? [NOT_FOUND]`,
    );
  });

  for (const phase of ["Succeeded", "Failed", "Cancelled"]) {
    it(`watches a job until it is ${phase}`, async () => {
      await here.make("a");
      await here.make("b");
      await here.report("b", { phase: "Failed" });
      const { phases, over } = watching("a");
      await until("the first look", () => phases.length === 1, DEADLINE_MS);
      await here.report("a", { phase: "Running" });
      await until("it runs", () => phases.includes("Running"), DEADLINE_MS);
      await here.report("a", { phase });
      await over;
      assert.deepEqual(phases, [undefined, "Running", phase]);
    });
  }

  it("says that a job was deleted while it was watched, also when another one of its name is there", async () => {
    await here.make("a");
    const { phases, over } = watching("a");
    await until("the first look", () => phases.length === 1, DEADLINE_MS);
    await here.client.delete(TRAINING_JOBS, { namespace: here.namespace, name: "a" });
    await here.make("a");
    assert.match((await failure(over)).message, /Job a has been deleted/);
  });

  it("ends a watch that is forbidden, in the API server's words", async () => {
    await here.make("a");
    await using jobs = await readerOf(["get"]);
    const watched = jobs.watch("a", AbortSignal.timeout(DEADLINE_MS));
    const { code, message } = await failure(watched.next());
    assert.equal(code, "FAILED_PRECONDITION");
    assert.match(message, /^trainingjobs\.petage\.dev .*is forbidden: User "reader" cannot list/);
  });

  it("stops watching when it is told to", async () => {
    await here.make("a");
    const end = new AbortController();
    const seen: TrainingJobObject[] = [];
    for await (const found of here.jobs.watch("a", end.signal)) {
      seen.push(found);
      end.abort();
    }
    assert.equal(seen.length, 1);
  });

  it("suspends, resumes and cancels by the resource's own fields", async () => {
    await here.make("a");
    await here.jobs.suspend("a", true);
    assert.equal((await here.jobs.get("a")).spec.runPolicy?.suspend, true);
    await here.jobs.suspend("a", false);
    assert.equal((await here.jobs.get("a")).spec.runPolicy?.suspend, false);
    await here.jobs.cancel("a");
    assert.equal((await here.jobs.get("a")).spec.runPolicy?.cancel, true);
  });

  const actions = {
    cancel: () => here.jobs.cancel("a"),
    suspend: () => here.jobs.suspend("a", true),
    resume: () => here.jobs.suspend("a", false),
  };
  for (const [action, act] of Object.entries(actions)) {
    it(`refuses to ${action} what has ended`, async () => {
      await here.make("a");
      await here.report("a", { phase: "Succeeded" });
      const error = await failure(act());
      assert.equal(error.code, "FAILED_PRECONDITION");
      assert.match(error.message, /Job a has ended already: Succeeded/);
    });
  }

  it("lists what one answer cannot hold", async () => {
    const names = Array.from({ length: 501 }, (_, index) => `job-${String(index).padStart(3, "0")}`);
    await Promise.all(names.map((name) => here.make(name)));
    const { rows } = await here.jobs.list({ allNamespaces: false, whole: false });
    assert.deepEqual(
      rows.map(({ object }) => object.metadata.name),
      names,
    );
  });
});

function job(name: string): Manifest {
  return { apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", metadata: { name } };
}
