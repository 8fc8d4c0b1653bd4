import assert from "node:assert/strict";
import { LABELS, podName } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { PODS } from "#lib/k8s/objects.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";
import { podManifest } from "#test/support/pods.ts";
import { until } from "#test/support/until.ts";
import { failure } from "../../lib/k8s/proxied-cluster.ts";
import type { LogQuery } from "../../../cli/jobs/job-api.ts";
import { useJobsCluster } from "./jobs-cluster.ts";

const DEADLINE_MS = 60_000;
const LINE = {
  level: "info",
  time: Date.parse("2026-11-23T12:00:00Z"),
  name: "trainer-0",
  msg: "Epoch done",
  epoch: 3,
};

describe("logs of pods", function () {
  this.timeout(2 * DEADLINE_MS);
  const here = useJobsCluster(3);

  /** A pod as the controller makes them, with a shell script for its work. */
  async function start(job: TrainingJobObject, worker: WorkerName, script: string): Promise<string> {
    const name = podName(job.metadata.name, worker);
    const container = { name: worker.role };
    const pod = podManifest({ name, labels: labelsOf(job, worker), container, command: ["sh", "-c", script] }) as Pod;
    await here.client.create(PODS, { ...pod, metadata: { ...pod.metadata, namespace: here.namespace } });
    return name;
  }

  /** A pod that runs on a node which is gone. */
  async function lost(job: TrainingJobObject, worker: WorkerName): Promise<void> {
    const name = podName(job.metadata.name, worker);
    const place = { namespace: here.namespace, name };
    const pod = podManifest({ name, labels: labelsOf(job, worker), container: { name: worker.role } }) as Pod;
    const metadata = { ...pod.metadata, namespace: here.namespace };
    await here.client.create(PODS, { ...pod, metadata, spec: { ...pod.spec, nodeName: "nowhere" } });
    const status = { name: worker.role, ready: true, restartCount: 0, image: "", imageID: "", state: { running: {} } };
    const patch = { status: { containerStatuses: [status] } };
    await here.client.merge(PODS, { ...place, subresource: "status" }, { patch });
  }

  async function ends(name: string): Promise<void> {
    const isOver = async (): Promise<boolean> => {
      const { status } = await here.client.get<Pod>(PODS, { namespace: here.namespace, name });
      return status?.phase === "Succeeded" || status?.phase === "Failed";
    };
    await until(`${name} has ended`, isOver, DEADLINE_MS);
  }

  function trainer(rank: number, attempt = 0): WorkerName {
    return { role: "trainer", rank, attempt };
  }

  /** Reads lines into an array that may be looked at meanwhile. */
  function reading(query: LogQuery, end = new AbortController()) {
    const lines: string[] = [];
    const over = (async () => {
      for await (const { worker, line } of here.jobs.logs("a", query, end.signal)) lines.push(`${worker} | ${line}`);
    })();
    over.catch(() => {});
    return { lines, over };
  }

  async function read(query: Partial<LogQuery> = {}): Promise<string[]> {
    const { lines, over } = reading({ follow: false, ...query });
    await over;
    return lines;
  }

  it("come from the pods of the latest attempt, or of one, or of one worker, or of its last lines", async () => {
    const job = await here.make("a", { workers: 11 });
    await here.make("b");
    const workers = [trainer(0), trainer(0, 1), trainer(10, 1), trainer(2, 1)];
    const helper: WorkerName = { role: "data-loader", rank: 0, attempt: 1 };
    const names = await Promise.all([
      ...workers.map((worker) => start(job, worker, `echo ${worker.attempt}-${worker.rank}; echo bye`)),
      start(job, helper, `echo '${JSON.stringify(LINE)}'; printf 'no break'`),
    ]);
    await Promise.all(names.map(ends));
    const all = await read();
    assert.deepEqual(
      all.filter((line) => line.startsWith("trainer")),
      ["0", "2", "10"].flatMap((rank) => [`trainer-${rank} | 1-${rank}`, `trainer-${rank} | bye`]),
    );
    assert.match(all[0] ?? "", /^data-loader \| \d\d\/23 \d\d:00:00 - trainer-0 - INFO - Epoch done epoch=3$/);
    assert.equal(all[1], "data-loader | no break");
    assert.deepEqual(await read({ attempt: 0 }), ["trainer-0 | 0-0", "trainer-0 | bye"]);
    assert.deepEqual(await read({ worker: "trainer-2", tailLines: 1 }), ["trainer-2 | bye"]);
    assert.match((await failure(read({ worker: "trainer-7" }))).message, /written nothing/);
    assert.match((await failure(read({ attempt: 5 }))).message, /written nothing .*its pods are of attempt 0, 1\)/);
  });

  it("of a rank that the job does not have are refused, also when they shall be followed", async () => {
    await here.make("a", { workers: 2, elastic: { minWorkers: 1, maxWorkers: 3 } });
    for (const follow of [false, true]) {
      const { code, message } = await failure(read({ worker: "trainer-3", follow }));
      assert.deepEqual([code, message], ["NOT_FOUND", "Job a has no rank 3: the last one is 2"]);
    }
  });

  it("come from the others, too, when one cannot be had", async () => {
    const job = await here.make("a");
    await ends(await start(job, trainer(1), "echo here"));
    await lost(job, trainer(0));
    const { lines, over } = reading({ follow: false });
    assert.match((await failure(over)).message, /nowhere/);
    assert.deepEqual(lines, ["trainer-1 | here"]);
  });

  it("are followed over attempts, until the job has ended", async () => {
    const job = await here.make("a");
    const { lines, over } = reading({ follow: true, tailLines: 0 });
    await start(job, trainer(0), "echo first; sleep 3600");
    await until("the first line", () => lines.includes("trainer-0 | first"), DEADLINE_MS);
    await here.client.delete(
      PODS,
      { namespace: here.namespace, name: podName("a", trainer(0)) },
      { gracePeriodSeconds: 0 },
    );
    await start(job, trainer(0, 1), "echo second");
    await until("the second line", () => lines.includes("trainer-0 | second"), DEADLINE_MS);
    await here.report("a", { phase: "Succeeded" });
    await over;
    assert.deepEqual(
      lines.filter((line) => !line.includes("breaks off")),
      ["trainer-0 | first", "trainer-0 | second"],
    );
  });

  it("of a job that has ended are followed to their end at once", async () => {
    const job = await here.make("a");
    await ends(await start(job, trainer(0), "echo all"));
    await here.report("a", { phase: "Failed" });
    assert.deepEqual(await read({ follow: true }), ["trainer-0 | all"]);
    await here.make("b");
    await here.report("b", { phase: "Failed", message: "Its config is no good" });
    const none = here.jobs.logs("b", { follow: true }, AbortSignal.timeout(DEADLINE_MS));
    assert.match((await failure(none.next())).message, /written nothing .*\(Failed: Its config is no good\)/);
  });

  it("stop when they are told to", async () => {
    const job = await here.make("a");
    const end = new AbortController();
    const { lines, over } = reading({ follow: true }, end);
    await start(job, trainer(0), "echo first; sleep 3600");
    await until("the first line", () => lines.length > 0, DEADLINE_MS);
    end.abort();
    await over.catch(() => {});
    assert.deepEqual(lines, ["trainer-0 | first"]);
  });

  it("of a pod that cannot start tell what it waits for", async () => {
    const job = await here.make("a");
    const pod = podManifest({ name: "a-0-0", gpus: 8, labels: labelsOf(job, trainer(0)) }) as Pod;
    await here.client.create(PODS, { ...pod, metadata: { ...pod.metadata, namespace: here.namespace } });
    const unscheduled = async (): Promise<boolean> =>
      /Insufficient nvidia.com.gpu/.test((await failure(read())).message);
    await until("why it waits", unscheduled, DEADLINE_MS);
  });
});

function labelsOf({ metadata: { uid = "" } }: TrainingJobObject, worker: WorkerName): Record<string, string> {
  const { role, rank, attempt } = worker;
  return { [LABELS.uid]: uid, [LABELS.role]: role, [LABELS.rank]: String(rank), [LABELS.attempt]: String(attempt) };
}
