import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PetageError } from "#lib/base/errors.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { createSchedule } from "#lib/optim/schedule.ts";
import { schedules } from "#lib/optim/schedules/index.ts";
import { formatSeconds } from "#lib/base/format-seconds.ts";
import { hooks } from "#lib/train/hooks/index.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook, IterationResult, ScalarRecord, Validation } from "#lib/train/hook.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { runSettings } from "#lib/train/settings.ts";
import { buildFrom } from "#test/support/build.ts";
import { fakeRun, iterationResult } from "#test/support/fake-run.ts";
import type { RunChanges, RunRecord } from "#test/support/fake-run.ts";
import { fakeRanks, fakeStep, leave, loopParts, trainLoop } from "#test/support/fake-training.ts";
import { resolved } from "#test/support/tiny-model.ts";

const GOLDEN = new URL("../../../golden/mmpretrain/logs/", import.meta.url);

function hook(type: string, config: ConfigDict = {}): Hook {
  return buildFrom(hooks, { type, ...config }, undefined);
}

const METRICS: Validation = { metrics: { "accuracy/top1": 1 }, sampleCount: 10, durationMs: 100 };

function tellIteration(to: Hook, run: TrainingRun, result: IterationResult): void {
  void to.afterIteration?.({ run: run.state, result }, run.control);
}

interface Played {
  readonly run: TrainingRun;
  readonly record: RunRecord;
}

/** Trains 3 epochs of 4 iterations of 50 ms each with hooks, with a value of each metric after each epoch. */
async function play(
  parts: readonly Hook[],
  {
    changes = {},
    values = [],
    existing = [],
  }: {
    changes?: RunChanges;
    values?: readonly Validation["metrics"][];
    existing?: readonly string[];
  } = {},
): Promise<Played> {
  const { run, record, clock } = fakeRun(changes);
  for (const name of existing) await run.control.save(name);
  const validate = async (): Promise<Validation> => {
    return { metrics: values[run.state.epoch - 1] ?? {}, sampleCount: 10, durationMs: 100 };
  };
  const validation = values.length > 0 ? { validate, begin: 1, interval: 1 } : undefined;
  const step = fakeStep({ onGradients: () => clock.pass(50) });
  await trainLoop(run, loopParts({ step, hooks: parts, validation }));
  return { run, record };
}

describe("hooks", () => {
  it("run in mmengine's order", () => {
    const { hooks: built } = runSettings(
      resolved({
        train_dataloader: {},
        optim_wrapper: {},
        train_cfg: { max_epochs: 1 },
        default_hooks: { visualization: { type: "VisualizationHook" }, runtime_info: { type: "RuntimeInfoHook" } },
      }),
    );
    const order = built.map(({ name, priority }) => [priority, name]);
    assert.deepEqual(order, [
      [PRIORITIES.NORMAL, "IterTimerHook"],
      [PRIORITIES.NORMAL, "DistSamplerSeedHook"],
      [PRIORITIES.NORMAL, "VisualizationHook"],
      [PRIORITIES.BELOW_NORMAL, "LoggerHook"],
      [PRIORITIES.LOW, "ParamSchedulerHook"],
      [PRIORITIES.VERY_LOW, "CheckpointHook"],
    ]);
  });

  it("take a priority by mmengine's name or as a number, and None removes a default one", () => {
    const { hooks: built } = runSettings(
      resolved({
        train_dataloader: {},
        optim_wrapper: {},
        train_cfg: { max_epochs: 1 },
        default_hooks: { checkpoint: null, logger: { priority: "HIGHEST" }, timer: { priority: 77 } },
        custom_hooks: [{ type: "IterTimerHook", priority: "VERY_HIGH" }],
      }),
    );
    assert.deepEqual(
      built.map(({ priority }) => priority),
      [0, 10, 50, 70, 77],
    );
  });
});

