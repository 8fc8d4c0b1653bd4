import assert from "node:assert/strict";
import { podName, workerOf } from "#lib/k8s/job/names.ts";
import {
  endingOf,
  nextStuckTime,
  NO_SCHEDULER_MS,
  observeWorkers,
  stateOf,
  STUCK_TERMINATING_MS,
} from "#lib/k8s/job/observe.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { jobSpecOf } from "#lib/jobs/job-spec.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { WorkerName, WorkerState } from "#lib/jobs/job-state.ts";
import { EMPTY_REPORT, formatTermination } from "#lib/jobs/termination.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const TRAINER: WorkerName = { role: "trainer", rank: 1, attempt: 2 };

function pod(status: Pod["status"], spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  const { role, rank, attempt } = TRAINER;
  const labels = { "petage.dev/role": role, "petage.dev/rank": String(rank), "petage.dev/attempt": String(attempt) };
  return {
    metadata: { name: podName("job", TRAINER), labels, ...metadata },
    spec: { containers: [{ name: "trainer" }], nodeName: "node-1", ...spec },
    ...(status && { status }),
  };
}

const terminated = (exitCode: number, more: object = {}) => ({
  containerStatuses: [
    { name: "trainer", state: { terminated: { exitCode, finishedAt: "2026-01-02T03:04:00Z", ...more } } },
  ],
});
const waiting = (reason: string, message = "") => ({
  phase: "Pending",
  containerStatuses: [{ name: "trainer", state: { waiting: { reason, message } } }],
});
const at = Date.parse("2026-01-02T03:04:00Z");
const exit = (details: object): WorkerState => ({
  state: "exited",
  exit: { code: null, signal: null, at, message: "", node: "node-1", ...details },
});

describe("stateOf", () => {
  const unscheduled = (message: string) => [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message },
  ];
  const ready = [{ type: "Ready", status: "True" }];
  const target = [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }];
  const report = formatTermination({ ...EMPTY_REPORT, error: "No such file" });
  const minuteAgo = new Date(NOW - NO_SCHEDULER_MS - 1).toISOString();
  const long = new Date(NOW - STUCK_TERMINATING_MS - 1).toISOString();
  const cases: readonly (readonly [what: string, pod: Pod, state: WorkerState])[] = [
    [
      "waits for admission behind our gate",
      pod({ phase: "Pending" }, { nodeName: undefined as never, schedulingGates: [{ name: "petage.dev/gang" }] }),
      { state: "starting", waitsFor: "admission" },
    ],
    [
      "waits for a node, in the scheduler's words",
      pod({ phase: "Pending", conditions: unscheduled("0/3 nodes") }, { nodeName: undefined as never }),
      { state: "starting", waitsFor: "node", problem: { reason: "Unschedulable", message: "0/3 nodes" } },
    ],
    ...[
      ["default-scheduler", {}],
      ["volcano", { schedulerName: "volcano" }],
    ].map(([name, spec]): readonly [string, Pod, WorkerState] => [
      `waits for a node of which no scheduler named ${name as string} has said anything for a minute`,
      pod(
        { phase: "Pending" },
        { nodeName: undefined as never, ...(spec as object) },
        { creationTimestamp: minuteAgo },
      ),
      {
        state: "starting",
        waitsFor: "node",
        problem: {
          reason: "NoScheduler",
          message: `No scheduler has looked at the pods for 60 s: they wait for ${name as string}, which has to run`,
        },
      },
    ]),
    ...[true, false].map((isMade): readonly [string, Pod, WorkerState] => [
      `waits for a node of which nobody has said anything, with its claim ${isMade ? "made" : "not made"}`,
      pod(
        { phase: "Pending", ...(isMade && { resourceClaimStatuses: [{ name: "gpu" }] }) },
        { nodeName: undefined as never, resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }] },
        { creationTimestamp: minuteAgo, namespace: "pets" },
      ),
      {
        state: "starting",
        waitsFor: "node",
        problem: isMade
          ? {
              reason: "NoScheduler",
              message:
                "No scheduler has looked at the pods for 60 s: they wait for default-scheduler, which has to run",
            }
          : {
              reason: "NoResourceClaim",
              message:
                "No claim has been made from ResourceClaimTemplate one-gpu for 60 s: it has to be in namespace pets",
            },
      },
    ]),
    [
      "waits for a node, and a scheduler may still be about to say something",
      pod({ phase: "Pending" }, { nodeName: undefined as never }, { creationTimestamp: new Date(NOW).toISOString() }),
      { state: "starting", waitsFor: "node" },
    ],
    ...[
      "",
      "pod group is unschedulable, ",
      "pod group is unschedulable, 0/1 placements are available, first placement status: ",
    ].map((before): readonly [string, Pod, WorkerState] => [
      `waits for a node with its gang, whose trouble the scheduler tells as "${before}..."`,
      pod(
        { phase: "Pending", conditions: unscheduled(`${before}minCount (4) cannot be satisfied`) },
        { nodeName: undefined as never },
      ),
      {
        state: "starting",
        waitsFor: "node",
        problem: { reason: "Unschedulable", message: "minCount (4) cannot be satisfied" },
      },
    ]),
    [
      "waits for itself while its container is made",
      pod(waiting("ContainerCreating")),
      { state: "starting", waitsFor: "itself" },
    ],
    [
      "tells of an image that cannot be pulled",
      pod(waiting("ImagePullBackOff", "not found")),
      {
        state: "starting",
        waitsFor: "itself",
        problem: { reason: "ImagePullBackOff", message: "ImagePullBackOff: not found" },
      },
    ],
    [
      "is ready where it serves",
      pod({ phase: "Running", podIP: "10.0.0.9", conditions: ready }),
      { state: "ready", address: "10.0.0.9:50051" },
    ],
    ["ended well", pod({ phase: "Succeeded", ...terminated(0, { reason: "Completed" }) }), exit({ code: 0 })],
    [
      "failed, with what it said last",
      pod({ phase: "Failed", ...terminated(3, { reason: "Error", message: report }) }),
      exit({ code: 3, message: "No such file" }),
    ],
    [
      "failed, with the last line of its log",
      pod({ phase: "Failed", ...terminated(1, { message: "one\ntwo\n" }) }),
      exit({ code: 1, message: "two" }),
    ],
    [
      "was killed for its memory",
      pod({ phase: "Failed", ...terminated(137, { reason: "OOMKilled" }) }),
      exit({ code: 137, signal: "SIGKILL", reason: "OOMKilled" }),
    ],
    [
      "was evicted",
      pod({ phase: "Failed", reason: "Evicted", ...terminated(143), conditions: target }),
      exit({ code: 143, reason: "Evicted", disrupted: true }),
    ],
    [
      "was taken back by Kueue",
      pod({
        phase: "Failed",
        ...terminated(143),
        conditions: [{ type: "TerminationTarget", status: "True", reason: "WorkloadEvictedDueToPreempted" }],
      }),
      exit({ code: 143, disrupted: true }),
    ],
    [
      "was refused by the node's device plugin",
      pod({ phase: "Failed", reason: "UnexpectedAdmissionError", message: "no healthy devices" }),
      exit({ at: NOW, reason: "UnexpectedAdmissionError", message: "no healthy devices" }),
    ],
    [
      "is given up on a node that is gone",
      pod({ phase: "Running", conditions: ready }, {}, { deletionTimestamp: long }),
      exit({ at: NOW, reason: "NodeLost" }),
    ],
  ];
  for (const [what, seen, state] of cases) {
    it(what, () => assert.deepEqual(stateOf(seen, NOW), state));
  }
});

