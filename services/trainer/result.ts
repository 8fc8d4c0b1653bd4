import { basename } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { timestampOf } from "#lib/rpc/time.ts";
import { folderOf, readCheckpointMeta, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { findBest } from "#lib/store/find-model.ts";
import { pruneModel, publishModel } from "#lib/store/model-store.ts";
import { isComplete } from "#lib/train/run.ts";
import type { TrainingRun } from "#lib/train/run.ts";
import type { TrainerEnvironment } from "./config.ts";
import type { CheckpointMessage, Reporter } from "./reporter.ts";

export interface ResultParts {
  readonly env: TrainerEnvironment;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** At the end of the last epoch rank 0 names the result, the best checkpoint else the last, and publishes it. */
export async function concludeTraining(run: TrainingRun, { env, reporter, signal }: ResultParts): Promise<void> {
  if (run.state.rank !== 0 || !isComplete(run.state)) return;
  const { status } = reporter;
  const known = status.bestCheckpoint?.uri ?? status.lastCheckpoint?.uri;
  const modelUri = known ?? (await run.control.save(`epoch_${run.state.epoch}`)).uri;
  const { metrics } = await readCheckpointMeta(modelUri);
  reporter.conclude({ result: { modelUri, metrics } });
  if (!env.PETAGE_PUBLISH_TO) return;
  const { PETAGE_PUBLISH_TO: folder, PETAGE_PUBLISH_KEEP: keep } = env;
  const model = basename(folder);
  const { path, version } = await publishModel({ folder, checkpoint: modelUri, signal });
  reporter.conclude({ published: path });
  run.ports.log.info("Published", { model, version, checkpoint: modelUri });
  try {
    const removed = await pruneModel(folder, keep);
    if (removed.length > 0) run.ports.log.info("Removed old versions", { model, versions: removed.join(" "), keep });
  } catch (thrown) {
    run.ports.log.warn("Cannot remove old versions", { model, error: PetageError.from(thrown).describe() });
  }
}

/** Tells what a resumed run has from before: where it continues, and its best checkpoint if that is still there. */
export async function recallCheckpoints(
  run: TrainingRun,
  resumed: string,
  { reporter }: Pick<ResultParts, "reporter">,
): Promise<void> {
  const folder = folderOf(resumed);
  reporter.update({ lastCheckpoint: await describeCheckpoint(folder) });
  const known = run.state.best;
  if (!known) return;
  const best = await findBest(folder, known);
  if (best) return reporter.update({ bestCheckpoint: await describeCheckpoint(best) });
  run.ports.log.warn("The best checkpoint so far is gone; the next better one takes its place", known);
}

async function describeCheckpoint(folder: string): Promise<CheckpointMessage> {
  const { progress, createTime } = await readCheckpointMeta(folder);
  const { step, epoch } = progress;
  return {
    uri: folder,
    sha256: await weightsSha256(folder),
    step,
    epoch,
    createTime: timestampOf(new Date(createTime)),
  };
}