describe("LoggerHook", () => {
  interface Golden extends ScalarRecord {
    readonly lr: number;
    readonly loss: number;
    readonly time: number;
    readonly data_time: number;
    readonly grad_norm: number;
    readonly step: number;
  }
  const golden = readFileSync(new URL("scalars.json", GOLDEN), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Golden);
  const goldenLines = readFileSync(new URL("train_console.log", GOLDEN), "utf8")
    .split("\n")
    .filter((line) => / Epoch\(train\) /.test(line))
    .map((line) => line.slice(line.indexOf("Epoch")));

  it("writes the lines and scalars of mmengine's log from the same numbers", () => {
    const iterations = golden.filter(({ loss }) => loss !== undefined);
    assert.equal(iterations.length, goldenLines.length);
    const etas = goldenLines.map((line) => Number(/eta: 0:00:0(\d)/.exec(line)?.[1]));
    for (const [index, scalars] of iterations.entries()) {
      const epoch = Math.floor((scalars.step - 1) / 6);
      const at = { step: scalars.step, epoch, iteration: scalars.step - 6 * epoch };
      const { run, record } = fakeRun({ epochLength: 6, etaSeconds: etas[index] ?? 0, ...at });
      const result = iterationResult({
        learningRate: scalars.lr,
        totalMs: scalars.time * 1000,
        dataMs: scalars.data_time * 1000,
        gradNorm: scalars.grad_norm,
        loss: scalars.loss,
      });
      tellIteration(hook("LoggerHook", { interval: 2 }), run, result);
      assert.deepEqual(record.lines, [goldenLines[index]]);
      const [written] = record.scalars;
      assert.deepEqual(Object.keys(written ?? {}), Object.keys(scalars));
      for (const [name, value] of Object.entries(scalars)) {
        assert.ok(Math.abs((written?.[name] ?? NaN) - value) < 1e-12, name);
      }
    }
  });

  it("writes the line and the scalars of a validation", async () => {
    const { record } = await play([hook("LoggerHook", { interval: 4 })], { values: [{ "accuracy/top10": 44.55 }] });
    assert.equal(record.lines[1], "Epoch(val) [1][10/10]    accuracy/top10: 44.5500  time: 0.1000");
    assert.deepEqual(record.scalars[1], { "accuracy/top10": 44.55, time: 0.1, step: 1 });
  });

  for (const [worldSize, where] of [
    [1, ""],
    [2, " on rank 1"],
  ] as const) {
    it(`says after an epoch how many photos it went without, each once, on any of ${worldSize} ranks`, () => {
      const logger = hook("LoggerHook");
      const { run, record } = fakeRun({ worldSize, rank: worldSize - 1, iteration: 1, step: 1, epoch: 2 });
      for (const skippedIds of [["a.jpg"], [], ["b.jpg", "a.jpg"]])
        tellIteration(logger, run, iterationResult({ skippedIds }));
      void logger.afterEpoch?.({ run: run.state }, run.control);
      void logger.afterEpoch?.({ run: run.state }, run.control);
      assert.deepEqual(record.lines, [
        `WARN Epoch(train) [2]  2 photos could not be read${where}: the next ones took their places`,
      ]);
    });
  }

  const intervals: readonly { config: ConfigDict; steps: readonly number[] }[] = [
    { config: { interval: 4 }, steps: [4, 8, 12] },
    { config: { interval: 3 }, steps: [3, 7, 11] }, // counted within the epoch, as mmengine does
    { config: { interval: 3, ignore_last: false }, steps: [3, 4, 7, 8, 11, 12] },
    { config: { interval: 100 }, steps: [4, 8, 12] }, // a line an epoch, as mmengine from 0.7.3 on
  ];
  for (const { config, steps } of intervals) {
    it(`with ${JSON.stringify(config)} logs after steps ${steps.join(", ")}`, async () => {
      const { record } = await play([hook("LoggerHook", config)]);
      assert.deepEqual(
        record.scalars.map(({ step }) => step),
        steps,
      );
    });
  }

  it("averages loss and times over the last ten iterations and keeps quiet on other ranks", () => {
    const logger = hook("LoggerHook", { interval: 12 });
    const { run, record } = fakeRun({ epochLength: 12 });
    for (let iteration = 1; iteration <= 12; iteration++) {
      run.update({ iteration });
      tellIteration(logger, run, iterationResult({ loss: iteration, totalMs: 1000 * iteration }));
    }
    assert.equal(record.scalars[0]?.["loss"], 7.5); // of 3..12
    assert.equal(record.scalars[0]?.["time"], 7.5);
    const other = fakeRun({ rank: 1, iteration: 12, epochLength: 12 });
    tellIteration(logger, other.run, iterationResult());
    assert.deepEqual(other.record.lines, []);
  });

  for (const [seconds, text] of [
    [0, "0:00:00"],
    [59.6, "0:01:00"],
    [3_725, "1:02:05"],
    [90_000, "1 day, 1:00:00"],
    [180_000, "2 days, 2:00:00"],
    [-1, "0:00:00"],
  ] as const) {
    it(`formatSeconds(${seconds}) is ${text}`, () => assert.equal(formatSeconds(seconds), text));
  }
});

