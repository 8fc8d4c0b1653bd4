import assert from "node:assert/strict";
import { createMetrics } from "#lib/host/metrics.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { Failure, JobStatus } from "#lib/jobs/job-state.ts";
import { apiMetrics, jobMetrics } from "#services/controller/metrics.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";

const CREATED = "2026-11-01T10:00:00Z";
const SECOND = 1000;

const job: TrainingJob = {
  metadata: { name: "pets", creationTimestamp: CREATED },
  spec: { config: { name: "resnet18_petage_quickstart" } },
};

function failureAt(at: number, reason: string): Failure {
  const worker = { role: "trainer", rank: 0, attempt: 0 } as const;
  return { worker, exit: { code: 137, signal: null, at, message: "" }, reason, message: reason };
}

/** What Prometheus reads after a job has had these statuses, each some seconds after its creation. */
async function readAfter(statuses: readonly (Partial<JobStatus> & { readonly seconds: number })[]): Promise<string[]> {
  const metrics = createMetrics();
  const onStatus = jobMetrics(metrics, () => [job, { ...job, status: { phase: "Running" } }]);
  let before: JobStatus = INITIAL_STATUS;
  for (const { seconds, ...changes } of statuses) {
    const now = { ...before, ...changes };
    onStatus({ job, before, now, at: Date.parse(CREATED) + seconds * SECOND });
    before = now;
  }
  const lines = (await metrics.text()).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#") && !line.includes("_bucket"));
}

const PHASES = ['petage_controller_jobs{phase="Pending"} 1', 'petage_controller_jobs{phase="Running"} 1'];

describe("the metrics of jobs", () => {
  it("tell how long a job took to start, once, and how it ended", async () => {
    const read = await readAfter([
      { phase: "Starting", seconds: 1 },
      { phase: "Running", seconds: 42 },
      { phase: "Running", message: "Epoch 2", seconds: 60 },
      { phase: "Succeeded", seconds: 90 },
      { phase: "Succeeded", message: "Cleaned up", seconds: 91 },
    ]);
    assert.deepEqual(read, [
      ...PHASES,
      'petage_controller_jobs_ended_total{phase="Succeeded"} 1',
      "petage_controller_job_restarts_total 0",
      "petage_controller_job_start_seconds_sum 42",
      "petage_controller_job_start_seconds_count 1",
    ]);
  });

  it("count each failure by its reason, and the attempts that follow", async () => {
    const [lost, killed] = [failureAt(1, "NodeLost"), failureAt(2, "OOMKilled")];
    const read = await readAfter([
      { phase: "Running", seconds: 10 },
      { phase: "Stopping", ending: "Restarting", lastFailure: lost, seconds: 20 },
      { phase: "Restarting", ending: null, attempt: 1, seconds: 21 },
      { phase: "Running", seconds: 30 },
      { phase: "Stopping", ending: "Failed", lastFailure: killed, seconds: 40 },
      { phase: "Failed", lastFailure: killed, seconds: 41 },
    ]);
    assert.deepEqual(read, [
      ...PHASES,
      'petage_controller_jobs_ended_total{phase="Failed"} 1',
      'petage_controller_job_failures_total{reason="NodeLost"} 1',
      'petage_controller_job_failures_total{reason="OOMKilled"} 1',
      "petage_controller_job_restarts_total 1",
      "petage_controller_job_start_seconds_sum 10",
      "petage_controller_job_start_seconds_count 1",
    ]);
  });

  it("do not count a suspension as a restart", async () => {
    const read = await readAfter([{ phase: "Suspended", attempt: 1, seconds: 5 }]);
    assert.ok(read.includes("petage_controller_job_restarts_total 0"));
  });
});

describe("the metrics of the API server", () => {
  it("count calls that failed, by method and status", async () => {
    const metrics = createMetrics();
    const onError = apiMetrics(metrics);
    onError("POST", 409);
    onError("POST", 409);
    onError("GET", undefined);
    const read = (await metrics.text()).split("\n").filter((line) => line.startsWith("petage"));
    assert.deepEqual(read, [
      'petage_controller_api_errors_total{method="POST",code="409"} 2',
      'petage_controller_api_errors_total{method="GET",code="unreachable"} 1',
    ]);
  });
});
