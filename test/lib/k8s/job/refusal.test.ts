import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { INITIAL_STATUS } from "#lib/jobs/job-state.ts";
import type { JobStatus } from "#lib/jobs/job-state.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { statusOfRefusal, statusWithoutConfig } from "#lib/k8s/job/refusal.ts";
import { NOW } from "#test/support/observed-job.ts";

const STATUS: JobStatus = { ...INITIAL_STATUS, phase: "Starting" };

function kubeError(status: number, reason: string, message = "no"): KubeError {
  return new KubeError("create pods", { status, reason, message });
}

describe("statusOfRefusal()", () => {
  const passing: readonly PetageError[] = [
    kubeError(409, "Conflict"),
    kubeError(429, "TooManyRequests"),
    kubeError(500, "InternalError"),
    kubeError(503, "ServiceUnavailable"),
    new PetageError("UNAVAILABLE", "away"),
  ];
  for (const error of passing) {
    it(`says nothing of what passes by itself: ${error.message}, ${error.code}`, () => {
      assert.equal(statusOfRefusal(STATUS, error), undefined);
    });
  }

  const told: readonly (readonly [PetageError, Partial<JobStatus>])[] = [
    [kubeError(422, "Invalid"), { phase: "Stopping", ending: "Failed", reason: "InvalidPod" }],
    [kubeError(400, "BadRequest"), { phase: "Stopping", ending: "Failed", reason: "InvalidPod" }],
    [kubeError(403, "Forbidden"), { phase: "Starting", ending: null, reason: "Forbidden" }],
    [kubeError(403, "Forbidden", "exceeded quota: pods"), { phase: "Starting", ending: null, reason: "QuotaExceeded" }],
    [new PetageError("INVALID_ARGUMENT", "clash"), { phase: "Stopping", ending: "Failed", reason: "InvalidPod" }],
    [kubeError(404, "", "HTTP 404 404 page not found"), { phase: "Starting", ending: null, reason: "Refused" }],
    [new PetageError("FAILED_PRECONDITION", "no gang"), { phase: "Starting", ending: null, reason: "GangMissing" }],
    [new PetageError("ALREADY_EXISTS", "taken"), { phase: "Starting", ending: null, reason: "PodNameTaken" }],
  ];
  for (const [error, expected] of told) {
    it(`says ${expected.reason}, and ${expected.ending ? "ends the job" : "goes on"}: ${error.message}`, () => {
      const { phase, ending, reason, message } = statusOfRefusal(STATUS, error) ?? STATUS;
      assert.deepEqual({ phase, ending, reason }, expected);
      assert.ok(message.startsWith(`Cannot create what the job needs: ${error.message}`));
    });
  }

  it("says what to do", () => {
    const error = new PetageError("ALREADY_EXISTS", "taken", { hint: "Delete it" });
    assert.equal(statusOfRefusal(STATUS, error)?.message, "Cannot create what the job needs: taken. Delete it");
  });
});

describe("statusWithoutConfig()", () => {
  const cases = [
    { what: "waits for a ConfigMap", code: "NOT_FOUND", config: { configMapRef: { name: "a" } }, phase: "Pending" },
    { what: "fails where a named config is not there", code: "NOT_FOUND", config: { name: "a" }, phase: "Failed" },
    { what: "fails where it is invalid", code: "CONFIG_INVALID_VALUE", config: { inline: "a" }, phase: "Failed" },
  ] as const;
  for (const { what, code, config, phase } of cases) {
    it(what, () => {
      const status = statusWithoutConfig({ spec: { config } }, STATUS, { error: new PetageError(code, "x"), now: NOW });
      assert.deepEqual([status.phase, status.completionTime], [phase, phase === "Failed" ? NOW : null]);
      assert.equal(status.reason, phase === "Failed" ? "ConfigInvalid" : "ConfigMapNotFound");
    });
  }
});
