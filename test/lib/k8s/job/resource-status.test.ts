import assert from "node:assert/strict";
import type { ProgressStatus } from "#lib/jobs/training-job.ts";
import { resourceStatus } from "#lib/k8s/job/resource-status.ts";

const JOB = { metadata: { name: "a", uid: "0123" }, spec: { config: { name: "tiny" } } };

const PROGRESS: readonly {
  readonly what: string;
  readonly before?: ProgressStatus;
  readonly progress: ProgressStatus;
  readonly kept: ProgressStatus;
}[] = [
  { what: "percents are rounded to tenths", progress: { percent: 100 / 3 }, kept: { percent: 33.3 } },
  { what: "times are rounded to seconds", progress: { etaSeconds: 40.6 }, kept: { etaSeconds: 41 } },
  {
    what: "a loss that is no number leaves the last one",
    before: { loss: 2 },
    progress: { loss: NaN },
    kept: { loss: 2 },
  },
  { what: "a loss that never was a number is left out", progress: { step: 1, loss: Infinity }, kept: { step: 1 } },
  {
    what: "a metric that is no number is left out",
    before: { validationMetrics: { a: 1 } },
    progress: { validationMetrics: { a: NaN, b: 2 } },
    kept: { validationMetrics: { b: 2 } },
  },
  {
    what: "what only one machine keeps is left out",
    progress: { step: 3, iteration: 1, iterationsPerEpoch: 2 },
    kept: { step: 3 },
  },
];

describe("a status as the API server keeps it", () => {
  for (const { what, before, progress, kept } of PROGRESS) {
    it(what, () => {
      const job = { ...JOB, ...(before && { status: { progress: before } }) };
      assert.deepEqual(resourceStatus(job, { progress }).progress, kept);
    });
  }

  it("has a message that is not longer than its schema takes", () => {
    assert.equal(resourceStatus(JOB, { message: "x".repeat(5000) }).message?.length, 4096);
  });

  it("selects the trainers of its job, for the scale subresource", () => {
    const { selector } = resourceStatus(JOB, { phase: "Running" });
    assert.equal(selector, "petage.dev/job-uid=0123,petage.dev/role=trainer");
  });
});