describe("observeWorkers", () => {
  const job = { metadata: { name: "job" }, spec: { config: {}, workers: 2 } };
  const spec = jobSpecOf(job, { validates: false });
  const status = { ...INITIAL_STATUS, phase: "Running" as const, created: true, attempt: 2, workers: 2 };
  const running = pod({ phase: "Running", podIP: "10.0.0.9", conditions: [{ type: "Ready", status: "True" }] });

  it("takes a pod that was there and is gone for one that ended, as it was last seen", () => {
    const evicted = pod({
      phase: "Running",
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "Taint" }],
    });
    const endings = new Map([[podName("job", { ...TRAINER, rank: 0 }), endingOf(evicted, NOW)]]);
    const workers = observeWorkers({ name: "job", spec, status, pods: [running], endings }, NOW);
    const states = Object.fromEntries(workers.map(({ role, rank, process }) => [`${role}-${rank}`, process]));
    assert.equal(states["trainer-1"]?.state, "ready");
    assert.deepEqual(states["trainer-0"], exit({ at: NOW, disrupted: true, reason: "Taint" }));
    assert.deepEqual(states["data-loader-0"], {
      state: "exited",
      exit: { code: null, signal: null, at: NOW, message: "", reason: "Deleted" },
    });
  });

  it("misses nothing of an attempt that has not been made yet", () => {
    const young = { ...status, created: false };
    assert.equal(
      observeWorkers({ name: "job", spec, status: young, pods: [running], endings: new Map() }, NOW).length,
      1,
    );
  });
});

describe("podName and workerOf", () => {
  const workers: readonly WorkerName[] = [TRAINER, { role: "data-loader", rank: 0, attempt: 3 }];
  it("gives each worker of each attempt a name of its own", () => {
    assert.deepEqual(
      workers.map((worker) => podName("job", worker)),
      ["job-2-1", "job-3-data-loader"],
    );
  });
  it("knows a worker by the labels of its pod, and pods that are none", () => {
    assert.deepEqual(workerOf(running()), TRAINER);
    assert.equal(workerOf({ metadata: { name: "stranger" } }), undefined);
  });
  function running(): Pod {
    return pod({ phase: "Running" });
  }
});

describe("nextStuckTime", () => {
  it("is when a pod that no scheduler has looked at has waited for a minute, not when one is held back", () => {
    const creationTimestamp = "2026-01-02T03:04:00Z";
    const unseen = pod({ phase: "Pending" }, { nodeName: undefined as never }, { creationTimestamp });
    assert.equal(nextStuckTime([unseen], NOW), Date.parse(creationTimestamp) + NO_SCHEDULER_MS + 1);
    const held = { ...unseen, spec: { ...unseen.spec, schedulingGates: [{ name: "kueue.x-k8s.io/admission" }] } };
    assert.equal(nextStuckTime([held], NOW), null);
  });
});
