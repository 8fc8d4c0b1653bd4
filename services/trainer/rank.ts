import { PetageError } from "#lib/base/errors.ts";
import type { Metrics } from "#lib/base/metrics.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import type { BatchSource } from "#lib/data/types.ts";
import type { Hook, RunState } from "#lib/train/hook.ts";
import { trainLoop } from "#lib/train/loop.ts";
import type { ValidationPlan } from "#lib/train/loop.ts";
import { isComplete, stepCount } from "#lib/train/run.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { saveAfterLoss } from "#lib/train/save-after-loss.ts";
import { agreeOnResume } from "#lib/train/start.ts";
import type { ResumeScope } from "#lib/train/start.ts";
import { trainingMetrics } from "./metrics.ts";
import type { Requests } from "./requests.ts";
import { concludeTraining } from "./result.ts";
import { extraCheckpoints, newestResumable, openRun } from "./training.ts";
import type { TrainingParts } from "./training.ts";

export interface RankParts extends Omit<TrainingParts, "resumeFrom"> {
  readonly group: RingGroup;
  readonly source: BatchSource;
  readonly validation: ValidationPlan | undefined;
  readonly requests: Requests;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** The run is open: training begins. */
  readonly onReady: () => void;
}

/** A rank's part of a job: agrees with the others on where to start, trains with them, and concludes. */
export async function trainRank(parts: RankParts): Promise<RunState> {
  const { group, thread, source, validation, reporter, requests, signal } = parts;
  let run: TrainingRun | undefined;
  try {
    reporter.enter("TRAINER_PHASE_WAITING_FOR_PEERS");
    run = await openRun({ ...parts, resumeFrom: await resumePoint(parts) });
    reporter.update({ maxSteps: stepCount(run.state) });
    parts.onReady();
    await trainLoop(run, { step: thread, group, source, hooks: hooksOf(parts), validation, signal });
    await concludeTraining(run, parts);
    if (isComplete(run.state)) reporter.enter("TRAINER_PHASE_FINISHED");
    requests.end();
    return run.state;
  } catch (thrown) {
    const error = PetageError.from(thrown);
    reporter.fail(error);
    group.abort(error);
    requests.end(error);
    if (run) await saveAfterLoss(run, error);
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    reporter.end();
  }
}

/** The checkpoint that all ranks continue, if any. */
async function resumePoint({ env, group, signal, log }: RankParts): Promise<string | undefined> {
  const folders = { auto: env.PETAGE_WORK_DIR, run: env.PETAGE_RUN_DIR };
  const find = (scope: ResumeScope): Promise<string | undefined> => newestResumable(folders[scope], log);
  return await agreeOnResume(env.PETAGE_RESUME_FROM, { group, find, signal });
}

/** Those of the config, and then those that report: they see what the others have done. */
function hooksOf({ env, settings, metrics, requests, reporter }: RankParts): readonly Hook[] {
  const ours = [trainingMetrics(metrics, env.JOB_NAME), requests.hook(), reporter.hook()];
  return [...settings.hooks, ...extraCheckpoints(env), ...ours];
}
