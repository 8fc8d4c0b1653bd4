import assert from "node:assert/strict";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { Tracks } from "#services/controller/kubernetes/tracks.ts";

const UID = "0123";
const OWNER = { apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", name: "job", uid: UID, controller: true };

function job(attempt: number): TrainingJobObject {
  const progress = { epoch: 3, step: 90, lostSteps: 10 };
  return { metadata: { name: "job", uid: UID }, spec: { config: {} }, status: { attempt, progress } };
}

/** A trainer that ended at a step. */
function pod(attempt: number, step: number): Pod {
  const message = JSON.stringify({ error: "", step, checkpoint: null, result: null, published: null });
  const labels = { "petage.dev/role": "trainer", "petage.dev/rank": "0", "petage.dev/attempt": String(attempt) };
  return {
    metadata: { name: `job-${attempt}-0`, namespace: "ns", uid: `${attempt}`, labels, ownerReferences: [OWNER] },
    spec: { containers: [{ name: "trainer" }] },
    status: {
      phase: "Failed",
      containerStatuses: [{ name: "trainer", state: { terminated: { exitCode: 1, message } } }],
    },
  };
}

describe("Tracks", () => {
  it("takes in what pods said before the job was seen, and loses nothing that its status says", () => {
    const tracks = new Tracks(() => Date.now());
    const said = pod(0, 100);
    tracks.take({ key: "ns/job-0-0", before: undefined, after: said });
    const { facts } = tracks.of(job(0), [said]);
    assert.deepEqual(facts.progress, { epoch: 3, step: 100, lostSteps: 10 });
  });

  it("takes no steps from attempts that are over: they were lost, and have been counted", () => {
    const tracks = new Tracks(() => Date.now());
    const old = pod(0, 100);
    assert.equal(tracks.of(job(1), [old]).facts.progress?.step, 90);
    tracks.take({ key: "ns/job-0-0", before: old, after: undefined });
    assert.equal(tracks.of(job(1), []).facts.progress?.step, 90);
  });

  it("remembers how pods ended that are gone", () => {
    const tracks = new Tracks(() => Date.now());
    tracks.take({ key: "ns/job-0-0", before: pod(0, 1), after: undefined });
    assert.equal(tracks.of(job(0), []).endings.get("job-0-0")?.code, 1);
    tracks.forget(UID);
    assert.equal(tracks.of(job(0), []).endings.size, 0);
  });
});
