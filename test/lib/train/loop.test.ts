import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { createGroup } from "#lib/collective/group.ts";
import type { BatchSource, StepRange } from "#lib/data/types.ts";
import { systemClock } from "#lib/system/clock.ts";
import type { Hook, RunControl, RunState, Stages } from "#lib/train/hook.ts";
import { train } from "#lib/train/loop.ts";
import { fakeRun } from "#test/support/fake-run.ts";
import { memoryRing } from "#test/support/memory-ring.ts";
import { fakeRanks, fakeSource, fakeStep, leave, loopParts, trainLoop } from "#test/support/fake-training.ts";

const NO_METRICS = { metrics: {}, sampleCount: 0, durationMs: 0 };

const STAGES: readonly (keyof Stages)[] = [
  "beforeRun",
  "beforeEpoch",
  "afterIteration",
  "afterEpoch",
  "afterValidation",
  "afterRun",
];

/** Writes down every stage with where the run stands. */
function spy(seen: string[]): Hook {
  const tell =
    (stage: keyof Stages) =>
    ({ run }: { run: RunState }) =>
      void seen.push(`${stage} ${run.epoch}.${run.iteration}`);
  return { name: "spy", priority: 0, ...Object.fromEntries(STAGES.map((stage) => [stage, tell(stage)])) };
}