describe("CheckpointHook", () => {
  const rows: readonly { config: ConfigDict; left: readonly string[]; why: string }[] = [
    { config: { interval: 1 }, left: ["epoch_1", "epoch_2", "epoch_3"], why: "every epoch" },
    { config: { interval: 2 }, left: ["epoch_2", "epoch_3"], why: "every second epoch and the last" },
    { config: { interval: 2, save_last: false }, left: ["epoch_2"], why: "every second epoch only" },
    { config: {}, left: ["epoch_3"], why: "the last one only" },
    { config: { interval: 1, max_keep_ckpts: 2 }, left: ["epoch_2", "epoch_3"], why: "and keeps the newest two" },
    { config: { interval: 1, save_begin: 2 }, left: ["epoch_2", "epoch_3"], why: "from the second epoch on" },
    { config: { interval: 5, by_epoch: false }, left: ["iter_5", "iter_10", "iter_12"], why: "by iteration" },
  ];
  for (const { config, left, why } of rows) {
    it(`${JSON.stringify(config)} saves ${why}`, async () => {
      const { record } = await play([hook("CheckpointHook", config)]);
      assert.deepEqual([...record.checkpoints.keys()], left);
      assert.equal(record.latest, left.at(-1));
    });
  }

  const earlier = ["epoch_10", "epoch_9", "iter_3", "best_a_epoch_9"];
  const restarted: readonly { config: ConfigDict; left: readonly string[] }[] = [
    { config: { interval: 1, max_keep_ckpts: 2 }, left: ["iter_3", "best_a_epoch_9", "epoch_11", "epoch_12"] },
    {
      config: { interval: 1, max_keep_ckpts: 3 },
      left: ["epoch_10", "iter_3", "best_a_epoch_9", "epoch_11", "epoch_12"],
    },
    { config: { interval: 1 }, left: [...earlier, "epoch_11", "epoch_12"] },
  ];
  it("counts what the runs have left that this one goes on from", async () => {
    const { record } = await play([hook("CheckpointHook", { interval: 1, max_keep_ckpts: 2 })], {
      changes: { maxEpochs: 12, epoch: 11, step: 44 },
      existing: ["../first/epoch_10", "../second/epoch_11"],
    });
    assert.deepEqual([...record.checkpoints.keys()], ["../second/epoch_11", "epoch_12"]);
  });

  for (const { config, left } of restarted) {
    it(`${JSON.stringify(config)} counts what an earlier attempt of the run has left`, async () => {
      const changes = { maxEpochs: 12, epoch: 10, step: 40 };
      const { record } = await play([hook("CheckpointHook", config)], { changes, existing: earlier });
      assert.deepEqual([...record.checkpoints.keys()], left);
    });
  }

  it("writes where the run stands, with the optimizer, and tells of it", async () => {
    const { record } = await play([hook("CheckpointHook", { interval: 1 })]);
    const { meta, optimizer } = record.checkpoints.get("epoch_2") ?? assert.fail("epoch_2 is not there");
    assert.ok(optimizer.size > 0);
    assert.equal(meta.configName, "tiny");
    const { epoch, iteration, step, worldSize } = meta.progress;
    assert.deepEqual({ epoch, iteration, step, worldSize }, { epoch: 2, iteration: 0, step: 8, worldSize: 1 });
    assert.deepEqual(
      record.told.map(({ name }) => name),
      ["epoch_1", "epoch_2", "epoch_3"],
    );
  });

  it("adds the metrics to the checkpoint that they were measured on", async () => {
    const values = [{ "accuracy/top1": 1 }, { "accuracy/top1": 2 }, { "accuracy/top1": 3 }];
    const { record } = await play([hook("CheckpointHook", { interval: 1 })], { values });
    assert.deepEqual(
      [...record.checkpoints.values()].map(({ meta }) => meta.metrics),
      values,
    );
  });

  const best: readonly { save_best: string; rule?: "less" | "greater"; values: readonly number[]; epoch: number }[] = [
    { save_best: "accuracy/top1", values: [10, 30, 20], epoch: 2 },
    { save_best: "accuracy/top10", values: [44.55, 33.2, 40], epoch: 2 }, // months: less is better, whatever its name
    { save_best: "top10", values: [44.55, 33.2, 27.5], epoch: 3 },
    { save_best: "accuracy/top10", rule: "greater", values: [44.55, 33.2, 27.5], epoch: 1 },
    { save_best: "auto", values: [3, 1, 2], epoch: 2 }, // the first metric: accuracy/top10
    { save_best: "accuracy/top1", values: [5, 5, 5], epoch: 1 }, // no better: the first one stays
    { save_best: "accuracy/top1", values: [NaN, 1, NaN], epoch: 2 },
  ];
  for (const { save_best, rule, values, epoch } of best) {
    it(`save_best=${save_best}${rule ? ` rule=${rule}` : ""} of ${values.join(", ")} keeps epoch ${epoch} alone`, async () => {
      const checkpoint = hook("CheckpointHook", { save_best, ...(rule && { rule }) });
      const metrics = values.map((value) => ({ "accuracy/top10": value, "accuracy/top1": value }));
      const { run, record } = await play([checkpoint], { values: metrics });
      const kept = [...record.checkpoints].filter(([name]) => name.startsWith("best_"));
      const metric = save_best.endsWith("top1") ? "accuracy_top1" : "accuracy_top10";
      assert.deepEqual(
        kept.map(([name]) => name),
        [`best_${metric}_epoch_${epoch}`],
      );
      assert.equal(run.state.best?.value, values[epoch - 1]);
      assert.deepEqual(kept[0]?.[1].meta.progress.best, run.state.best);
      assert.equal(record.latest, "epoch_3", "the best one is not what --resume continues");
    });
  }

  it("compares with nothing that another metric measured, and leaves its best alone", async () => {
    const before = { metric: "accuracy/top10", value: 1, name: "best_accuracy_top10_epoch_1" };
    const { run, record } = await play([hook("CheckpointHook", { save_best: "accuracy/top1" })], {
      changes: { best: before, epoch: 1, step: 4 },
      values: [{}, { "accuracy/top1": 0.5 }, { "accuracy/top1": 0.4 }],
      existing: [before.name],
    });
    assert.deepEqual(run.state.best, { metric: "accuracy/top1", value: 0.5, name: "best_accuracy_top1_epoch_2" });
    assert.deepEqual(
      [...record.checkpoints.keys()].filter((name) => name.startsWith("best_")),
      [before.name, "best_accuracy_top1_epoch_2"],
    );
  });

  it("logs as mmengine does", async () => {
    const checkpoint = hook("CheckpointHook", { interval: 1, save_best: "accuracy/top10" });
    const { record } = await play([checkpoint], { values: [{ "accuracy/top10": 44.55 }] });
    assert.deepEqual(record.lines.slice(0, 2), [
      "Saving checkpoint at 1 epochs",
      "The best checkpoint with 44.5500 accuracy/top10 at 1 epoch is saved to best_accuracy_top10_epoch_1.",
    ]);
  });

  it("refuses a metric that nobody gives, before training, and lists what there is", async () => {
    await assert.rejects(
      play([hook("CheckpointHook", { save_best: "mae" })]),
      (error) =>
        error instanceof PetageError &&
        error.code === "CONFIG_INVALID_VALUE" &&
        /save_best names mae.*accuracy\/top10, accuracy\/top1/.test(error.describe()),
    );
  });

  it("does nothing on other ranks", async () => {
    const checkpoint = hook("CheckpointHook", { interval: 1, save_best: "accuracy/top1" });
    const ranks = fakeRanks(2);
    const validation = { validate: async () => METRICS, begin: 1, interval: 1 };
    const train = ({ run, step, group }: (typeof ranks)[number]) =>
      trainLoop(run, loopParts({ step, group, validation, hooks: run.state.rank === 1 ? [checkpoint] : [] }));
    await Promise.all(ranks.map(train));
    assert.equal(ranks[1]?.record.checkpoints.size, 0);
    await leave(ranks);
  });
});

