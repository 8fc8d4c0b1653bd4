import assert from "node:assert/strict";
import type { TrainingJob } from "#lib/jobs/training-job.ts";
import { jobOf } from "#lib/rpc/job-from-message.ts";
import { jobMessage } from "#lib/rpc/job-to-message.ts";
import { serviceDefinition } from "#lib/rpc/protos.ts";
import { trainerReport } from "#lib/rpc/trainer-report.ts";
import type { GetStatusResponse, GetStatusResponse__Output } from "#proto/petage/v1/GetStatusResponse.ts";
import type { GetTrainingJobResponse__Output } from "#proto/petage/v1/GetTrainingJobResponse.ts";

/** A job as who asks for it over gRPC gets it. */
function throughTheWire(job: TrainingJob, maxRestarts?: number): TrainingJob {
  const method = serviceDefinition("ControllerService")["GetTrainingJob"];
  const sent = method?.responseSerialize({ job: jobMessage(job) });
  const got = method?.responseDeserialize(sent ?? Buffer.of()) as GetTrainingJobResponse__Output;
  assert.ok(got.job);
  return jobOf(got.job, maxRestarts);
}

const METADATA = { name: "a", uid: "u1", labels: { team: "pets" }, generation: 2 };
/** What a message cannot leave out. */
const DEFAULTS = { workers: 1, checkpoint: {}, failurePolicy: {}, runPolicy: { suspend: false } };

describe("a job over gRPC", () => {
  const specs: readonly (readonly [string, TrainingJob["spec"], Partial<TrainingJob["spec"]>?])[] = [
    ["the name of a config", { config: { name: "tiny" } }],
    ["how long NATS may be away", { config: { name: "tiny" }, failurePolicy: { natsOutageSeconds: 90 } }],
    ["a file", { config: { path: "tiny.py", cfgOptions: ["a=1"] } }],
    ["a text", { config: { inline: "a = 1", fileName: "tiny.py" } }],
    ["workers that are too few, for its reader to refuse", { config: { name: "tiny" }, workers: -1 }],
    [
      "all that one machine heeds",
      {
        config: { name: "tiny" },
        workers: 2,
        workDir: "work",
        loadFrom: "model",
        checkpoint: { resume: "Auto", everySteps: 5, keepLast: 2, retain: "Never" },
        failurePolicy: { maxRestarts: 0, rules: [{ exitCodes: [3], action: "FailJob" }, { action: "Restart" }] },
        runPolicy: { suspend: true, activeDeadlineSeconds: 2, ttlSecondsAfterFinished: 60 },
      },
    ],
    [
      "resources",
      {
        config: { name: "tiny" },
        image: "petage:1",
        gpu: { resourceName: "nvidia.com/gpu", count: 1, product: "H200" },
        resources: { requests: { cpu: "1" }, limits: { memory: "1Gi" } },
      },
    ],
    ["a GPU by a claim", { config: { name: "tiny" }, gpu: { resourceClaimTemplateName: "one-gpu", count: 1 } }],
  ];
  for (const [what, spec] of specs) {
    it(`keeps ${what}`, () => {
      assert.deepEqual(throughTheWire({ metadata: METADATA, spec }).spec, { ...DEFAULTS, ...spec });
    });
  }

  it("keeps what tells it from others", () => {
    const metadata = { ...METADATA, creationTimestamp: "2026-01-02T03:04:05Z" };
    assert.deepEqual(throughTheWire({ metadata, spec: { config: { name: "tiny" } } }).metadata, metadata);
  });

  it("may be restarted as often as its reader allows, where it does not say", () => {
    const job = { metadata: METADATA, spec: { config: { name: "tiny" } } };
    assert.deepEqual(throughTheWire(job, 6).spec.failurePolicy, { maxRestarts: 6 });
  });

  it("keeps its status", () => {
    const time = "2026-01-02T03:04:05Z";
    const status = {
      observedGeneration: 2,
      phase: "Running",
      message: "Training on 2 workers",
      attempt: 1,
      restarts: 1,
      workDir: "work_dirs/tiny/1",
      startTime: time,
      workers: { desired: 2, created: 2, ready: 1, succeeded: 0, failed: 1, summary: "1/2" },
      conditions: [
        {
          type: "Running",
          status: "True",
          reason: "Training",
          message: "",
          lastTransitionTime: time,
          observedGeneration: 2,
        },
      ],
      lastFailure: { worker: "trainer-1", rank: 1, exitCode: 1, reason: "Error", message: "it ended", time },
    } as const;
    const seen = throughTheWire({ metadata: METADATA, spec: { config: { name: "tiny" } }, status }).status;
    assert.deepEqual({ ...seen }, status);
  });

  const phases = [
    ["Stopping", "Running"],
    ["Suspended", "Suspended"],
    ["Queued", "Queued"],
    ["Succeeded", "Succeeded"],
    ["Pending", "Pending"],
  ] as const;
  for (const [phase, shown] of phases) {
    it(`that is ${phase} shows as ${shown}`, () => {
      const job = { metadata: METADATA, spec: { config: { name: "tiny" } }, status: { phase } };
      assert.equal(throughTheWire(job).status?.phase, shown);
    });
  }
});

describe("trainerReport()", () => {
  function reported(said: GetStatusResponse) {
    const method = serviceDefinition("TrainerService")["GetStatus"];
    const sent = method?.responseSerialize(said) ?? Buffer.of();
    return trainerReport(method?.responseDeserialize(sent) as GetStatusResponse__Output);
  }

  it("says where training ends, before the first step", () => {
    assert.deepEqual(reported({ maxEpochs: 2, maxSteps: 30 }), { maxEpochs: 2, maxSteps: 30 });
  });

  it("has times as jobs keep them", () => {
    const createTime = { seconds: 1_767_323_045, nanos: 500_000_000 };
    const { lastStep, lastCheckpoint } = reported({
      lastStep: { step: 3, epoch: 1, loss: 2, gradNorm: 1, eta: { seconds: 40, nanos: 250_000_000 } },
      lastCheckpoint: { uri: "epoch_1", step: 3, epoch: 1, sha256: "ab", createTime },
    });
    assert.deepEqual([lastStep?.etaSeconds, lastStep?.loss, lastStep && "gradNorm" in lastStep], [40.25, 2, false]);
    const time = "2026-01-02T03:04:05.500Z";
    assert.deepEqual(lastCheckpoint, { uri: "epoch_1", step: 3, epoch: 1, sha256: "ab", time });
  });
});