describe("trainLoop", () => {
  const validation = { validate: async () => NO_METRICS, begin: 1, interval: 1 };

  it("calls the hooks of each stage in order, with the run as it stands then", async () => {
    const seen: string[] = [];
    const { run } = fakeRun({ maxEpochs: 2, epochLength: 2 });
    const source = fakeSource([], 2);
    await trainLoop(run, loopParts({ hooks: [spy(seen)], validation, source }));
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
    assert.equal(run.state.step, 4);
  });

  it("gives each batch back when its step is done, also one that fails", async () => {
    const events: string[] = [];
    const source = fakeSource([], 4, (step) => void events.push(`released ${step}`));
    let computed = 0;
    const onGradients = (): void => {
      events.push(`computed ${computed++}`);
      if (computed === 3) throw new PetageError("NOT_FINITE", "no gradient");
    };
    const parts = loopParts({ source, step: fakeStep({ onGradients }) });
    await assert.rejects(trainLoop(fakeRun({ maxEpochs: 1 }).run, parts), /no gradient/);
    assert.deepEqual(
      events,
      [0, 1, 2].flatMap((step) => [`computed ${step}`, `released ${step}`]),
    );
  });

  it("applies each step with the rate that the schedule has then, counted from 1", async () => {
    const { run } = fakeRun({ maxEpochs: 1, step: 8 });
    const step = fakeStep();
    await trainLoop(run, loopParts({ step }));
    assert.deepEqual(
      step.applied.map(({ scalars }) => [scalars.step, scalars.learningRate]),
      [9, 10, 11, 12].map((at) => [at, 0.1]),
    );
  });

  it("goes on in the middle of an epoch, where a checkpoint was made", async () => {
    const asked: StepRange[] = [];
    const { run } = fakeRun({ maxEpochs: 2, epoch: 1, iteration: 3, step: 7, samplerEpoch: 1 });
    await trainLoop(run, loopParts({ source: fakeSource(asked) }));
    assert.deepEqual(asked, [{ epoch: 1, rank: 0, worldSize: 1, startStep: 3 }]);
    assert.equal(run.state.step, 8);
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
        measured.push(run.state.epoch);
        return NO_METRICS;
      };
      await trainLoop(run, loopParts({ validation: { validate, begin, interval } }));
      assert.deepEqual(measured, epochs);
      assert.deepEqual([...record.checkpoints.keys()], [], "the passing checkpoint is gone");
    });
  }

  it("measures the checkpoint of the epoch where there is one", async () => {
    const { run } = fakeRun({ maxEpochs: 1 });
    const save: Hook = {
      name: "save",
      priority: 0,
      afterEpoch: async (_at, { save: to }) => void (await to("epoch_1")),
    };
    const measured: string[] = [];
    const validate = async (uri: string) => (measured.push(uri), NO_METRICS);
    await trainLoop(run, loopParts({ hooks: [save], validation: { validate, begin: 1, interval: 1 } }));
    assert.deepEqual(measured, ["/run/epoch_1"]);
  });

  for (const loss of [NaN, Infinity]) {
    it(`ends with NOT_FINITE at a loss of ${loss}, and says where`, async () => {
      const { run } = fakeRun();
      const step = fakeStep({ loss: (at) => (at === 6 ? loss : 1) });
      await assert.rejects(
        trainLoop(run, loopParts({ step })),
        (error) =>
          error instanceof PetageError &&
          error.code === "NOT_FINITE" &&
          error.message.startsWith(`The loss became ${loss} at iteration 2 of epoch 2 (learning rate 0.1)`) &&
          /clip_grad.*resume/.test(error.hint ?? ""),
      );
      assert.equal(run.state.step, 5, "the step that failed does not count");
    });
  }

  it("ends with UNAVAILABLE when the data ends early, and says where", async () => {
    const { run } = fakeRun();
    await assert.rejects(
      trainLoop(run, loopParts({ source: fakeSource([], 3) })),
      (error) =>
        error instanceof PetageError &&
        error.code === "UNAVAILABLE" &&
        error.message === "The data ended after 3 of 4 batches of epoch 1",
    );
  });

  /** Where a hook that stops training is called, and the step with which training must end. */
  const stops: readonly { stage: keyof Stages; epoch: number; iteration: number; ends: number; seen: string }[] = [
    { stage: "beforeRun", epoch: 0, iteration: 0, ends: 0, seen: "beforeRun 0.0" },
    { stage: "beforeEpoch", epoch: 0, iteration: 0, ends: 0, seen: "beforeEpoch 0.0" },
    { stage: "beforeEpoch", epoch: 1, iteration: 0, ends: 4, seen: "beforeEpoch 1.0" },
    { stage: "afterIteration", epoch: 1, iteration: 2, ends: 6, seen: "afterIteration 1.2" },
    { stage: "afterIteration", epoch: 0, iteration: 4, ends: 4, seen: "afterValidation 1.0" }, // it ends the epoch
    { stage: "afterEpoch", epoch: 1, iteration: 0, ends: 4, seen: "afterValidation 1.0" },
    { stage: "afterValidation", epoch: 1, iteration: 0, ends: 4, seen: "afterValidation 1.0" },
    { stage: "afterValidation", epoch: 3, iteration: 0, ends: 12, seen: "afterValidation 3.0" },
    { stage: "afterRun", epoch: 3, iteration: 0, ends: 12, seen: "afterRun 3.0" },
  ];
  for (const { stage, epoch, iteration, ends, seen: last } of stops) {
    const stopper = (ranks: readonly number[]): Hook => ({
      name: "stop",
      priority: 0,
      [stage]: ({ run }: { run: RunState }, control: RunControl) => {
        if (ranks.includes(run.rank) && run.epoch === epoch && run.iteration === iteration) control.stop("Somebody");
      },
    });
    const at = `${stage} ${epoch}.${iteration}`;

    it(`ends with the steps that are done when a hook stops it in ${at}, and calls afterRun`, async () => {
      const seen: string[] = [];
      const { run } = fakeRun();
      const step = fakeStep();
      await trainLoop(run, loopParts({ step, validation, hooks: [stopper([0]), spy(seen)] }));
      assert.deepEqual([run.state.step, step.applied.length], [ends, ends]);
      assert.deepEqual(seen.slice(-2), stage === "afterRun" ? [seen.at(-2), last] : [last, seen.at(-1)]);
      assert.match(seen.at(-1) ?? "", /^afterRun/);
    });

    for (const ranks of [[2], [0, 1, 2]]) {
      it(`ends all ranks with the same step when ${ranks.length} of 3 stop in ${at}, and says who it was`, async () => {
        const all = fakeRanks(3);
        await Promise.all(
          all.map(({ run, group, step }) =>
            trainLoop(run, loopParts({ step, group, validation, hooks: [stopper(ranks)] })),
          ),
        );
        for (const { run, step } of all) {
          assert.deepEqual([run.state.step, step.applied.length], [ends, ends]);
          if (ends < 12) assert.equal(run.state.stoppedBy, "Somebody");
        }
        await leave(all);
      });
    }
  }

  it("gives each hook a snapshot, as the hooks before it have left the run", async () => {
    const snapshots: RunState[] = [];
    const estimate: Hook = { name: "a", priority: 0, afterIteration: ({ run }, control) => control.estimate(run.step) };
    const keep: Hook = { name: "b", priority: 1, afterIteration: ({ run }) => void snapshots.push(run) };
    await trainLoop(fakeRun({ maxEpochs: 1 }).run, loopParts({ hooks: [estimate, keep] }));
    assert.deepEqual(
      snapshots.map(({ step, etaSeconds }) => [step, etaSeconds]),
      [1, 2, 3, 4].map((step) => [step, step]),
    );
  });

  it("averages over the ranks and counts the images of all", async () => {
    const all = fakeRanks(3, (rank) => ({ offset: rank * 10 }));
    const counts: number[] = [];
    const count: Hook = {
      name: "count",
      priority: 0,
      afterIteration: ({ result }) => void counts.push(result.imageCount),
    };
    await Promise.all(all.map(({ run, group, step }) => trainLoop(run, loopParts({ step, group, hooks: [count] }))));
    assert.deepEqual([...new Set(counts)], [6]);
    for (const { step } of all) {
      assert.deepEqual(
        step.applied.slice(0, 4).map(({ gradient }) => gradient),
        [10, 11, 12, 13],
      );
    }
    await leave(all);
  });

  it("gives every rank what rank 0 had measured", async () => {
    const all = fakeRanks(2);
    const seen: string[] = [];
    const note: Hook = {
      name: "note",
      priority: 0,
      afterValidation: ({ run, validation: { metrics } }) => void seen.push(`${run.rank}: ${metrics["mae"]}`),
    };
    await Promise.all(
      all.map(({ run, group, step }) => {
        const validate = async () => {
          assert.equal(run.state.rank, 0);
          return { ...NO_METRICS, metrics: { mae: 7.5 } };
        };
        const last = { validate, begin: 3, interval: 1 };
        return trainLoop(run, loopParts({ step, group, hooks: [note], validation: last }));
      }),
    );
    assert.deepEqual(seen.toSorted(), ["0: 7.5", "1: 7.5"]);
    await leave(all);
  });

  for (const when of ["at the start", "after an epoch"]) {
    it(`ends all ranks with WEIGHTS_DIVERGED when one holds others ${when}`, async () => {
      let compared = 0;
      const all = fakeRanks(2, (rank) => ({
        hash: () => (rank === 1 && (when === "at the start" || ++compared > 1) ? "odd".repeat(8) : "same".repeat(6)),
      }));
      const ends = await Promise.allSettled(
        all.map(({ run, group, step }) => trainLoop(run, loopParts({ step, group }))),
      );
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

  /** Three ranks of which the last one fails after step 6, in the second epoch. */
  function withFailure() {
    const all = fakeRanks(3);
    const fail: Hook = {
      name: "fail",
      priority: 0,
      afterIteration({ run }) {
        if (run.rank === 2 && run.step === 6) throw new PetageError("IMAGE_EMPTY", "a fault of this rank alone");
      },
    };
    return { all, fail };
  }

  it("ends with PEER_LOST where a peer is lost and no other group follows, with its steps saved", async () => {
    const { all, fail } = withFailure();
    const ends = await Promise.allSettled(
      all.map(({ run, group, step }) => trainLoop(run, loopParts({ step, group, hooks: [fail] }))),
    );
    const codes = ends.map((end) => end.status === "rejected" && PetageError.from(end.reason).code);
    assert.deepEqual(codes, ["PEER_LOST", "PEER_LOST", "IMAGE_EMPTY"]);
    assert.deepEqual(
      all.map(({ record }) => [...record.checkpoints.keys()]),
      [["iter_6"], ["iter_6"], []],
    );
    await leave(all);
  });

  it("goes on in the next group of a membership, from the last complete step, in the same process", async () => {
    const { all, fail } = withFailure();
    const links = memoryRing(2);
    const seen: string[][] = [[], [], []];
    const ends = all.map(async ({ run, group, step }, rank) => {
      const membership = (async function* () {
        yield group;
        const link = links[rank];
        if (!link) return;
        await using second = createGroup({ rank, size: 2, generation: 1, clock: systemClock, link });
        yield second;
      })();
      const { group: _first, ...others } = loopParts({ step, hooks: [spy(seen[rank] ?? []), fail] });
      await train({ membership, open: async () => run, ...others });
    });
    await assert.rejects(ends[2] as Promise<void>, /a fault of this rank alone/);
    await Promise.all(ends.slice(0, 2));
    for (const { run, record, step } of all.slice(0, 2)) {
      // 6 steps, the second epoch again in two ranks' shares, and the third
      assert.deepEqual([run.state.step, run.state.epoch, run.state.worldSize, step.applied.length], [14, 3, 2, 14]);
      assert.match(record.lines.join("\n"), /Saved iter_6 after: .*\n.*Epoch 2 begins again: 3 workers began it, now/);
    }
    assert.deepEqual(
      seen[0]?.filter((line) => /Run/.test(line)),
      ["beforeRun 0.0", "afterRun 3.0"],
    );
    await leave(all);
  });

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
    const training = trainLoop(fakeRun().run, loopParts({ source: waiting, signal: end.signal }));
    end.abort(new PetageError("ABORTED", "told to end"));
    await assert.rejects(training, /told to end/);
  });
});