describe("ParamSchedulerHook", () => {
  const context = { epochLength: 4, maxEpochs: 3 };
  const step = (by_epoch: boolean) =>
    buildFrom(schedules, { type: "StepLR", step_size: 2, gamma: 0.5, by_epoch }, context);

  for (const [byEpoch, rates] of [
    [true, [1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]],
    [false, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125, 0.03125]],
  ] as const) {
    it(`moves a schedule ${byEpoch ? "by epoch" : "by iteration"}, after the logger has seen the rate`, async () => {
      const schedule = createSchedule([step(byEpoch)], { learningRate: 1, weightDecay: 0 });
      const parts = [hook("LoggerHook", { interval: 1 }), hook("ParamSchedulerHook")];
      const { record } = await play(parts, { changes: { schedule } });
      assert.deepEqual(
        record.scalars.map(({ lr }) => lr),
        rates,
      );
    });
  }
});

describe("DistSamplerSeedHook", () => {
  it("gives each epoch its own order; without it every epoch has that of the first", async () => {
    const epochs: number[] = [];
    const spy: Hook = { name: "spy", priority: 100, beforeEpoch: ({ run }) => void epochs.push(run.samplerEpoch) };
    await play([hook("DistSamplerSeedHook"), spy]);
    await play([spy]);
    assert.deepEqual(epochs, [0, 1, 2, 0, 0, 0]);
  });
});

describe("IterTimerHook", () => {
  it("estimates the rest from the mean of this run's iterations", async () => {
    const etas: number[] = [];
    const spy: Hook = { name: "spy", priority: 100, afterIteration: ({ run }) => void etas.push(run.etaSeconds) };
    await play([hook("IterTimerHook"), spy]);
    assert.ok(Math.abs((etas[0] ?? 0) - 11 * 0.05) < 1e-9);
    assert.equal(etas.at(-1), 0);
  });
});
