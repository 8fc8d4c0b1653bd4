import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import { formatSeconds } from "#lib/base/format-seconds.ts";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook, IterationResult, RunControl, RunState, Validation } from "#lib/train/hook.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  interval: z.int().positive().default(10).describe("Log every so many iterations"),
  ignore_last: z
    .boolean()
    .default(true)
    .describe("Do not log the rest of a longer epoch that is shorter than the interval"),
  interval_exp_name: ignored("log lines do not name the experiment", z.int().default(1000)),
  log_metric_by_epoch: z.boolean().default(true).describe("Only True: validation is logged by epoch"),
  out_dir: ignored("logs go to the work dir", z.string().nullable().default(null)),
  out_suffix: ignored("logs stay as they are"),
  keep_local: ignored("logs stay where they are", z.boolean().default(true)),
  priority: prioritySchema.default(PRIORITIES.BELOW_NORMAL).describe("When it runs among the hooks"),
});

/** Iterations over which logged values are averaged, as mmengine's LogProcessor. */
const WINDOW_ITERATIONS = 10;

/** Writes mmengine's log lines and `scalars.json`, on rank 0; and on each rank, how many photos an epoch went without. */
export const LoggerHook = component({
  schema,
  create({ interval, ignore_last: ignoreLast, priority }): Hook {
    const window: IterationResult[] = [];
    const skippedIds = new Set<string>();
    return {
      name: "LoggerHook",
      priority,
      afterIteration({ run, result }, control) {
        window.push(result);
        if (window.length > WINDOW_ITERATIONS) window.shift();
        for (const id of result.skippedIds) skippedIds.add(id);
        const isLast = run.iteration === run.epochLength;
        // As in mmengine: an epoch that is not longer than the interval would otherwise say nothing of itself.
        const endsIt = isLast && (!ignoreLast || run.epochLength <= interval);
        const isDue = run.iteration % interval === 0 || endsIt;
        if (run.rank === 0 && isDue) logIteration(run, window, control);
      },
      afterEpoch({ run }, control) {
        if (skippedIds.size > 0) logSkipped(run, skippedIds.size, control);
        skippedIds.clear();
      },
      afterValidation({ run, validation }, control) {
        if (run.rank === 0) logValidation(run, validation, control);
      },
    };
  },
});

function mean(window: readonly IterationResult[], value: (result: IterationResult) => number): number {
  return window.reduce((sum, result) => sum + value(result), 0) / window.length;
}

function logIteration(run: RunState, window: readonly IterationResult[], control: RunControl): void {
  const last = defined(window.at(-1), "the last iteration");
  const scalars = {
    lr: last.learningRate,
    data_time: mean(window, (result) => result.dataMs) / 1000,
    ...(last.gradNorm === undefined ? {} : { grad_norm: mean(window, (result) => result.gradNorm ?? 0) }),
    loss: mean(window, (result) => result.loss),
    time: mean(window, (result) => result.totalMs) / 1000,
  };
  const epoch = String(run.epoch + 1).padStart(String(run.maxEpochs).length);
  const iteration = String(run.iteration).padStart(String(run.epochLength).length);
  const fields = [
    `lr: ${scalars.lr.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2")}`,
    `eta: ${formatSeconds(run.etaSeconds)}`,
    `time: ${scalars.time.toFixed(4)}`,
    `data_time: ${scalars.data_time.toFixed(4)}`,
    ...(scalars.grad_norm === undefined ? [] : [`grad_norm: ${scalars.grad_norm.toFixed(4)}`]),
    `loss: ${scalars.loss.toFixed(4)}`,
  ];
  control.log.info(`Epoch(train) [${epoch}][${iteration}/${run.epochLength}]  ${fields.join("  ")}`);
  control.record({ ...scalars, epoch: run.epoch + 1, iter: run.step, step: run.step });
}

/** Each rank speaks of its own photos. */
function logSkipped({ epoch, rank, worldSize }: RunState, count: number, control: RunControl): void {
  const photos = count === 1 ? "1 photo" : `${count} photos`;
  const share = worldSize > 1 ? ` on rank ${rank}` : "";
  control.log.warn(`Epoch(train) [${epoch}]  ${photos} could not be read${share}: the next ones took their places`);
}

function logValidation({ epoch }: RunState, validation: Validation, control: RunControl): void {
  const { metrics, sampleCount, durationMs } = validation;
  const values = Object.entries(metrics).map(([name, value]) => `${name}: ${value.toFixed(4)}`);
  const time = `time: ${(durationMs / 1000).toFixed(4)}`;
  control.log.info(`Epoch(val) [${epoch}][${sampleCount}/${sampleCount}]    ${[...values, time].join("  ")}`);
  control.record({ ...metrics, time: durationMs / 1000, step: epoch });
}
