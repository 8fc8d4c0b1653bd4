import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { readStatus } from "#lib/jobs/status.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { readSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { Store } from "#lib/k8s/store.ts";
import { PodLauncher, UNRESOLVED } from "#services/controller/kubernetes/launcher.ts";
import { Tracks } from "#services/controller/kubernetes/tracks.ts";
import { controllerEnvironment } from "#test/support/cluster-controller.ts";

function job(uid: string, phase?: string): TrainingJobObject {
  const metadata = { name: "pets", namespace: "ns", uid, resourceVersion: uid };
  return { metadata, spec: { config: { name: "tiny" } }, ...(phase !== undefined && { status: { phase } }) };
}

describe("PodLauncher", () => {
  it("gives nothing of a job to another that was made anew under its name", () => {
    const [earlier, anew] = [job("1", "Running"), job("2")];
    const jobs = new Store<TrainingJobObject>();
    jobs.set(anew);
    const launcher = new PodLauncher({
      client: {} as KubeClient, // nothing is asked of the cluster
      jobs,
      pods: new Store<Pod>(),
      surroundings: undefined,
      settings: readSettings(controllerEnvironment("ns", "")),
      gangs: () => [],
      mayWrite() {},
      events: { tell() {} },
      onStatus() {},
      log: silentLog,
      now: () => 0,
    });
    const statusOf = (seen: TrainingJobObject): string => {
      const track = new Tracks(() => 0).of(seen, []);
      return launcher.kept({ name: "ns/pets", job: seen, track, status: readStatus(seen), resolved: UNRESOLVED }).phase;
    };
    assert.deepEqual([statusOf(earlier), statusOf(anew)], ["Running", "Pending"]);
  });
});
