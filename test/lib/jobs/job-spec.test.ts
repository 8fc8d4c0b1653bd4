import assert from "node:assert/strict";
import { jobSpecOf } from "#lib/jobs/job-spec.ts";
import type { TrainingJob, TrainingJobStatus } from "#lib/jobs/training-job.ts";

describe("jobSpecOf", () => {
  const hintOf = (status: TrainingJobStatus): string => {
    const job: TrainingJob = { metadata: { name: "a" }, spec: { config: { name: "b" } }, status };
    return jobSpecOf(job, { validates: false }).continueHint;
  };

  it("says how to go on once there is a checkpoint", () => {
    const lastCheckpoint = { uri: "work_dirs/b/run/epoch_1", epoch: 1, step: 4, sha256: "" };
    assert.match(hintOf({ lastCheckpoint }), /new job of the same work dir.*checkpoint\.resume: Auto/);
    assert.equal(hintOf({}), "");
  });
});
