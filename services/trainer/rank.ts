import { PetageError } from "#lib/base/errors.ts";
import type { Metrics } from "#lib/base/metrics.ts";
import { abortReason } from "#lib/base/signals.ts";
import type { Membership } from "#lib/collective/membership.ts";
import type { Group } from "#lib/collective/types.ts";
import type { BatchSource } from "#lib/data/types.ts";
import type { Hook, RunState } from "#lib/train/hook.ts";
import { train } from "#lib/train/loop.ts";
import type { ValidationPlan } from "#lib/train/loop.ts";
import { isComplete, stepCount } from "#lib/train/run.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import { agreeOnResume } from "#lib/train/start.ts";
import type { ResumeScope } from "#lib/train/start.ts";
import { trainingMetrics } from "./metrics.ts";
import type { Requests } from "./requests.ts";
import { concludeTraining } from "./result.ts";
import { extraCheckpoints, newestResumable, openRun } from "./training.ts";
import type { TrainingParts } from "./training.ts";

export interface RankParts extends Omit<TrainingParts, "resumeFrom"> {
  readonly membership: Membership;
  readonly source: BatchSource;
  readonly validation: ValidationPlan | undefined;
  readonly requests: Requests;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** The run is open: training begins. */
  readonly onReady: () => void;
}

/** A worker's part of a job: it joins the others, trains with them, and concludes. */
export async function trainRank(parts: RankParts): Promise<RunState> {
  const { membership, thread, source, validation, reporter, requests, signal } = parts;
  reporter.enter("TRAINER_PHASE_WAITING_FOR_PEERS");
  try {
    const open = (group: Group): Promise<TrainingRun> => openTogether(group, parts);
    const run = await train({ membership, open, step: thread, source, hooks: hooksOf(parts), validation, signal });
    await concludeTraining(run, parts);
    if (isComplete(run.state)) reporter.enter("TRAINER_PHASE_FINISHED");
    requests.end();
    return run.state;
  } catch (thrown) {
    const error = PetageError.from(thrown);
    reporter.fail(error);
    requests.end(error);
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    reporter.end();
  }
}

/** The run from its start, or from the checkpoint that all ranks agree to continue. */
async function openTogether(group: Group, parts: RankParts): Promise<TrainingRun> {
  const { env, reporter, signal, log, onReady } = parts;
  const folders = { auto: env.PETAGE_WORK_DIR, run: env.PETAGE_RUN_DIR };
  const find = (scope: ResumeScope): Promise<string | undefined> => newestResumable(folders[scope], log);
  const resumeFrom = await agreeOnResume(env.PETAGE_RESUME_FROM, { group, find, signal });
  const run = await openRun({ ...parts, resumeFrom });
  reporter.update({ generation: group.generation, maxSteps: stepCount(run.state) });
  onReady();
  return run;
}

/** Those of the config, and then those that report: they see what the others have done. */
function hooksOf({ env, settings, metrics, requests, reporter }: RankParts): readonly Hook[] {
  const ours = [trainingMetrics(metrics, env.JOB_NAME), requests.hook(), reporter.hook()];
  return [...settings.hooks, ...extraCheckpoints(env), ...ours];
}
