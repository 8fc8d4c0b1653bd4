import assert from "node:assert/strict";
import { systemClock } from "#lib/system/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { ALL_NAMESPACES } from "#lib/k8s/objects.ts";
import { Store } from "#lib/k8s/store.ts";
import { ClusterJobs } from "#services/controller/kubernetes/jobs.ts";
import { petage } from "#test/support/cli.ts";
import { useCluster } from "#test/support/cluster.ts";
import { fake, JobCluster } from "#test/support/cluster-controller.ts";
import { Replica } from "#test/support/controller-replica.ts";

const HOUR_MS = 3_600_000;

describe("jobs of several namespaces", () => {
  function apiOf(namespaces: readonly string[]): ClusterJobs {
    const jobs = new Store<TrainingJobObject>();
    for (const namespace of ["pets", "cats"]) {
      const metadata = { name: "a", namespace, uid: namespace, resourceVersion: "1" };
      jobs.set({ metadata, spec: { config: { name: "resnet18_petage_quickstart" } } });
    }
    const client = {} as KubeClient; // nothing is asked of the cluster
    return new ClusterJobs({ client, jobs, pods: new Store<Pod>(), namespaces, home: "pets", maxRestarts: 0 });
  }

  for (const namespaces of [["pets", "cats"], [ALL_NAMESPACES]]) {
    it(`bear the names by which they are found, where ${namespaces.join(" and ") || "all"} are watched`, () => {
      const api = apiOf(namespaces);
      const names = api.names();
      assert.deepEqual(names.toSorted(), ["a", "cats/a"]);
      for (const name of names) assert.equal(api.get(name)?.metadata?.name, name);
      assert.equal(api.get("cats/b"), undefined);
    });
  }

  it("that are not watched are told so to who asks for one by name", () => {
    const api = apiOf(["pets", "cats"]);
    assert.throws(
      () => api.get("dogs/a"),
      (error) =>
        error instanceof PetageError &&
        error.code === "FAILED_PRECONDITION" &&
        error.message === "Namespace dogs is not watched (watched: pets, cats)" &&
        /controller\.watchNamespaces/.test(error.hint ?? ""),
    );
  });
});

describe("the namespaces of a cluster", function () {
  this.timeout(120_000);
  const cluster = useCluster(2);

  it("are all watched where that is said, also those to come", async () => {
    const { kubeconfig } = cluster();
    await cluster().addFakeNodes(1);
    using home = await JobCluster.prepare(kubeconfig, "everywhere");
    using before = await JobCluster.prepare(kubeconfig, "before");
    const ending = { workers: 2, ...fake({ "complete-after": "1ms" }) };
    for (const jobs of [home, before]) await jobs.apply("job", ending);
    const options = { kubeconfig, namespace: "everywhere", watched: [ALL_NAMESPACES], lease: "only" };
    await using _ = await Replica.start(options);
    using later = await JobCluster.prepare(kubeconfig, "later");
    await later.apply("job", ending);
    for (const jobs of [home, before, later]) await jobs.isIn("job", "Succeeded");
  });

  it("that nobody watches are told so by an event, and by `petage job get`, but not where somebody runs the job", async () => {
    const { kubeconfig } = cluster();
    using home = await JobCluster.prepare(kubeconfig, "watched");
    using other = await JobCluster.prepare(kubeconfig, "unwatched");
    await other.apply("lost");
    await other.apply("managed", { managedBy: "kueue.x-k8s.io/multikueue" });
    const late = { ...systemClock, date: () => new Date(Date.now() + HOUR_MS) };
    await using _ = await Replica.start({
      kubeconfig,
      namespace: "watched",
      lease: "only",
      readJobs: true,
      clock: late,
    });
    const event = "Warning NamespaceNotWatched";
    await other.hasEvent("lost", event);
    const { stdout } = await petage(["job", "get", "lost", "--namespace", "unwatched", "--kubeconfig", kubeconfig]);
    assert.match(stdout, /Pending: Namespace unwatched is not watched \(watched: watched\)\. Add it to the chart's/);
    await home.apply("seen", fake({ "complete-after": "1ms" }));
    await home.isIn("seen", "Succeeded");
    assert.deepEqual(await other.told("managed"), []);
    assert.ok(!(await home.told("seen")).includes(event));
    assert.deepEqual(await other.told("lost"), [event], "once");
  });
});
