import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { createGroup } from "#lib/collective/group.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import type { Batch, BatchSource, StepRange } from "#lib/data/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import { LOSS_INDEX, STOP_INDEX } from "#lib/train/bucket-plan.ts";
import { trainLoop } from "#lib/train/loop.ts";
import type { LoopParts } from "#lib/train/loop.ts";
import type { StepEngine, StepScalars } from "#lib/train/ports.ts";
import type { Hook, Stage, TrainingRun } from "#lib/train/run.ts";
import { fakeRun } from "#test/support/fake-run.ts";
import type { RunRecord } from "#test/support/fake-run.ts";
import { memoryRing } from "#test/support/memory-ring.ts";

const never = new AbortController().signal;
const NO_METRICS = { metrics: {}, sampleCount: 0, durationMs: 0 };

interface FakeStep extends StepEngine {
  readonly applied: { readonly scalars: StepScalars; readonly gradient: number }[];
}

/** A step whose gradient is the step's number within the epoch plus `offset`, and whose loss a test chooses. */
function fakeStep({ loss = () => 1, offset = 0, hash = () => "same" }: FakeStepOptions = {}): FakeStep {
  const gradient = new Float32Array(1);
  const last = new Float32Array(2);
  const applied: FakeStep["applied"] = [];
  return {
    bucketCount: 2,
    applied,
    async *gradients(batch: Batch) {
      gradient[0] = batch.step + offset;
      yield { index: 0, values: gradient };
      last[LOSS_INDEX] = loss(applied.length + 1);
      last[STOP_INDEX] = 0;
      yield { index: 1, values: last };
    },
    async apply(scalars) {
      applied.push({ scalars, gradient: gradient[0] ?? NaN });
      return { loss: last[LOSS_INDEX] ?? NaN };
    },
    hash: async () => hash(),
    exportTensors: async () => ({ weights: new Map(), optimizer: new Map() }),
  };
}

interface FakeStepOptions {
  readonly loss?: (step: number) => number;
  readonly offset?: number;
  readonly hash?: () => string;
}

/** Batches of two empty images; `end` ends an epoch early. */
function fakeSource(asked: StepRange[] = [], end = Infinity): BatchSource {
  return {
    describe: async () => ({ stepsPerEpoch: 4, sampleCount: 8, batchSize: 2, classes: [] }),
    async *batches(range) {
      asked.push(range);
      for (let step = range.startStep; step < Math.min(4, end); step++) {
        yield {
          step,
          images: new Uint8Array(6),
          height: 1,
          width: 1,
          labels: new Int32Array(2),
          sampleIds: ["a", "b"],
          sampleIndices: new Int32Array(2),
          skippedIds: [],
        };
      }
    },
  };
}

const STAGES: readonly Stage[] = [
  "beforeRun",
  "beforeEpoch",
  "afterIteration",
  "afterEpoch",
  "afterValidation",
  "afterRun",
];

/** Writes down every stage with where the run stands. */
function spy(seen: string[]): Hook {
  const tell = (stage: Stage) => (run: TrainingRun) => void seen.push(`${stage} ${run.epoch}.${run.iteration}`);
  return { name: "spy", priority: 0, ...Object.fromEntries(STAGES.map((stage) => [stage, tell(stage)])) };
}

function parts(changes: Partial<LoopParts> = {}): LoopParts {
  const group = createGroup({ rank: 0, size: 1, generation: 0, clock: systemClock });
  return { step: fakeStep(), group, source: fakeSource(), hooks: [], validation: undefined, signal: never, ...changes };
}

interface Rank {
  readonly run: TrainingRun;
  readonly record: RunRecord;
  readonly group: RingGroup;
  readonly step: FakeStep;
}

/** Ranks that train together over a ring within this process. */
function ranks(count: number, step: (rank: number) => FakeStepOptions = () => ({})): Rank[] {
  return memoryRing(count).map((link, rank) => ({
    ...fakeRun({ rank, worldSize: count }),
    group: createGroup({ rank, size: count, generation: 0, clock: systemClock, link }),
    step: fakeStep(step(rank)),
  }));
}

async function leave(all: readonly Rank[]): Promise<void> {
  await Promise.all(all.map(({ group }) => group[Symbol.asyncDispose]()));
}

