import assert from "node:assert/strict";
import { checkQuota } from "#lib/jobs/quota.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";

const QUOTA = { jobs: 2, workers: 4 };

function job(
  workers: number | undefined,
  phase?: "Running" | "Pending" | "Suspended" | "Queued" | "Failed",
  maxWorkers?: number,
) {
  const spec: TrainingJob["spec"] = {
    config: { name: "x" },
    ...(workers !== undefined && { workers }),
    ...(maxWorkers !== undefined && { elastic: { minWorkers: 1, maxWorkers } }),
  };
  return { spec, ...(phase && { status: { phase } }) };
}

describe("checkQuota()", () => {
  type Jobs = readonly ReturnType<typeof job>[];
  const allowed: readonly (readonly [string, Jobs, ReturnType<typeof job>])[] = [
    ["the first job", [], job(4)],
    ["one that says nothing of workers", [job(3, "Running")], job(undefined)],
    [
      "one beside jobs that have ended or rest",
      [job(4, "Failed"), job(4, "Suspended"), job(4, "Queued"), job(2, "Running")],
      job(2),
    ],
  ];
  for (const [what, others, wanted] of allowed) it(`allows ${what}`, () => checkQuota(wanted, others, QUOTA));

  const refused: readonly (readonly [string, Jobs, ReturnType<typeof job>, string])[] = [
    ["a job too many", [job(1, "Running"), job(1, "Pending")], job(1), "2 jobs run, and the quota is 2"],
    ["a job too many beside one that is half there", [job(1), job(1)], job(1), "2 jobs run, and the quota is 2"],
    ["workers too many", [job(3, "Running")], job(2), "3 workers run, 2 more are wanted, and the quota is 4"],
    ["a job that is too large alone", [], job(5), "0 workers run, 5 more are wanted, and the quota is 4"],
    ["one that may grow too large", [], job(1, undefined, 9), "0 workers run, 9 more are wanted, and the quota is 4"],
  ];
  for (const [what, others, wanted, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => checkQuota(wanted, others, QUOTA), { code: "RESOURCE_EXHAUSTED", message });
    });
  }
});
