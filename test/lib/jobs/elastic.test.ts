import assert from "node:assert/strict";
import { ELASTIC_PATIENCE_MS, GROW_INTERVAL_MS, planSize, resizeMoments } from "#lib/jobs/elastic.ts";
import { plan } from "#lib/jobs/plan.ts";
import type { JobStatus, WorkerState } from "#lib/jobs/job-state.ts";
import { gated, homeless, NOW, observed, ready, starting } from "#test/support/observed-job.ts";
import type { Situation } from "#test/support/observed-job.ts";

const elastic = { workers: 4, minWorkers: 2 };
const sized = (size: number, ageMs: number): Partial<JobStatus> => ({
  workers: size,
  sizedFor: 4,
  attemptTime: NOW - ageMs,
});
const trainers = (...groups: readonly [number, WorkerState][]): WorkerState[] =>
  groups.flatMap(([count, state]) => Array.from({ length: count }, () => state));

const CASES: readonly { readonly what: string; readonly situation: Situation; readonly size: number | undefined }[] = [
  {
    what: "leaves a whole ring alone",
    situation: { spec: elastic, status: sized(4, GROW_INTERVAL_MS * 2), trainers: trainers([4, ready]) },
    size: undefined,
  },
  {
    what: "waits a while for workers that have no node",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS),
      trainers: trainers([3, starting], [1, homeless]),
    },
    size: undefined,
  },
  {
    what: "goes on without them then",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([3, starting], [1, homeless]),
    },
    size: 3,
  },
  {
    what: "has never fewer than its minimum",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([1, starting], [3, homeless]),
    },
    size: undefined,
  },
  {
    what: "does not go on without its data-loader",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([3, starting], [1, homeless]),
      dataLoader: homeless,
    },
    size: undefined,
  },
  {
    what: "a rigid job waits for all",
    situation: {
      spec: { workers: 4, minWorkers: 4 },
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([3, starting], [1, homeless]),
    },
    size: undefined,
  },
  {
    what: "begins with those of held-back workers for which there is room",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([4, gated]),
      dataLoader: gated,
      rest: { fits: false, room: 3 },
    },
    size: 3,
  },
  {
    what: "gives the others half a minute to find room",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS),
      trainers: trainers([4, gated]),
      dataLoader: gated,
      rest: { fits: false, room: 3 },
    },
    size: undefined,
  },
  {
    what: "waits where there is room for fewer than its minimum",
    situation: {
      spec: elastic,
      status: sized(4, ELASTIC_PATIENCE_MS + 1),
      trainers: trainers([4, gated]),
      dataLoader: gated,
      rest: { fits: false, room: 1 },
    },
    size: undefined,
  },
  {
    what: "does not stop to grow where there is no room",
    situation: {
      spec: elastic,
      status: sized(2, GROW_INTERVAL_MS + 1),
      trainers: trainers([2, ready]),
      rest: { room: 0 },
    },
    size: undefined,
  },
  {
    what: "grows by as many as there is room for",
    situation: {
      spec: elastic,
      status: sized(2, GROW_INTERVAL_MS + 1),
      trainers: trainers([2, ready]),
      rest: { room: 1 },
    },
    size: 3,
  },
  {
    what: "tries to grow now and then",
    situation: { spec: elastic, status: sized(3, GROW_INTERVAL_MS + 1), trainers: trainers([3, ready]) },
    size: 4,
  },
  {
    what: "not sooner",
    situation: { spec: elastic, status: sized(3, GROW_INTERVAL_MS), trainers: trainers([3, ready]) },
    size: undefined,
  },
  {
    what: "follows whoever scales it, at once",
    situation: { spec: { ...elastic, workers: 6 }, status: sized(4, 0), trainers: trainers([4, ready]) },
    size: 6,
  },
];

describe("planSize", () => {
  for (const { what, situation, size } of CASES) {
    it(what, () => {
      const [action] = planSize(observed(situation), NOW) ?? [];
      const status = action?.kind === "set-status" ? action.status : undefined;
      assert.equal(status?.nextWorkers ?? undefined, size);
      if (size !== undefined) assert.deepEqual([status?.phase, status?.ending], ["Stopping", "Restarting"]);
    });
  }

  it("is followed again when a job is scaled once more while it stops", () => {
    const scaled = observed({ spec: { ...elastic, workers: 3 }, status: sized(4, 0), trainers: trainers([4, ready]) });
    const [stopping] = planSize(scaled, NOW) ?? [];
    assert.ok(stopping?.kind === "set-status");
    // Four again, before the next attempt, of three, has begun.
    const next = {
      ...stopping.status,
      phase: "Restarting",
      ending: null,
      workers: 0,
      attempt: 1,
      attemptTime: null,
    } as const;
    const begun = plan({ ...observed({ spec: elastic, status: next }), workers: [] }, NOW).at(-1);
    assert.ok(begun?.kind === "set-status");
    assert.deepEqual([begun.status.workers, begun.status.sizedFor], [3, 3]);
    const [again] =
      planSize(observed({ spec: elastic, status: begun.status, trainers: trainers([3, starting]) }), NOW) ?? [];
    assert.ok(again?.kind === "set-status");
    assert.equal(again.status.nextWorkers, 4);
  });

  it("is asked again when time alone may change it", () => {
    const status = observed({ spec: elastic, status: sized(3, 0) });
    assert.deepEqual(resizeMoments(status), [NOW + ELASTIC_PATIENCE_MS + 1, NOW + GROW_INTERVAL_MS + 1]);
    assert.deepEqual(resizeMoments(observed({})), [], "a rigid job does not change");
  });
});