describe("trainLoop", () => {
  it("calls the hooks of each stage in order, with the run as it stands then", async () => {
    const seen: string[] = [];
    const { run } = fakeRun({ maxEpochs: 2, epochLength: 2 });
    const validation = { validate: async () => NO_METRICS, begin: 1, interval: 1 };
    const source = fakeSource([], 2);
    await trainLoop(run, parts({ hooks: [spy(seen)], validation, source }));
    assert.deepEqual(seen, [
      "beforeRun 0.0",
      "beforeEpoch 0.0",
      "afterIteration 0.1",
      "afterIteration 0.2",
      "afterEpoch 1.0",
      "afterValidation 1.0",
      "beforeEpoch 1.0",
      "afterIteration 1.1",
      "afterIteration 1.2",
      "afterEpoch 2.0",
      "afterValidation 2.0",
      "afterRun 2.0",
    ]);
    assert.equal(run.step, 4);
  });

  it("applies each step with the rate that the schedule has then, counted from 1", async () => {
    const { run } = fakeRun({ maxEpochs: 1, step: 8 });
    const step = fakeStep();
    await trainLoop(run, parts({ step }));
    assert.deepEqual(
      step.applied.map(({ scalars }) => [scalars.step, scalars.learningRate]),
      [9, 10, 11, 12].map((at) => [at, 0.1]),
    );
  });

  it("goes on in the middle of an epoch, where a checkpoint was made", async () => {
    const asked: StepRange[] = [];
    const { run } = fakeRun({ maxEpochs: 2, epoch: 1, iteration: 3, step: 7, samplerEpoch: 1 });
    await trainLoop(run, parts({ source: fakeSource(asked) }));
    assert.deepEqual(asked, [{ epoch: 1, rank: 0, worldSize: 1, startStep: 3 }]);
    assert.equal(run.step, 8);
  });

  const validations: readonly { begin: number; interval: number; epochs: readonly number[] }[] = [
    { begin: 1, interval: 1, epochs: [1, 2, 3] },
    { begin: 2, interval: 1, epochs: [2, 3] },
    { begin: 1, interval: 2, epochs: [2, 3] }, // and after the last one
  ];
  for (const { begin, interval, epochs } of validations) {
    it(`validates after epochs ${epochs.join(", ")} with val_begin=${begin} and val_interval=${interval}`, async () => {
      const { run, record } = fakeRun();
      const measured: number[] = [];
      const validate = async (uri: string) => {
        assert.equal(uri, "/run/validating");
        assert.ok(record.checkpoints.has("validating"), "what is measured is there");
        measured.push(run.epoch);
        return NO_METRICS;
      };
      await trainLoop(run, parts({ validation: { validate, begin, interval } }));
      assert.deepEqual(measured, epochs);
      assert.deepEqual([...record.checkpoints.keys()], [], "the passing checkpoint is gone");
    });
  }

  it("measures the checkpoint of the epoch where there is one", async () => {
    const { run } = fakeRun({ maxEpochs: 1 });
    const save: Hook = {
      name: "save",
      priority: 0,
      afterEpoch: (at) => void (at.saved = { name: "epoch_1", uri: "/run/epoch_1", sha256: "", step: at.step }),
    };
    const measured: string[] = [];
    const validate = async (uri: string) => (measured.push(uri), NO_METRICS);
    await trainLoop(run, parts({ hooks: [save], validation: { validate, begin: 1, interval: 1 } }));
    assert.deepEqual(measured, ["/run/epoch_1"]);
  });

  for (const loss of [NaN, Infinity]) {
    it(`ends with NOT_FINITE at a loss of ${loss}, and says where`, async () => {
      const { run } = fakeRun();
      const step = fakeStep({ loss: (at) => (at === 6 ? loss : 1) });
      await assert.rejects(
        trainLoop(run, parts({ step })),
        (error) =>
          error instanceof PetageError &&
          error.code === "NOT_FINITE" &&
          error.message.startsWith(`The loss became ${loss} at iteration 2 of epoch 2 (learning rate 0.1)`) &&
          /clip_grad.*resume/.test(error.hint ?? ""),
      );
      assert.equal(run.step, 5, "the step that failed does not count");
    });
  }

  it("ends with UNAVAILABLE when the data ends early, and says where", async () => {
    const { run } = fakeRun();
    await assert.rejects(
      trainLoop(run, parts({ source: fakeSource([], 3) })),
      (error) =>
        error instanceof PetageError &&
        error.code === "UNAVAILABLE" &&
        error.message === "The data ended after 3 of 4 batches of epoch 1",
    );
  });

  it("stops after the step in progress when it is told to, and still ends its run in order", async () => {
    const seen: string[] = [];
    const { run } = fakeRun();
    const stop: Hook = {
      name: "stop",
      priority: 0,
      afterIteration: (at) => void (at.stopWanted ||= at.step === 6),
    };
    await trainLoop(run, parts({ hooks: [stop, spy(seen)] }));
    assert.deepEqual([run.epoch, run.iteration, run.step], [1, 3, 7]);
    assert.deepEqual(seen.slice(-2), ["afterIteration 1.3", "afterRun 1.3"]);
  });

  it("counts the epoch when it is stopped at its end", async () => {
    const seen: string[] = [];
    const { run } = fakeRun();
    const stop: Hook = {
      name: "stop",
      priority: 0,
      afterIteration: (at) => void (at.stopWanted ||= at.step === 3),
    };
    await trainLoop(run, parts({ hooks: [stop, spy(seen)] }));
    assert.deepEqual([run.epoch, run.iteration, run.step], [1, 0, 4]);
    assert.deepEqual(seen.slice(-2), ["afterEpoch 1.0", "afterRun 1.0"]);
  });

  it("averages over the ranks and counts the images of all", async () => {
    const all = ranks(3, (rank) => ({ offset: rank * 10 }));
    await Promise.all(all.map(({ run, group, step }) => trainLoop(run, parts({ step, group }))));
    for (const { run, step } of all) {
      assert.deepEqual(
        step.applied.slice(0, 4).map(({ gradient }) => gradient),
        [10, 11, 12, 13],
      );
      assert.equal(run.last?.imageCount, 6);
    }
    await leave(all);
  });

  it("stops all ranks after the same step when one of them is told to", async () => {
    const all = ranks(3);
    const stop: Hook = {
      name: "stop",
      priority: 0,
      afterIteration: (run) => void (run.stopWanted ||= run.rank === 2 && run.step === 5),
    };
    await Promise.all(all.map(({ run, group, step }) => trainLoop(run, parts({ step, group, hooks: [stop] }))));
    assert.deepEqual(
      all.map(({ run }) => run.step),
      [6, 6, 6],
    );
    await leave(all);
  });

  it("gives every rank what rank 0 had measured", async () => {
    const all = ranks(2);
    const seen: string[] = [];
    const note: Hook = {
      name: "note",
      priority: 0,
      afterValidation: ({ rank, validation }) => void seen.push(`${rank}: ${validation?.metrics["mae"]}`),
    };
    await Promise.all(
      all.map(({ run, group, step }) => {
        const validate = async () => {
          assert.equal(run.rank, 0);
          return { ...NO_METRICS, metrics: { mae: 7.5 } };
        };
        const validation = { validate, begin: 3, interval: 1 };
        return trainLoop(run, parts({ step, group, hooks: [note], validation }));
      }),
    );
    assert.deepEqual(seen.toSorted(), ["0: 7.5", "1: 7.5"]);
    await leave(all);
  });

  for (const when of ["at the start", "after an epoch"]) {
    it(`ends all ranks with WEIGHTS_DIVERGED when one holds others ${when}`, async () => {
      let compared = 0;
      const all = ranks(2, (rank) => ({
        hash: () => (rank === 1 && (when === "at the start" || ++compared > 1) ? "odd".repeat(8) : "same".repeat(6)),
      }));
      const ends = await Promise.allSettled(all.map(({ run, group, step }) => trainLoop(run, parts({ step, group }))));
      for (const [rank, end] of ends.entries()) {
        assert.equal(end.status, "rejected", `rank ${rank}`);
        const { code, message } = PetageError.from(end.reason);
        assert.equal(code, "WEIGHTS_DIVERGED");
        const step = when === "at the start" ? 0 : 4;
        const expected = `Ranks hold different weights after step ${step} (rank 0: samesamesame, rank 1: oddoddoddodd)`;
        assert.equal(message, expected);
      }
      await leave(all);
    });
  }

  it("ends with the reason of its signal", async () => {
    const end = new AbortController();
    const source = fakeSource();
    const waiting: BatchSource = {
      describe: source.describe,
      async *batches(_range, signal) {
        yield* [];
        await abortable(new Promise(() => {}), signal);
      },
    };
    const training = trainLoop(fakeRun().run, parts({ source: waiting, signal: end.signal }));
    end.abort(new PetageError("ABORTED", "told to end"));
    await assert.rejects(training, /told to end/);
  });
});
