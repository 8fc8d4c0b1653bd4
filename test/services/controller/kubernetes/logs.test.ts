import assert from "node:assert/strict";
import { silentLog } from "#lib/base/log.ts";
import { jobLabels, LABELS, ownerOf, podName } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { slimPod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";
import { podLogs } from "#services/controller/kubernetes/logs.ts";
import type { LogRequest } from "#services/controller/service.ts";
import { useCluster } from "#test/support/cluster.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import { podManifest } from "#test/support/pods.ts";
import { until } from "#test/support/until.ts";

const DEADLINE_MS = 60_000;

describe("logs of the pods of a job", function () {
  this.timeout(2 * DEADLINE_MS);
  const cluster = useCluster(3);
  const end = new AbortController();
  const jobs = new Store<TrainingJobObject>();
  const pods = new Store<Pod>(slimPod);
  let here: JobCluster;

  before("what a controller sees", async () => {
    here = await JobCluster.prepare(cluster().kubeconfig, "logs");
    const { client, namespace } = here;
    const common = { client, namespace, log: silentLog };
    const reflectors = [
      new Reflector({ ...common, type: TRAINING_JOBS, store: jobs }),
      new Reflector({ ...common, type: PODS, store: pods }),
    ];
    for (const reflector of reflectors) void reflector.run(end.signal);
    await Promise.all(reflectors.map(({ synced }) => synced));
  });
  after(() => {
    end.abort();
    here?.[Symbol.dispose]();
  });

  /** A pod as the controller makes them, with a shell script for its work. */
  async function start(job: TrainingJobObject, worker: WorkerName, script: string): Promise<string> {
    const name = podName(job.metadata.name, worker);
    const { role, rank, attempt } = worker;
    const own = { [LABELS.role]: role, [LABELS.rank]: String(rank), [LABELS.attempt]: String(attempt) };
    const labels = { ...jobLabels(job, "petage"), ...own };
    const pod = podManifest({ name, labels, command: ["sh", "-c", script] }) as Pod;
    const metadata = { ...pod.metadata, namespace: here.namespace, ownerReferences: [ownerOf(job)] };
    await here.client.create(PODS, { ...pod, metadata });
    return name;
  }

  async function report(name: string, status: TrainingJobStatus): Promise<void> {
    const place = { namespace: here.namespace, name, subresource: "status" as const };
    await here.client.merge(TRAINING_JOBS, place, { patch: { status } });
    await until("it is seen", () => jobs.get(`logs/${name}`)?.status?.phase === status.phase);
  }

  async function ends(name: string): Promise<void> {
    await until(`${name} has ended`, () => pods.get(`logs/${name}`)?.status?.phase === "Succeeded", DEADLINE_MS);
  }

  /** Reads lines into an array that may be looked at meanwhile. */
  function reading(job: TrainingJobObject, wish: Partial<LogRequest> = {}) {
    const lines: string[] = [];
    const all = { worker: "", follow: false, tail: undefined, signal: AbortSignal.timeout(DEADLINE_MS), ...wish };
    const over = (async () => {
      for await (const { worker, line, time } of podLogs({ client: here.client, jobs, pods }, job, all)) {
        assert.ok(Math.abs(time.getTime() - Date.now()) < DEADLINE_MS, String(time));
        lines.push(`${worker} | ${line}`);
      }
    })();
    over.catch(() => {});
    return { lines, over };
  }

  async function make(name: string): Promise<TrainingJobObject> {
    const job = await here.apply(name);
    await until("it is seen", () => jobs.get(`logs/${name}`));
    return job;
  }

  const trainer = (rank: number, attempt = 0): WorkerName => ({ role: "trainer", rank, attempt });
  const loader: WorkerName = { role: "data-loader", rank: 0, attempt: 0 };

  it("are those of the present attempt, of all workers or of one, or its last lines", async () => {
    const job = await make("kept");
    const names = [
      await start(job, trainer(0), "echo one; echo two; printf 'no break'"),
      await start(job, loader, "echo ready"),
      await start(job, trainer(0, 1), "echo other attempt"),
    ];
    for (const name of names) await ends(name);
    const all = reading(job);
    await all.over;
    assert.deepEqual(all.lines.toSorted(), [
      "data-loader | ready",
      "trainer-0 | no break",
      "trainer-0 | one",
      "trainer-0 | two",
    ]);
    const last = reading(job, { worker: "trainer-0", tail: 1 });
    await last.over;
    assert.deepEqual(last.lines, ["trainer-0 | no break"]);
  });

  it("go on with pods and attempts to come, until the job has ended", async () => {
    const job = await make("followed");
    const { lines, over } = reading(job, { follow: true });
    await start(job, trainer(0), "echo first; sleep 3600");
    await until("the first line", () => lines.includes("trainer-0 | first"), DEADLINE_MS);
    const place = { namespace: here.namespace, name: podName("followed", trainer(0)) };
    await here.client.delete(PODS, place, { gracePeriodSeconds: 0 });
    await report("followed", { phase: "Running", attempt: 1 });
    await start(job, trainer(0, 1), "echo second");
    await until("the second line", () => lines.includes("trainer-0 | second"), DEADLINE_MS);
    await start(job, { ...loader, attempt: 1 }, "echo helper; sleep 3600"); // it outlives the job
    await until("the helper's line", () => lines.includes("data-loader | helper"), DEADLINE_MS);
    await report("followed", { phase: "Succeeded", attempt: 1 });
    await over;
    const told = lines.filter((line) => !line.includes("breaks off"));
    assert.deepEqual(told, ["trainer-0 | first", "trainer-0 | second", "data-loader | helper"]);
  });

  it("of a job that has ended are followed to their end at once", async () => {
    const job = await make("over");
    await ends(await start(job, trainer(0), "echo all"));
    await report("over", { phase: "Failed" });
    const { lines, over } = reading(job, { follow: true });
    await over;
    assert.deepEqual(lines, ["trainer-0 | all"]);
  });
});
