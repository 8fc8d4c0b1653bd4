import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { LABELS, ownerOf, podName } from "#lib/k8s/job/names.ts";
import { slimPod } from "#lib/k8s/job/pod.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import { ClusterJobs } from "#services/controller/kubernetes/jobs.ts";
import type { LogWish } from "#services/controller/service.ts";
import { useJobsCluster } from "#test/cli/job/jobs-cluster.ts";
import { podManifest } from "#test/support/pods.ts";
import { until } from "#test/support/until.ts";

const DEADLINE_MS = 60_000;

describe("StreamLogs in a cluster", function () {
  this.timeout(2 * DEADLINE_MS);
  const here = useJobsCluster(3);
  let api: ClusterJobs;
  let end: AbortController;

  beforeEach("the API of a controller that runs nothing", () => {
    const [jobs, pods] = [new Store<TrainingJobObject>(), new Store<Pod>(slimPod)];
    const { client, namespace } = here;
    end = new AbortController();
    void new Reflector({ client, namespace, log: silentLog, type: TRAINING_JOBS, store: jobs }).run(end.signal);
    void new Reflector({ client, namespace, log: silentLog, type: PODS, store: pods }).run(end.signal);
    api = new ClusterJobs({ client, jobs, pods, namespaces: [namespace], maxRestarts: 0 });
  });
  afterEach(() => end.abort());

  async function make(): Promise<TrainingJobObject> {
    const job = await here.make("a");
    await until("the controller knows it", () => api.get("a") !== undefined, DEADLINE_MS);
    return job;
  }

  /** The pod of rank 0, with a shell script for its work. */
  async function start(job: TrainingJobObject, attempt: number, script: string): Promise<void> {
    const { uid = "" } = job.metadata;
    const name = podName("a", { role: "trainer", rank: 0, attempt });
    const labels = { [LABELS.uid]: uid, [LABELS.role]: "trainer", [LABELS.rank]: "0", [LABELS.attempt]: `${attempt}` };
    const pod = podManifest({ name, labels, command: ["sh", "-c", script] }) as Pod;
    const metadata = { ...pod.metadata, namespace: here.namespace, ownerReferences: [ownerOf(job)] };
    await here.client.create(PODS, { ...pod, metadata });
  }

  /** Reads lines into an array that may be looked at meanwhile. */
  function reading(wish: Partial<LogWish>) {
    const lines: string[] = [];
    const over = (async () => {
      const whole = { worker: "", follow: false, tail: undefined, signal: end.signal, ...wish };
      for await (const { worker, line } of api.logs("a", whole)) lines.push(`${worker} | ${line}`);
    })();
    over.catch(() => {});
    return { lines, over };
  }

  it("goes on with every attempt, from before the first pod until the job has ended", async () => {
    const job = await make();
    const { lines, over } = reading({ follow: true, tail: 0 });
    await start(job, 0, "echo first");
    await until("the first line", () => lines.includes("trainer-0 | first"), DEADLINE_MS);
    await here.report("a", { phase: "Restarting", attempt: 1 });
    await start(job, 1, "echo second");
    await until("the second line", () => lines.includes("trainer-0 | second"), DEADLINE_MS);
    await here.report("a", { phase: "Succeeded", attempt: 1 });
    await over;
    assert.deepEqual(lines, ["trainer-0 | first", "trainer-0 | second"]);
    const again = reading({ tail: 1 });
    await again.over;
    assert.deepEqual(again.lines, ["trainer-0 | second"]);
  });

  it("ends with the job that is deleted, and with whoever does not want more", async () => {
    await make();
    const [whole, some] = [reading({ follow: true }), reading({ follow: true, signal: AbortSignal.timeout(100) })];
    await some.over;
    await here.client.delete(TRAINING_JOBS, { namespace: here.namespace, name: "a" });
    await whole.over;
  });
});
