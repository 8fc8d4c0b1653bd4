import assert from "node:assert/strict";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { JobManifest } from "../../../cli/jobs/job-api.ts";
import { clusterOnlyFields, toMessage } from "../../../cli/jobs/manifest-message.ts";

function job(spec: Partial<TrainingJobSpec>): JobManifest {
  const config = { name: "resnet18_petage_quickstart" };
  return { apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", metadata: { name: "a" }, spec: { config, ...spec } };
}

describe("a job as a message of gRPC", () => {
  const left: readonly (readonly [string, Partial<TrainingJobSpec>])[] = [
    ["spec.publish", { publish: { modelName: "pet-age" } }],
    ["spec.checkpoint.persistentVolumeClaim", { checkpoint: { persistentVolumeClaim: { claimName: "a" } } }],
    ["spec.runPolicy.cleanPodPolicy", { runPolicy: { suspend: false, cleanPodPolicy: "All" } }],
    [
      "spec.failurePolicy.rules.podConditions",
      { failurePolicy: { rules: [{ exitCodes: [3], action: "FailJob" }, drained()] } },
    ],
  ];
  for (const [field, spec] of left) {
    it(`leaves out ${field}, and says so`, () => assert.deepEqual(clusterOnlyFields(job(spec)), [field]));
  }

  it("leaves out nothing else", () => {
    const rules = [{ exitCodes: [3], action: "FailJob" }] as const;
    const spec = { checkpoint: { resume: "Auto" }, failurePolicy: { rules }, runPolicy: { activeDeadlineSeconds: 60 } };
    assert.deepEqual(clusterOnlyFields(job(spec)), []);
  });

  it("has no rule that matches more than the job's own", () => {
    const rules = [drained(), { exitCodes: [3], action: "FailJob" }] as const;
    const { spec } = toMessage(job({ failurePolicy: { rules } }));
    assert.deepEqual(spec?.failurePolicy?.rules, [{ exitCodes: [3], action: "FAILURE_ACTION_FAIL_JOB" }]);
  });

  function drained() {
    return { podConditions: ["DisruptionTarget"], action: "RestartIgnoringLimit" } as const;
  }
});
