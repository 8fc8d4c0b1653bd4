import assert from "node:assert/strict";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { Store } from "#lib/k8s/store.ts";
import { ClusterJobs } from "#services/controller/kubernetes/jobs.ts";

describe("jobs of several namespaces", () => {
  it("bear the names by which they are found", () => {
    const jobs = new Store<TrainingJobObject>();
    for (const namespace of ["pets", "cats"]) {
      const metadata = { name: "a", namespace, uid: namespace, resourceVersion: "1" };
      jobs.set({ metadata, spec: { config: { name: "resnet18_petage_quickstart" } } });
    }
    const client = {} as KubeClient; // nothing is asked of the cluster
    const namespaces = ["pets", "cats"];
    const api = new ClusterJobs({ client, jobs, pods: new Store<Pod>(), namespaces, maxRestarts: 0 });
    const names = api.names();
    assert.deepEqual(names.toSorted(), ["a", "cats/a"]);
    for (const name of names) assert.equal(api.get(name)?.metadata?.name, name);
  });
});
