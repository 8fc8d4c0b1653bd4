import type { Metrics } from "#lib/base/metrics.ts";
import { maeMonths } from "#lib/metrics/mae-months.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";

/** The hook that measures training for Prometheus. What all ranks know alike is told by rank 0 alone. */
export function trainingMetrics(metrics: Metrics, job: string): Hook {
  const gauge = (name: string, help: string) => metrics.gauge({ name: `petage_training_${name}`, help, labels });
  const loss = gauge("loss", "Loss of the last step, averaged over all ranks.");
  const epoch = gauge("epoch", "Epochs completed, with the part of the one in progress.");
  const imagesPerSecond = gauge("images_per_second", "Images per second over all ranks, in the last step.");
  const valMae = gauge("val_mae_months", "Mean absolute error of the last validation, in months.");
  const dataWait = gauge("data_wait_share", "Share of the last step spent waiting for data, 0 to 1.");
  const allReduce = gauge("all_reduce_share", "Share of the last step spent waiting for the all-reduce, 0 to 1.");
  const stepsHelp = "Optimizer steps done by this process.";
  const steps = metrics.counter({ name: "petage_training_steps_total", help: stepsHelp, labels });
  return {
    name: "TrainingMetrics",
    priority: PRIORITIES.LOWEST,
    afterIteration({ run, result }) {
      const of = { job_name: job, rank: String(run.rank) };
      dataWait.set(result.dataMs / result.totalMs, of);
      allReduce.set(result.allReduceMs / result.totalMs, of);
      if (run.rank !== 0) return;
      steps.add(1, of);
      loss.set(result.loss, of);
      epoch.set(run.epoch + run.iteration / run.epochLength, of);
      imagesPerSecond.set((result.imageCount / result.totalMs) * 1000, of);
    },
    afterValidation({ run: { rank }, validation }) {
      const months = maeMonths(validation.metrics);
      if (rank === 0 && months !== undefined) valMae.set(months, { job_name: job, rank: String(rank) });
    },
  };
}

const labels = ["job_name", "rank"] as const;
