import assert from "node:assert/strict";
import { isAskedFor, workerId, workerLabel, workerOfId } from "#lib/jobs/job-state.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";

const NAMES: readonly { readonly worker: WorkerName; readonly label: string; readonly id: string }[] = [
  { worker: { role: "trainer", rank: 0, attempt: 0 }, label: "trainer-0", id: "a-1-0-0" },
  { worker: { role: "trainer", rank: 12, attempt: 3 }, label: "trainer-12", id: "a-1-3-12" },
  { worker: { role: "data-loader", rank: 0, attempt: 0 }, label: "data-loader", id: "a-1-0-data-loader" },
  { worker: { role: "data-loader", rank: 1, attempt: 10 }, label: "data-loader-1", id: "a-1-10-data-loader-1" },
  { worker: { role: "evaluator", rank: 0, attempt: 2 }, label: "evaluator", id: "a-1-2-evaluator" },
  { worker: { role: "nats-server", rank: 0, attempt: 0 }, label: "nats-server", id: "a-1-0-nats-server" },
];

describe("the names of workers", () => {
  for (const { worker, label, id } of NAMES) {
    it(`${id} is ${label} of its job and attempt`, () => {
      assert.equal(workerLabel(worker), label);
      assert.equal(workerId("a-1", worker), id);
      assert.deepEqual(workerOfId("a-1", id), worker);
    });
  }

  it("are asked for one by one, by role, or all", () => {
    const labels = ["trainer-1", "trainer-10", "data-loader", "data-loader-1", "evaluator"];
    const asked = (wanted?: string): string[] => labels.filter((label) => isAskedFor(label, wanted));
    assert.deepEqual(asked("trainer-1"), ["trainer-1"]);
    assert.deepEqual(asked("data-loader"), ["data-loader", "data-loader-1"]);
    assert.deepEqual(asked("data-loader-1"), ["data-loader-1"]);
    assert.deepEqual([asked(""), asked()], [labels, labels]);
  });
});
